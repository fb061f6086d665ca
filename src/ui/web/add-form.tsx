/** What is asked of a device whose identity is captured: its key, which no code has, a name, a profile. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ListedModelView } from '../shapes/catalogue.ts';
import type { DeviceView } from '../shapes/devices.ts';
import { api, ask, type Refusal } from './call.ts';
import { takeModel } from './catalogue/take.ts';
import { Refused } from './components.tsx';
import { lazy } from './lazy.tsx';
import { hexOf, type Identity } from './new-device.ts';
import { hrefOf } from './page.ts';
import { devices } from './site.ts';
import { t } from './texts.ts';

/** Any JoinEUI is let in under this one. */
const ANY = '0'.repeat(16);
const PickModel = lazy(() => import('./catalogue/pick-model.tsx').then((file) => file.PickModel), {
  isPart: true,
});

/** Chosen last: the next device is often of the same kind. */
let lastProfile = '';

interface AddFormProps {
  readonly identity: Identity;
  readonly done: (devEui: string) => void;
  readonly cancel: () => void;
}

export function AddForm({ identity, done, cancel }: AddFormProps): JSX.Element {
  const { devEui } = identity;
  const known = devices.value.find(({ value }) => value.devEui === devEui)?.value;
  if (known && !known.keyMissing) return <Known known={known} cancel={cancel} />;
  return <Form identity={identity} known={known} done={done} cancel={cancel} />;
}

function Known({ known, cancel }: { known: DeviceView; cancel: () => void }): JSX.Element {
  return (
    <>
      <p class="hint">{t('add.known')}</p>
      <div class="tools">
        <a class="toggle" href={hrefOf('device', known.devEui)}>
          {known.name}
        </a>
        <button type="button" class="toggle" onClick={cancel}>
          {t('add.another')}
        </button>
      </div>
    </>
  );
}

function Form({
  identity,
  known,
  done,
  cancel,
}: AddFormProps & { known: DeviceView | undefined }): JSX.Element {
  const { devEui } = identity;
  const profile = useSignal(known?.profile ?? (identity.code ? '' : lastProfile));
  const meant = useSignal<ListedModelView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const badKey = useSignal(false);
  const busy = useSignal(false);
  const keyField = useRef<HTMLInputElement>(null);
  useEffect(() => keyField.current?.focus(), []);
  /** The one that is chosen, or of the model its code means; the box makes it where it is not there yet. */
  const profileToSet = async (): Promise<string> => {
    if (profile.value !== '' || !meant.value) return profile.value;
    const { value, refusal } = await takeModel(meant.value);
    refused.value = refusal;
    return value?.profile ?? '';
  };
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const isLater = event.submitter?.getAttribute('value') === 'later';
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? '').trim();
    const appKey = hexOf(text('appKey'), 32);
    badKey.value = !isLater && appKey === undefined;
    if (badKey.value || busy.value) return keyField.current?.focus();
    busy.value = true;
    lastProfile = await profileToSet();
    const { value, refusal } = await ask(
      api.devices[':devEui'].$put({
        param: { devEui },
        json: {
          name: text('name') || devEui,
          joinEui: hexOf(text('joinEui'), 16) ?? (text('joinEui') || ANY),
          ...(isLater ? { keyMissing: true } : { appKey }),
          ...(lastProfile === '' ? {} : { profile: lastProfile }),
          ...(known ? { codec: known.codec } : {}),
        },
      }),
    );
    busy.value = false;
    refused.value = refusal;
    if (value) done(devEui);
  };
  return (
    <form class="entry" onSubmit={(event) => void submit(event)}>
      <p class="lead mono">{devEui}</p>
      <Field id="appKey" label={t('add.key')} mono autocomplete="off" field={keyField} bad={badKey.value} />
      <p class="detail" id="add-key-hint">
        {t(badKey.value ? 'add.badKey' : 'add.keyHint')}
      </p>
      <Field id="name" label={t('add.name')} value={known?.name ?? ''} />
      <ProfileField profile={profile} meant={meant} />
      <PickModel
        code={identity.code}
        meant={meant}
        chosen={(name) => {
          profile.value = name;
        }}
      />
      <Field id="joinEui" label={t('add.joinEui')} mono value={identity.joinEui} />
      <Refused refusal={refused.value} />
      <div class="tools">
        <button type="submit" class="primary" disabled={busy.value}>
          {t('add.add')}
        </button>
        <button type="submit" class="toggle" value="later" disabled={busy.value}>
          {t('add.later')}
        </button>
        <button type="button" class="toggle" onClick={cancel}>
          {t('add.another')}
        </button>
      </div>
    </form>
  );
}

interface ProfileFieldProps {
  readonly profile: Signal<string>;
  readonly meant: Signal<ListedModelView | undefined>;
}

/** Without a choice it is the model its code means, if there is one. */
function ProfileField({ profile, meant }: ProfileFieldProps): JSX.Element {
  const profiles = useSignal<readonly string[]>([]);
  useSignalEffect(() => {
    // One that has just been made is not among them yet.
    void profile.value;
    ask(api.profiles.$get({})).then(
      ({ value }) => {
        profiles.value = (value?.items ?? []).map(({ name }) => name);
      },
      () => {},
    );
  });
  const names =
    profiles.value.includes(profile.value) || profile.value === ''
      ? profiles.value
      : [...profiles.value, profile.value];
  const none = meant.value ? `${meant.value.vendorName} ${meant.value.name}` : t('add.noProfile');
  return (
    <div class="field">
      <label for="add-profile">{t('device.profile')}</label>
      <select
        id="add-profile"
        name="profile"
        onChange={({ currentTarget }) => {
          profile.value = currentTarget.value;
        }}
      >
        <option value="">{none}</option>
        {names.map((name) => (
          <option key={name} value={name} selected={name === profile.value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Field(props: {
  readonly id: string;
  readonly label: string;
  readonly value?: string;
  readonly mono?: boolean;
  readonly autocomplete?: 'off';
  readonly bad?: boolean;
  readonly field?: { current: HTMLInputElement | null };
}): JSX.Element {
  const { id, label, value = '', mono, bad, field } = props;
  return (
    <div class="field">
      <label for={`add-${id}`}>{label}</label>
      <input
        {...(field ? { ref: field } : {})}
        id={`add-${id}`}
        name={id}
        class={mono ? 'mono' : ''}
        defaultValue={value}
        maxLength={100}
        autocapitalize={mono ? 'none' : 'sentences'}
        autocomplete="off"
        spellcheck={false}
        {...(bad === undefined ? {} : { 'aria-describedby': 'add-key-hint', 'aria-invalid': bad })}
      />
    </div>
  );
}
