/**
 * A downlink by what its codec understands: the maker's examples as fields to fill in, JSON where there is none; sent, or kept as
 * a button of the profile.
 */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ProfileView } from '../../shapes/devices.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { t } from '../texts.ts';
import { draftsOf, objectOf, parseObject, type ValueDraft } from './object-values.ts';
import { QueueEnd } from './queue-end.tsx';

type DownlinkInput = Parameters<(typeof api.devices)[':devEui']['downlinks']['$post']>[0]['json'];
type ProfileInput = Parameters<(typeof api.profiles)[':name']['$put']>[0]['json'];
type Example = NonNullable<ProfileView['examples']>[number];

interface ObjectFormProps {
  readonly devEui: string;
  readonly profile: string | undefined;
  readonly sent: () => void;
}

export function ObjectForm({ devEui, profile, sent }: ObjectFormProps): JSX.Element {
  const known = useSignal<ProfileView | undefined>(undefined);
  const values = useSignal<readonly ValueDraft[] | undefined>(undefined);
  const json = useSignal('{}');
  const port = useSignal('');
  const wrong = useSignal<string | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const examples = examplesOf(known.value);
  const begin = (example: Example | undefined): void => {
    values.value = example && draftsOf(example.object);
    port.value = example?.fPort === undefined ? '' : String(example.fPort);
    wrong.value = undefined;
  };
  useEffect(() => {
    if (profile === undefined) return;
    readProfile(profile).then(
      (found) => {
        known.value = found;
        begin(examplesOf(found)[0]);
      },
      () => {},
    );
  }, [profile]);
  /** What is filled in, or undefined, and it is said what is wrong. */
  const filledIn = (): { object: Readonly<Record<string, unknown>>; fPort?: number } | undefined => {
    const typed = parseObject(json.value);
    const filled = values.value ? objectOf(values.value) : typed ? { object: typed } : { wrong: '' };
    wrong.value = filled.wrong;
    const { object } = filled;
    if (!object) return undefined;
    return { object, ...(port.value.trim() === '' ? {} : { fPort: Number(port.value) }) };
  };
  const send = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const confirmed = new FormData(event.currentTarget).has('confirmed');
    const what = filledIn();
    if (!what) return;
    const body = { ...what, confirmed } as DownlinkInput;
    refused.value = await tell(api.devices[':devEui'].downlinks.$post({ param: { devEui }, json: body }));
    if (!refused.value) sent();
  };
  return (
    <form class="card entry object-form" onSubmit={(event) => void send(event)}>
      <h3>{t('downlinks.byObject')}</h3>
      {examples.length > 0 ? <Examples examples={examples} begin={begin} /> : null}
      {values.value ? (
        <Values values={values as Signal<readonly ValueDraft[]>} wrong={wrong.value} />
      ) : (
        <Json json={json} isWrong={wrong.value !== undefined} />
      )}
      <div class="field port">
        <label for="object-port">{t('downlinks.portByCodec')}</label>
        <input
          id="object-port"
          type="number"
          min={1}
          max={223}
          value={port}
          onInput={({ currentTarget }) => {
            port.value = currentTarget.value;
          }}
        />
      </div>
      <QueueEnd refusal={refused.value} />
      {maySetUp.value && known.value ? (
        <Keep profile={known.value} filledIn={filledIn} refused={refused} />
      ) : null}
    </form>
  );
}

/** The maker's, then the buttons that are made of values already. */
function examplesOf(profile: ProfileView | undefined): Example[] {
  const presets = (profile?.presets ?? []).flatMap(({ name, fPort, object }) =>
    object ? [{ name, object, ...(fPort === undefined ? {} : { fPort }) }] : [],
  );
  return [...(profile?.examples ?? []), ...presets];
}

async function readProfile(name: string): Promise<ProfileView | undefined> {
  const { value } = await ask(api.profiles[':name'].$get({ param: { name: encodeURIComponent(name) } }));
  return value;
}

