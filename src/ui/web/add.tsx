/** Adds a device: who it is (heard nearby, scanned, typed), its key and name, then how it comes in, step by step. */
import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { maySetUp } from './access.ts';
import { AddForm } from './add-form.tsx';
import { AddLadder } from './add-ladder.tsx';
import { api, ask, type Refusal } from './call.ts';
import { Ago, Reception, Refused, Section, SubPage } from './components.tsx';
import { ImportDevices } from './import-devices.tsx';
import { type Identity, identityOf } from './new-device.ts';
import { Scan } from './scan.tsx';
import { devices, unknownDevices } from './site.ts';
import { t } from './texts.ts';

/** The newest that knock; the rest are a neighbour's more likely. */
const NEARBY = 8;

/** `of`: the DevEUI of a device whose key is to be entered; '' for a new one. */
export function AddPage({ of }: { of: string }): JSX.Element {
  const identity = useSignal<Identity | undefined>(undefined);
  const added = useSignal<string | undefined>(undefined);
  useSignalEffect(() => {
    const known = devices.value.find(({ value }) => value.devEui === of)?.value;
    if (of !== '' && known && !identity.peek()) identity.value = { devEui: of, joinEui: known.joinEui ?? '' };
  });
  const again = (): void => {
    identity.value = undefined;
    added.value = undefined;
  };
  return (
    <SubPage title={t('add.title')}>
      {maySetUp.value ? null : <p class="hint">{t('page.viewer')}</p>}
      {!maySetUp.value ? null : added.value !== undefined ? (
        <AddLadder key={added.value} devEui={added.value} again={again} />
      ) : identity.value ? (
        <AddForm
          key={identity.value.devEui}
          identity={identity.value}
          done={(devEui) => {
            added.value = devEui;
          }}
          cancel={again}
        />
      ) : (
        <Sources identity={identity} />
      )}
    </SubPage>
  );
}

function Sources({ identity }: { identity: Signal<Identity | undefined> }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const read = async (text: string): Promise<void> => {
    refused.value = undefined;
    const plain = identityOf(text);
    if (plain) {
      identity.value = plain;
      return;
    }
    const { value, refusal } = await ask(api.onboarding.parse.$post({ json: { code: text } }));
    refused.value = refusal;
    if (!value) return;
    const { devEui, joinEui, vendorId, modelId } = value;
    identity.value = { devEui, joinEui, code: { vendorId, modelId } };
  };
  return (
    <>
      <Nearby identity={identity} />
      <Section id="add-code" title={t('add.code')}>
        <Scan take={(text) => void read(text)} />
        <form
          class="entry"
          onSubmit={(event) => {
            event.preventDefault();
            void read(String(new FormData(event.currentTarget).get('code') ?? ''));
          }}
        >
          <div class="field">
            <label for="add-code-text">{t('add.typed')}</label>
            <input
              id="add-code-text"
              class="mono"
              name="code"
              required
              maxLength={1_024}
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
            />
          </div>
          <Refused refusal={refused.value} />
          <button type="submit" class="primary">
            {t('add.next')}
          </button>
        </form>
      </Section>
      <ImportDevices />
    </>
  );
}

/** Devices that ask to join here and are not declared: one touch. */
function Nearby({ identity }: { identity: Signal<Identity | undefined> }): JSX.Element {
  const knocking = useComputed(() =>
    unknownDevices.value
      .filter(({ devEui, reason }) => devEui !== undefined && reason === 'join_unknown_device')
      .filter(
        ({ devEui }) => !devices.value.some(({ value }) => value.devEui === devEui && !value.keyMissing),
      )
      .toSorted((a, b) => b.lastSeen.localeCompare(a.lastSeen))
      .slice(0, NEARBY),
  );
  return (
    <Section id="add-nearby" title={t('add.nearby')}>
      {knocking.value.length === 0 ? <p class="detail">{t('add.nobody')}</p> : null}
      <ul class="rows">
        {knocking.value.map(({ devEui = '', joinEui = '', frames, lastSeen, rssi, snr }) => (
          <li key={devEui}>
            <button
              type="button"
              class="toggle nearby"
              onClick={() => {
                identity.value = { devEui, joinEui };
              }}
            >
              <strong class="mono">{devEui}</strong>
              <span>
                {t('add.knocked', { count: frames })}, <Ago time={lastSeen} />
              </span>
              <Reception rssi={rssi} snr={snr} />
            </button>
          </li>
        ))}
      </ul>
      <p class="detail">{t('add.nearbyHint')}</p>
    </Section>
  );
}
