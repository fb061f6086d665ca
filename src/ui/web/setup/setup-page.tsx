/**
 * What is set of a device: name, area, profile, codec, keys, notes. Two people may do so at once: the second one is shown
 * what the first one did, and overwrites nothing without saying so.
 */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { DeviceView } from '../../shapes/devices.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { ConfirmButton, Empty, Refused, Section, SubPage } from '../components.tsx';
import { areasOf } from '../devices/filter.ts';
import { StateIcon } from '../icons.tsx';
import { hexOf } from '../new-device.ts';
import { hrefOf } from '../page.ts';
import { devices } from '../site.ts';
import { t } from '../texts.ts';
import { CodecOnFrames } from './codec-on-frames.tsx';
import { type Draft, differences, draftOf, mayChange, merged, type Part } from './draft.ts';
import { Choice, Field } from './field.tsx';
import { Replace } from './replace.tsx';

export function SetupPage({ devEui }: { devEui: string }): JSX.Element {
  const device = useSignal<DeviceView | undefined>(undefined);
  const missing = useSignal(false);
  const look = (): void => {
    ask(api.devices[':devEui'].$get({ param: { devEui }, query: {} })).then(
      ({ value, refusal }) => {
        if (value) device.value = value;
        missing.value = refusal?.code === 'device-unknown';
      },
      () => {},
    );
  };
  useSignalEffect(look);
  const known = device.value;
  const back = { href: hrefOf('device', devEui), text: known?.name ?? devEui };
  return (
    <SubPage title={t('page.name.setup')} back={back}>
      <p class="lead mono">{devEui}</p>
      {maySetUp.value ? null : <p class="hint">{t('page.viewer')}</p>}
      {missing.value ? <Empty hint={t('page.gone')} /> : null}
      {known && !missing.value ? (
        <>
          {maySetUp.value ? <Form key={known.devEui} device={device as Signal<DeviceView>} /> : null}
          {maySetUp.value && known.origin === 'api' ? <Replace device={known} /> : null}
          {maySetUp.value && known.origin !== 'config' ? <Remove device={known} /> : null}
        </>
      ) : null}
    </SubPage>
  );
}

/** Keys that are typed; they only go in. */
type Keys = Readonly<Record<'appKey' | 'nwkSKey' | 'appSKey', string>>;
const NO_KEYS: Keys = { appKey: '', nwkSKey: '', appSKey: '' };

function Form({ device }: { device: Signal<DeviceView> }): JSX.Element {
  /** As it was looked at. */
  const base = useSignal(device.value);
  const draft = useSignal(draftOf(device.value));
  const keys = useSignal(NO_KEYS);
  const theirs = useSignal<DeviceView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const said = useSignal<'saved' | 'badKey' | undefined>(undefined);
  const set = (part: Part) => (value: string) => {
    draft.value = { ...draft.value, [part]: value };
    said.value = undefined;
  };
  const save = async (): Promise<void> => {
    const typed = Object.entries(keys.value).filter(([, key]) => key.trim() !== '');
    const read = typed.map(([name, key]) => [name, hexOf(key, 32)] as const);
    said.value = read.some(([, key]) => key === undefined) ? 'badKey' : undefined;
    if (said.value) return;
    const { devEui, revision } = base.value;
    const json = bodyOf(base.value, draft.value, Object.fromEntries(read));
    const headers = { 'if-match': `"${revision}"` };
    const { value, refusal } = await ask(
      api.devices[':devEui'].$put({ param: { devEui }, json }, { headers }),
    );
    if (refusal?.code === 'changed-meanwhile') {
      const now = await ask(api.devices[':devEui'].$get({ param: { devEui }, query: {} }));
      theirs.value = now.value;
      refused.value = now.refusal;
      return;
    }
    refused.value = refusal;
    if (value) {
      take(value, draftOf(value));
      said.value = 'saved';
    }
  };
  const take = (view: DeviceView, next: Draft): void => {
    base.value = view;
    device.value = view;
    draft.value = next;
    theirs.value = undefined;
    keys.value = NO_KEYS;
  };
  return (
    <Section id="setup-form" title={t('setup.title')}>
      <form
        class="entry"
        onSubmit={(event) => {
          event.preventDefault();
          save().catch(() => {});
        }}
      >
        <Fields base={base.value} draft={draft.value} set={set} />
        <KeyFields base={base.value} keys={keys} />
        {theirs.value ? (
          <Meanwhile
            base={draftOf(base.value)}
            mine={draft.value}
            theirs={draftOf(theirs.value)}
            take={(next) => {
              if (theirs.value) take(theirs.value, next);
            }}
          />
        ) : null}
        <Refused refusal={refused.value} />
        <p role="status">{said.value ? t(`setup.${said.value}`) : ''}</p>
        <button type="submit" class="primary" disabled={theirs.value !== undefined}>
          {t('setup.save')}
        </button>
      </form>
    </Section>
  );
}

interface FieldsProps {
  readonly base: DeviceView;
  readonly draft: Draft;
  readonly set: (part: Part) => (value: string) => void;
}

