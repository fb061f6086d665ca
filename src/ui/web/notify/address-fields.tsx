/** Where a person is reached: by mail, a webhook of the settings, MQTT, or a relay or buzzer behind a device. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { api, ask } from '../call.ts';
import { devices } from '../site.ts';
import { t } from '../texts.ts';
import { Line, type Options, Pick, Rows } from './fields.tsx';
import { type Address, CHANNELS, isChannel, MOST_ADDRESSES, signalText } from './person-draft.ts';

export function Addresses({ addresses }: { addresses: readonly Address[] }): JSX.Element {
  const hooks = useSignal<readonly string[]>([]);
  useEffect(() => {
    void ask(api.notify.$get()).then(({ value }) => {
      const named = value?.channels.filter(({ channel }) => channel === 'webhook') ?? [];
      hooks.value = named.map(({ name = '' }) => name);
    });
  }, []);
  return (
    <Rows
      name="address"
      legend={t('notify.person.addresses')}
      items={addresses}
      most={MOST_ADDRESSES}
      add={t('notify.person.addAddress')}
      takeOut={(n) => t('notify.person.removeAddress', { n })}
      draw={(prefix, address) => <AddressRow prefix={prefix} address={address} hooks={hooks.value} />}
    />
  );
}

interface AddressProps {
  readonly prefix: string;
  readonly address: Address | undefined;
  /** Names of the webhooks of the settings. */
  readonly hooks: readonly string[];
}

function AddressRow({ prefix, address, hooks }: AddressProps): JSX.Element {
  const channel = useSignal<Address['channel']>(address?.channel ?? 'email');
  return (
    <>
      <Pick
        name={`${prefix}-channel`}
        label={t('notify.channel')}
        value={channel.value}
        options={CHANNELS.map((one) => [one, t(`notify.channel.${one}`)])}
        change={(next) => {
          if (isChannel(next)) channel.value = next;
        }}
      />
      <Where
        key={channel.value}
        {...{ prefix, hooks, channel: channel.value }}
        address={address?.channel === channel.value ? address : undefined}
      />
    </>
  );
}

interface WhereProps extends AddressProps {
  readonly channel: Address['channel'];
}

function Where({ prefix, hooks, channel, address }: WhereProps): JSX.Element {
  switch (channel) {
    case 'email':
      return (
        <Line
          name={`${prefix}-to`}
          label={t('notify.address.email')}
          type="email"
          value={address?.channel === 'email' ? address.to : ''}
          isRequired
        />
      );
    case 'webhook':
      return <Hook {...{ prefix, hooks, address }} />;
    case 'mqtt':
      return (
        <Line
          name={`${prefix}-topic`}
          label={t('notify.address.topic')}
          value={address?.channel === 'mqtt' ? address.topic : ''}
          max={100}
          hint={t('notify.address.topicHint')}
          isRequired
        />
      );
    case 'downlink':
      return <Relay prefix={prefix} address={address} />;
  }
}

function Hook({ prefix, hooks, address }: AddressProps): JSX.Element {
  const own = address?.channel === 'webhook' ? address : undefined;
  if (hooks.length === 0 && !own) return <p class="quiet">{t('notify.address.noWebhooks')}</p>;
  return (
    <>
      <Pick
        name={`${prefix}-webhook`}
        label={t('notify.address.webhook')}
        value={own?.webhook ?? ''}
        options={hooks.map((name) => [name, name])}
      />
      <Line name={`${prefix}-to`} label={t('notify.address.there')} value={own?.to} max={100} />
    </>
  );
}

function Relay({ prefix, address }: Omit<AddressProps, 'hooks'>): JSX.Element {
  const own = address?.channel === 'downlink' ? address : undefined;
  const options: Options = devices.value.map(({ value: { devEui, name } }) => [devEui, name ?? devEui]);
  return (
    <>
      <Pick
        name={`${prefix}-device`}
        label={t('notify.address.device')}
        value={own?.device ?? ''}
        options={options}
      />
      <Line
        name={`${prefix}-fPort`}
        label={t('notify.address.fPort')}
        type="number"
        min={1}
        max={223}
        value={String(own?.fPort ?? 1)}
        isRequired
      />
      <Line
        name={`${prefix}-on`}
        label={t('notify.address.on')}
        value={signalText(own?.on)}
        max={500}
        isRequired
      />
      <Line
        name={`${prefix}-off`}
        label={t('notify.address.off')}
        value={signalText(own?.off)}
        max={500}
        hint={t('notify.address.signalHint')}
      />
    </>
  );
}
