/** The device catalogue: what it holds, a file brought to it, and its models, each with its radio, its script and its licence. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CatalogueView, ModelView, TakenModelView } from '../../shapes/catalogue.ts';
import { mayAdminister, maySetUp } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { type Polled, usePolled } from '../care/polled.ts';
import { SendingShown, useSending } from '../care/sending.tsx';
import { Ago, ConfirmButton, Empty, Refused, Section, SubPage } from '../components.tsx';
import { bytes } from '../format.ts';
import { StateIcon } from '../icons.tsx';
import { hrefOf } from '../page.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';
import { FoundModels, ModelLine } from './found-models.tsx';
import { takeModel, takenWords } from './take.ts';

const SHOWN_PROBLEMS = 20;

export function CataloguePage({ of }: { of: string }): JSX.Element {
  const [source, vendor, model] = of.split('/');
  return source && vendor && model ? <ModelPage name={{ source, vendor, model }} /> : <Overview />;
}

function Overview(): JSX.Element {
  const catalogue = usePolled(
    () => ask(api.catalogue.$get()),
    (now) => now?.importing !== undefined,
  );
  const now = catalogue.value.value;
  return (
    <SubPage title={t('page.name.catalogue')}>
      <p class="lead">{t('catalogue.lead')}</p>
      <Refused refusal={catalogue.refusal.value} />
      {now ? (
        <>
          <Holds now={now} />
          <Import now={now} catalogue={catalogue} />
          {now.models > 0 ? (
            <Section
              id="models"
              title={t('catalogue.models')}
              key={now.imports.map(({ imported }) => imported).join()}
            >
              <FoundModels
                id="catalogue-find"
                draw={(model) => (
                  <a
                    class="row found-model choice"
                    href={hrefOf('catalogue', `${model.source}/${model.vendor}/${model.model}`)}
                  >
                    <ModelLine model={model} />
                  </a>
                )}
              />
            </Section>
          ) : null}
        </>
      ) : null}
    </SubPage>
  );
}

function Holds({ now }: { now: CatalogueView }): JSX.Element {
  const { models, vendors, codecs, imports } = now;
  if (models === 0) return <Empty hint={t('catalogue.none')} />;
  return (
    <>
      <p>{t('catalogue.holds', { models, vendors, codecs, size: bytes(now.bytes) })}</p>
      <ul class="plain">
        {imports.map(({ source, file, imported, models: count }) => (
          <li key={source} class="detail">
            {t('catalogue.from', { source: t(`catalogue.source.${source}`), models: count, file })}{' '}
            <Ago time={imported} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Import({ now, catalogue }: { now: CatalogueView; catalogue: Polled<CatalogueView> }): JSX.Element {
  const sending = useSending('catalogue');
  const { refused } = sending;
  const bring = async (file: File): Promise<void> => {
    const sent = await sending.send(file);
    if (!sent) return;
    const { value, refusal } = await ask(api.catalogue.import.$post({ json: { upload: sent.id } }));
    refused.value = refusal;
    if (value) catalogue.value.value = value;
    catalogue.look();
  };
  const remove = (): void =>
    void tell(api.catalogue.$delete()).then((refusal) => {
      refused.value = refusal;
      catalogue.look();
    });
  return (
    <Section id="catalogue-import" title={t('catalogue.import')}>
      <p class="detail">{t('catalogue.importHint')}</p>
      {mayAdminister.value ? null : <p class="hint">{t('catalogue.admin')}</p>}
      <div role="status">
        <Going now={now} />
      </div>
      {mayAdminister.value && !now.importing ? (
        <div class="tools">
          {sending.now.value ? (
            <SendingShown now={sending.now} />
          ) : (
            <label class="toggle file">
              {t('catalogue.choose')}
              <input
                type="file"
                accept=".tar,.gz,.tgz,.json,application/gzip,application/json"
                onChange={({ currentTarget }) => {
                  const file = currentTarget.files?.[0];
                  currentTarget.value = '';
                  if (file) void bring(file);
                }}
              />
            </label>
          )}
          {now.models > 0 ? <ConfirmButton label={t('catalogue.remove')} act={remove} /> : null}
        </div>
      ) : null}
      <Refused refusal={refused.value} />
    </Section>
  );
}

/** How far an import is, or how the last one ended. */
function Going({ now: { importing, last } }: { now: CatalogueView }): JSX.Element | null {
  if (importing) {
    const { file, step, done, of } = importing;
    return (
      <p>
        {step === 'reading'
          ? t('catalogue.reading', { file, percent: of ? Math.floor((100 * done) / of) : 0 })
          : t('catalogue.sorting', { file, count: done })}
      </p>
    );
  }
  if (!last) return null;
  const { file, refused, said, models = 0, codecs = 0, passedOver = 0 } = last;
  const { problems = [], problemCount = 0 } = last;
  if (refused !== undefined)
    return (
      <p class="hint note">
        <StateIcon mark="degraded" />
        <span>{t('catalogue.refused', { file, problem: detailWords({ detail: refused, said }) })}</span>
      </p>
    );
  return (
    <>
      <p>
        {t('catalogue.did', { file, models, codecs })}{' '}
        {passedOver > 0 ? t('catalogue.passedOver', { count: passedOver }) : ''}
      </p>
      {problemCount > 0 ? (
        <details>
          <summary>{t('catalogue.problems', { count: problemCount })}</summary>
          <ul>
            {problems.slice(0, SHOWN_PROBLEMS).map(({ path, problem, said: why }) => (
              <li key={path}>
                <span class="mono">{path}</span>: {detailWords({ detail: problem, said: why })}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

interface ModelPageProps {
  readonly name: { readonly source: string; readonly vendor: string; readonly model: string };
}

function ModelPage({ name }: ModelPageProps): JSX.Element {
  const model = useSignal<ModelView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    ask(api.catalogue.models[':source'][':vendor'][':model'].$get({ param: name })).then(
      ({ value, refusal }) => {
        model.value = value;
        refused.value = refusal;
      },
      () => {},
    );
  }, []);
  const known = model.value;
  const title = known ? `${known.vendorName} ${known.name}` : name.model;
  return (
    <SubPage title={title} back={{ href: hrefOf('catalogue'), text: t('page.name.catalogue') }}>
      <Refused refusal={refused.value} />
      {known ? (
        <>
          <p class="lead">{known.description}</p>
          <Take model={known} />
          <Radio model={known} />
          <Scripts model={known} />
        </>
      ) : null}
    </SubPage>
  );
}

function Take({ model }: { model: ModelView }): JSX.Element | null {
  const taken = useSignal<TakenModelView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const regions = [...new Set(model.variants.map(({ region }) => region))];
  if (!maySetUp.value) return <p class="hint">{t('page.viewer')}</p>;
  return (
    <Section id="take" title={t('catalogue.take')}>
      <div class="tools">
        {regions.map((region) => (
          <button
            key={region}
            type="button"
            class="toggle"
            onClick={() =>
              void takeModel(model, { region }).then(({ value, refusal }) => {
                taken.value = value;
                refused.value = refusal;
              })
            }
          >
            {t('catalogue.takeFor', { region })}
          </button>
        ))}
        {regions.length === 0 ? <p class="detail">{t('catalogue.noRegion')}</p> : null}
      </div>
      <Refused refusal={refused.value} />
      <p role="status">{taken.value ? takenWords(taken.value) : ''}</p>
    </Section>
  );
}

function Radio({ model: { variants } }: { model: ModelView }): JSX.Element | null {
  if (variants.length === 0) return null;
  return (
    <Section id="model-radio" title={t('catalogue.radio')}>
      <ul class="rows">
        {variants.map((one) => (
          <li key={`${one.region} ${one.firmware}`} class="row variant">
            <strong>{one.region}</strong>
            <span>
              {[
                ...(one.firmware === undefined ? [] : [`${t('catalogue.firmware')} ${one.firmware}`]),
                `${t('catalogue.version')} ${one.declaredMac ?? '?'}`,
                ...(one.regionalParameters === undefined ? [] : [one.regionalParameters]),
                `${t('catalogue.class')} ${one.deviceClass}`,
                t(one.supportsJoin ? 'catalogue.joins' : 'catalogue.personalised'),
                one.codec ?? t('catalogue.noCodec'),
              ].join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Scripts({ model: { codecs, licence } }: { model: ModelView }): JSX.Element {
  return (
    <Section id="model-scripts" title={t('catalogue.scripts')}>
      {codecs.length === 0 ? <p class="detail">{t('catalogue.noCodec')}</p> : null}
      {codecs.map(({ name, source }) => (
        <details key={name}>
          <summary>{t('catalogue.script', { name })}</summary>
          <pre class="written">{source}</pre>
        </details>
      ))}
      {licence === undefined ? null : (
        <details>
          <summary>{t('catalogue.licence')}</summary>
          <pre class="written">{licence}</pre>
        </details>
      )}
    </Section>
  );
}
