/** The ways out: where each leads, whether it works and since when not, what waits, and a test of it. */
import type { JSX } from 'preact';
import type { NotifyPersonView, NotifyView } from '../../shapes/notify.ts';
import { maySetUp } from '../access.ts';
import { Ago, HowLong } from '../components.tsx';
import { StateIcon } from '../icons.tsx';
import { t } from '../texts.ts';
import { toldSentences } from '../told.ts';
import { MailSettings } from './first.tsx';
import { ChannelTest, MailTest } from './trial.tsx';

type Channel = NotifyView['channels'][number];

interface ChannelsProps {
  readonly channels: readonly Channel[];
  readonly people: readonly NotifyPersonView[];
}

export function Channels({ channels, people }: ChannelsProps): JSX.Element {
  return (
    <>
      {channels.map((channel) => (
        <One key={chainName(channel)} channel={channel} people={people} />
      ))}
      <p class="detail">{t('notify.channels.webhooks')}</p>
    </>
  );
}

function chainName({ channel, name }: Channel): string {
  return name === undefined ? channel : `${channel}:${name}`;
}

function One({ channel, people }: { channel: Channel; people: readonly NotifyPersonView[] }): JSX.Element {
  const { channel: kind, name, server, state } = channel;
  const id = `channel-${kind}${name === undefined ? '' : `-${name}`}`;
  const isMail = kind === 'email';
  return (
    <section class="section notify-channel" aria-labelledby={id}>
      <div class="section-head">
        <h3 id={id}>
          {t(`notify.channel.${kind}`)} {name ?? ''}
        </h3>
        <span class={state === 'degraded' ? 'word amiss' : 'word'}>
          <StateIcon mark={state} />
          {t(`state.${state}`)}
        </span>
      </div>
      {server === '' ? null : <p class="mono">{server}</p>}
      <Amiss channel={channel} />
      <Figures channel={channel} />
      {isMail && server === '' ? <MailSettings /> : null}
      {!maySetUp.value ? null : isMail ? (
        server === '' ? null : (
          <MailTest />
        )
      ) : (
        <ChannelTest chain={chainName(channel)} people={people} />
      )}
    </section>
  );
}

function Amiss({ channel: { state, since, ...told } }: { channel: Channel }): JSX.Element | null {
  if (state !== 'degraded') return null;
  return (
    <p class="hint note">
      <StateIcon mark="degraded" />
      <span>
        {since === undefined ? null : (
          <>
            {t('notify.channel.failing')} <HowLong time={since} />.{' '}
          </>
        )}
        {toldSentences(told)}
      </span>
    </p>
  );
}

function Figures({ channel: { queued, sent, failed, lastSent } }: { channel: Channel }): JSX.Element {
  return (
    <p class="detail">
      {t('notify.channel.queued', { count: queued })} {t('notify.channel.sent', { count: sent })}
      {failed > 0 ? ` ${t('notify.channel.failed', { count: failed })}` : ''}
      {lastSent === undefined ? null : (
        <>
          {' '}
          {t('notify.channel.last')} <Ago time={lastSent} />.
        </>
      )}
    </p>
  );
}
