/** Maker and model of a device that is added: by its code, or by words; one touch and its profile is there and chosen. */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ListedModelView, TakenModelView } from '../../shapes/catalogue.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Refused } from '../components.tsx';
import { hrefOf } from '../page.ts';
import { t } from '../texts.ts';
import { FoundModels, ModelLine } from './found-models.tsx';
import { takeModel, takenWords } from './take.ts';

/** Of one maker, as far as its code says no more. */
const OF_CODE = 5;

export interface ModelCode {
  readonly vendorId: string;
  readonly modelId: string;
}

interface PickModelProps {
  readonly code: ModelCode | undefined;
  /** The only model the code can mean: it is taken when nothing else is chosen. */
  readonly meant: Signal<ListedModelView | undefined>;
  readonly chosen: (profile: string) => void;
}

export function PickModel({ code, meant, chosen }: PickModelProps): JSX.Element | null {
  const isEmpty = useSignal<boolean | undefined>(undefined);
  const byCode = useSignal<readonly ListedModelView[]>([]);
  const taken = useSignal<TakenModelView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    ask(api.catalogue.models.$get({ query: { limit: '1' } })).then(
      ({ value }) => {
        if (value) isEmpty.value = value.total === 0;
      },
      () => {},
    );
    if (code) {
      modelsOf(code).then(
        (models) => {
          byCode.value = models;
          meant.value = models.length === 1 ? models[0] : undefined;
        },
        () => {},
      );
    }
  }, []);
  const take = async (model: ListedModelView): Promise<void> => {
    const { value, refusal } = await takeModel(model);
    refused.value = refusal;
    taken.value = value;
    if (value) chosen(value.profile);
  };
  const draw = (model: ListedModelView): JSX.Element => (
    <button type="button" class="toggle row found-model nearby" onClick={() => void take(model)}>
      <ModelLine model={model} />
    </button>
  );
  if (isEmpty.value === undefined) return null;
  if (isEmpty.value)
    return (
      <p class="detail">
        <a class="toggle" href={hrefOf('catalogue')}>
          {t('catalogue.empty')}
        </a>
      </p>
    );
  return (
    <fieldset class="pick-model">
      <legend>{t('catalogue.pick')}</legend>
      <p class="detail">{t('catalogue.pickHint')}</p>
      {byCode.value.length > 0 ? (
        <>
          <p>{t('catalogue.byCode')}</p>
          <ul class="rows">
            {byCode.value.map((model) => (
              <li key={model.model}>{draw(model)}</li>
            ))}
          </ul>
        </>
      ) : null}
      <FoundModels id="pick-model" isQuiet draw={draw} />
      <Refused refusal={refused.value} />
      <p role="status">{taken.value ? takenWords(taken.value) : ''}</p>
    </fieldset>
  );
}

/** Those its code can mean; where its model is not known, those of its maker. */
async function modelsOf({ vendorId, modelId }: ModelCode): Promise<readonly ListedModelView[]> {
  const limit = String(OF_CODE);
  const exact = await ask(api.catalogue.models.$get({ query: { vendorId, modelId, limit } }));
  if (exact.value && exact.value.total > 0) return exact.value.items;
  const ofVendor = await ask(api.catalogue.models.$get({ query: { vendorId, limit } }));
  // A maker with more of them is looked for by words.
  return ofVendor.value && ofVendor.value.total <= OF_CODE && ofVendor.value.total > 1
    ? ofVendor.value.items
    : [];
}