function Fields({ base, draft, set }: FieldsProps): JSX.Element {
  const profiles = useSignal<readonly string[]>([]);
  const codecs = useSignal<readonly string[]>([]);
  useSignalEffect(() => {
    Promise.all([ask(api.profiles.$get({})), ask(api.codecs.$get({}))]).then(
      ([some, others]) => {
        profiles.value = (some.value?.items ?? []).map(({ name }) => name);
        codecs.value = (others.value?.items ?? []).map(({ name }) => name);
      },
      () => {},
    );
  });
  const isFixed = (part: Part): boolean => !mayChange(part, base);
  const areas = areasOf(devices.value.map(({ value }) => value)).filter(([name]) => name !== '');
  const called = (name: string) => [name, name] as const;
  return (
    <>
      <Field
        name="name"
        label={t('add.name')}
        value={draft.name}
        disabled={isFixed('name')}
        change={set('name')}
      />
      <Field
        name="area"
        label={t('devices.area')}
        value={draft.area}
        list="setup-areas"
        change={set('area')}
      />
      <datalist id="setup-areas">
        {areas.map(([name]) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div class="field">
        <label for="setup-notes">{t('setup.notes')}</label>
        <textarea
          id="setup-notes"
          rows={3}
          maxLength={2_000}
          value={draft.notes}
          onInput={({ currentTarget }) => set('notes')(currentTarget.value)}
        />
      </div>
      <Choice
        name="profile"
        label={t('device.profile')}
        value={draft.profile}
        options={[['', t('add.noProfile')], ...profiles.value.map(called)]}
        disabled={isFixed('profile')}
        change={set('profile')}
      />
      <Choice
        name="codec"
        label={t('device.codec')}
        value={draft.codec}
        options={codecs.value.map((name) => [name, name === 'raw' ? t('setup.rawCodec') : name])}
        disabled={isFixed('codec')}
        change={set('codec')}
      />
      <CodecOnFrames device={base} codec={draft.codec} profile={draft.profile} />
      {base.origin === 'api' ? null : <p class="detail">{t(`setup.of.${base.origin}`)}</p>}
    </>
  );
}

function KeyFields({ base, keys }: { base: DeviceView; keys: Signal<Keys> }): JSX.Element | null {
  if (base.origin !== 'api') return null;
  const joins = base.activation !== 'abp';
  const names = joins ? (['appKey'] as const) : (['nwkSKey', 'appSKey'] as const);
  return (
    <>
      {names.map((name) => (
        <Field
          key={name}
          name={name}
          label={t(`setup.${name}`)}
          mono
          value={keys.value[name]}
          placeholder={t(base.keyMissing ? 'setup.keyMissing' : 'setup.keyKept')}
          change={(value) => {
            keys.value = { ...keys.value, [name]: value };
          }}
        />
      ))}
      <p class="detail">{t('setup.keyHint')}</p>
    </>
  );
}

interface MeanwhileProps {
  readonly base: Draft;
  readonly mine: Draft;
  readonly theirs: Draft;
  readonly take: (next: Draft) => void;
}

/** What somebody else changed while this was being filled in. */
function Meanwhile({ base, mine, theirs, take }: MeanwhileProps): JSX.Element {
  const changed = differences(base, theirs);
  return (
    <div class="hint note meanwhile" role="alert">
      <StateIcon mark="degraded" />
      <div>
        <h3>{t('setup.meanwhile')}</h3>
        <ul>
          {changed.map((part) => (
            <li key={part}>
              {t('bulk.fromTo', {
                what: t(`setup.part.${part}`),
                from: base[part] || t('bulk.nothing'),
                to: theirs[part] || t('bulk.nothing'),
              })}
            </li>
          ))}
          {changed.length === 0 ? <li>{t('setup.otherwise')}</li> : null}
        </ul>
        <div class="tools">
          <button type="button" class="toggle" onClick={() => take(theirs)}>
            {t('setup.takeTheirs')}
          </button>
          <button type="button" class="toggle" onClick={() => take(merged(base, mine, theirs))}>
            {t('setup.keepMine')}
          </button>
        </div>
      </div>
    </div>
  );
}

function Remove({ device: { devEui, revision } }: { device: DeviceView }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const headers = { 'if-match': `"${revision}"` };
  return (
    <Section id="setup-remove" title={t('setup.remove')}>
      <p class="lead">{t('setup.removeHint')}</p>
      <Refused refusal={refused.value} />
      <ConfirmButton
        label={t('setup.remove')}
        act={() => {
          tell(api.devices[':devEui'].$delete({ param: { devEui } }, { headers })).then(
            (refusal) => {
              refused.value = refusal;
              if (!refusal) location.hash = hrefOf('devices');
            },
            () => {},
          );
        }}
      />
    </Section>
  );
}

/** What is put: of a device that is declared elsewhere only what may be said of it here. */
function bodyOf(device: DeviceView, draft: Draft, keys: Readonly<Record<string, string | undefined>>) {
  const remarks = {
    name: draft.name.trim(),
    area: draft.area.trim() || null,
    notes: draft.notes.trim() || null,
  };
  if (device.origin !== 'api') return remarks;
  const joins = device.activation !== 'abp';
  return {
    ...remarks,
    codec: draft.codec,
    ...(draft.profile === '' ? {} : { profile: draft.profile }),
    ...(device.link === undefined ? {} : { link: device.link }),
    ...(joins ? { joinEui: draft.joinEui } : { devAddr: draft.devAddr }),
    ...(device.keyMissing && keys.appKey === undefined ? { keyMissing: true } : {}),
    ...keys,
  };
}
