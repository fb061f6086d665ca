/** Tries a codec with sample bytes: what comes out, or what is wrong and in which line. Nothing is stored. */
import { useSignal } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import type { CodecTrialView } from '../shapes/codecs.ts';
import { api, ask, type Refusal } from './call.ts';
import { Refused } from './components.tsx';
import { Figure, isWide } from './field-figure.tsx';
import { shownFields } from './fields.ts';
import { StateIcon } from './icons.tsx';
import { devices } from './site.ts';
import { t } from './texts.ts';
import { detailWords, type Told } from './told.ts';

interface CodecTrialProps {
  /** Undefined for one that has no name yet. */
  readonly codec: string | undefined;
  /** The script as it stands; without it the codec at work is tried. */
  readonly source?: string;
}

export function CodecTrial({ codec, source }: CodecTrialProps): JSX.Element {
  const sample = useSignal(newestBytes(codec)).value;
  const tried = useSignal<{ view: CodecTrialView; source: string } | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const attempt = async (fPort: number, bytes: string): Promise<void> => {
    const which = source === undefined ? { name: codec } : { source };
    const { value, refusal } = await ask(api.codecs.test.$post({ json: { ...which, fPort, bytes } }));
    refused.value = refusal;
    tried.value = value && { view: value, source: source ?? '' };
  };
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    attempt(Number(data.get('port')), String(data.get('bytes') ?? '')).catch(() => {});
  };
  return (
    <form class="card entry" onSubmit={submit}>
      <h3>{t('codecs.try')}</h3>
      <div class="field-row">
        <div class="field port">
          <label for="trial-port">{t('codecs.port')}</label>
          <input
            id="trial-port"
            name="port"
            type="number"
            min={1}
            max={223}
            required
            defaultValue={String(sample?.fPort ?? 1)}
          />
        </div>
        <div class="field">
          <label for="trial-bytes">{t('codecs.bytes')}</label>
          <input
            id="trial-bytes"
            name="bytes"
            class="mono"
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
            required
            defaultValue={sample?.data ?? ''}
          />
        </div>
      </div>
      {sample ? <p class="detail">{t('codecs.sampleOf', { device: sample.device })}</p> : null}
      <Refused refusal={refused.value} />
      <div role="status">
        {tried.value ? <Outcome view={tried.value.view} source={tried.value.source} /> : null}
      </div>
      <button type="submit" class="primary">
        {t('codecs.test')}
      </button>
    </form>
  );
}

function Outcome({ view, source }: { view: CodecTrialView; source: string }): JSX.Element {
  const fields = shownFields(view.fields ?? {}, undefined);
  return (
    <>
      {view.problem === undefined ? null : <Fault problem={view.problem} said={view.said} source={source} />}
      {fields.length === 0 && view.problem === undefined ? <p class="detail">{t('codecs.nothing')}</p> : null}
      <dl class="values">
        {fields.map((field) => (
          <div key={field.key} class={isWide(field) ? 'value wide' : 'value'}>
            <dt title={field.key}>{field.label}</dt>
            <dd>
              <Figure {...field} />
            </dd>
          </div>
        ))}
      </dl>
      {view.warnings.map((warning) => (
        <p key={warning} class="detail">
          {warning}
        </p>
      ))}
    </>
  );
}

interface FaultProps extends Pick<Told, 'said'> {
  readonly problem: string;
  readonly source: string;
}

/** What is wrong, with the line of the script it names. */
function Fault({ problem, said, source }: FaultProps): JSX.Element {
  const line = Number(/\(line (\d+)\)/.exec(problem)?.[1] ?? 0);
  const text = source.split('\n')[line - 1]?.trim();
  return (
    <>
      <p class="hint note">
        <StateIcon mark="degraded" />
        <span>{detailWords({ detail: problem, said })}</span>
      </p>
      {text ? (
        <p class="fault mono">
          <span class="quiet">{t('codecs.line', { line })}</span> {text}
        </p>
      ) : null}
    </>
  );
}

/** The newest bytes of a device that uses the codec, to start from. */
function newestBytes(codec: string | undefined) {
  const [newest] = devices
    .peek()
    .map((device) => device.peek())
    .filter((device) => device.decoder === codec && device.last !== null && device.last.data !== '')
    .sort((a, b) => (b.last?.seq ?? 0) - (a.last?.seq ?? 0));
  return newest?.last
    ? { device: newest.name, fPort: newest.last.fPort ?? 1, data: newest.last.data }
    : undefined;
}
