/** A search in the device catalogue: what is typed, what fits, and one of it chosen. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { ListedModelView, ModelsFoundView } from '../../shapes/catalogue.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Refused } from '../components.tsx';
import { after } from '../screen-clock.ts';
import { t } from '../texts.ts';

/** So long nothing is typed before it is looked for. */
const REST_MS = 250;
const SHOWN = 30;

interface FoundModelsProps {
  readonly id: string;
  /** Without words nothing is listed. */
  readonly isQuiet?: boolean;
  readonly draw: (model: ListedModelView) => ComponentChildren;
}

export function FoundModels({ id, isQuiet = false, draw }: FoundModelsProps): JSX.Element {
  const words = useSignal('');
  const found = useSignal<ModelsFoundView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  useSignalEffect(() => {
    const asked = words.value.trim();
    if (asked === '' && isQuiet) {
      found.value = undefined;
      return undefined;
    }
    return after(REST_MS, () => {
      const query = { limit: String(SHOWN), ...(asked === '' ? {} : { words: asked }) };
      ask(api.catalogue.models.$get({ query })).then(
        ({ value, refusal }) => {
          if (words.peek().trim() !== asked) return;
          refused.value = refusal;
          found.value = value;
        },
        () => {},
      );
    });
  });
  const { items = [], total = 0 } = found.value ?? {};
  return (
    <>
      <div class="field">
        <label for={id}>{t('catalogue.find')}</label>
        <input
          id={id}
          type="search"
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          value={words}
          onInput={({ currentTarget }) => {
            words.value = currentTarget.value;
          }}
          onKeyDown={(event) => {
            // It may stand in a form, which is for something else.
            if (event.key === 'Enter') event.preventDefault();
          }}
        />
      </div>
      <Refused refusal={refused.value} />
      <p class="detail" role="status">
        {found.value === undefined
          ? ''
          : total === 0
            ? t('catalogue.nothing')
            : total > items.length
              ? t('catalogue.more', { shown: items.length, count: total })
              : t('catalogue.found', { count: total })}
      </p>
      <ul class="rows">
        {items.map((model) => (
          <li key={`${model.source}/${model.vendor}/${model.model}`}>{draw(model)}</li>
        ))}
      </ul>
    </>
  );
}

/** One line of a list. */
export function ModelLine({ model }: { model: ListedModelView }): JSX.Element {
  const { vendorName, name, regions, hasCodec, description } = model;
  const marks = [
    regions.length === 0 ? t('catalogue.noRegion') : regions.join(', '),
    ...(hasCodec ? [] : [t('catalogue.noCodec')]),
  ];
  return (
    <>
      <strong>
        {vendorName} {name}
      </strong>
      <span class="quiet">{marks.join(' · ')}</span>
      {description === undefined ? null : <span class="why quiet">{description}</span>}
    </>
  );
}
