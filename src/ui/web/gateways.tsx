/** The gateways of the site: there or not, how much they hear and how well. */
import type { JSX } from 'preact';
import type { GatewayView, StatusView } from '../shapes/status.ts';
import { Ago, Empty, Reception, Section } from './components.tsx';
import { sentences } from './format.ts';
import { StateIcon } from './icons.tsx';
import { brokerUrl } from './parts.ts';
import { gateways, status } from './site.ts';
import { t } from './texts.ts';

export function Gateways(): JSX.Element {
  const list = gateways.value;
  return (
    <Section id="gateways" title={t('gateways.title')} count={list.length}>
      {list.length === 0 ? (
        <Empty title={t('gateways.empty')} hint={emptyHint(status.value)} />
      ) : (
        <ul class="grid">
          {list.map((gateway) => (
            <GatewayCard key={gateway.gatewayId} gateway={gateway} />
          ))}
        </ul>
      )}
    </Section>
  );
}

/** What to do where no gateway has been heard: with the address to give to it, where there is one. */
function emptyHint(now: StatusView | undefined): string {
  const url = now && brokerUrl(now.broker, location.hostname);
  return url === undefined
    ? sentences(t('gateways.emptyHint'), now?.broker.detail)
    : t('gateways.emptyAt', { url });
}

function GatewayCard({ gateway }: { gateway: GatewayView }): JSX.Element {
  const { gatewayId, state, lastSeen, uplinks, lastRssi, lastSnr, qos } = gateway;
  const gone = state === 'offline';
  return (
    <li class={`card gateway state-${gone ? 'down' : 'ok'}`}>
      <header>
        <StateIcon mark={gone ? 'down' : 'ok'} />
        <h3 class="mono">{gatewayId}</h3>
        <span class="word">{t(`state.${state}`)}</span>
      </header>
      <p class="facts">
        <span>{lastSeen === null ? t('gateways.never') : <Ago time={lastSeen} />}</span>
        <span>{t('gateways.uplinks', { count: uplinks })}</span>
        {lastRssi === undefined || lastSnr === undefined ? null : <Reception rssi={lastRssi} snr={lastSnr} />}
      </p>
      {qos === 0 ? (
        <p class="hint note">
          <StateIcon mark="degraded" />
          {t('gateways.qos0')}
        </p>
      ) : null}
    </li>
  );
}