function Examples({
  examples,
  begin,
}: {
  examples: readonly Example[];
  begin: (one: Example | undefined) => void;
}): JSX.Element {
  return (
    <div class="field">
      <label for="object-example">{t('downlinks.example')}</label>
      <select
        id="object-example"
        onChange={({ currentTarget }) => begin(examples[Number(currentTarget.value)])}
      >
        {examples.map(({ name }, n) => (
          <option key={name} value={n}>
            {name}
          </option>
        ))}
        <option value={examples.length}>{t('downlinks.json')}</option>
      </select>
    </div>
  );
}

interface ValuesProps {
  readonly values: Signal<readonly ValueDraft[]>;
  /** The key of one that cannot be. */
  readonly wrong: string | undefined;
}

function Values({ values, wrong }: ValuesProps): JSX.Element {
  const set = (key: string, text: string): void => {
    values.value = values.value.map((one) => (one.key === key ? { ...one, text } : one));
  };
  return (
    <>
      {values.value.map(({ key, kind, text }) =>
        kind === 'boolean' ? (
          <label key={key} class="check">
            <input
              type="checkbox"
              checked={text === 'true'}
              onChange={({ currentTarget }) => set(key, String(currentTarget.checked))}
            />
            {key}
          </label>
        ) : (
          <div key={key} class="field">
            <label for={`object-${key}`}>{key}</label>
            <input
              id={`object-${key}`}
              class={kind === 'json' ? 'mono' : ''}
              inputMode={kind === 'number' ? 'decimal' : 'text'}
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
              aria-invalid={wrong === key}
              value={text}
              onInput={({ currentTarget }) => set(key, currentTarget.value)}
            />
          </div>
        ),
      )}
    </>
  );
}

function Json({ json, isWrong }: { json: Signal<string>; isWrong: boolean }): JSX.Element {
  return (
    <div class="field">
      <label for="object-json">{t('downlinks.json')}</label>
      <textarea
        id="object-json"
        class="mono"
        rows={3}
        maxLength={2_000}
        spellcheck={false}
        aria-invalid={isWrong}
        aria-describedby="object-json-hint"
        value={json}
        onInput={({ currentTarget }) => {
          json.value = currentTarget.value;
        }}
      />
      <p class="detail" id="object-json-hint">
        {isWrong ? t('downlinks.badJson') : ''}
      </p>
    </div>
  );
}

interface KeepProps {
  readonly profile: ProfileView;
  readonly filledIn: () => { object: Readonly<Record<string, unknown>>; fPort?: number } | undefined;
  readonly refused: Signal<Refusal | undefined>;
}

/** What is filled in becomes a button of every device with the profile. */
function Keep({ profile: { name: profile }, filledIn, refused }: KeepProps): JSX.Element {
  const name = useSignal('');
  const isKept = useSignal(false);
  const keep = async (): Promise<void> => {
    const what = filledIn();
    if (!what || name.value.trim() === '') return;
    // As it is now: somebody else may have changed it.
    const now = await readProfile(profile);
    if (!now) return;
    const { name: _, devices: __, catalogue: ___, presets = [], ...rest } = now;
    const json = { ...rest, presets: [...presets, { name: name.value.trim(), ...what }] } as ProfileInput;
    refused.value = await tell(
      api.profiles[':name'].$put({ param: { name: encodeURIComponent(profile) }, json }),
    );
    isKept.value = refused.value === undefined;
    if (isKept.value) name.value = '';
  };
  return (
    <details>
      <summary>{t('downlinks.keep')}</summary>
      <div class="field">
        <label for="object-keep">{t('downlinks.keepName')}</label>
        <input
          id="object-keep"
          maxLength={50}
          autocomplete="off"
          value={name}
          onInput={({ currentTarget }) => {
            name.value = currentTarget.value;
          }}
        />
      </div>
      <button type="button" class="toggle" onClick={() => void keep()}>
        {t('downlinks.keep')}
      </button>
      <p role="status">{isKept.value ? t('downlinks.kept', { profile }) : ''}</p>
    </details>
  );
}
