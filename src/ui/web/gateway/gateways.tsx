/** The gateways of the site: there or not, how much they hear and how well. */
import type { JSX } from 'preact';
import type { GatewayView } from '../../shapes/status.ts';
import { Ago, Empty, Reception, SubPage } from '../components.tsx';
import { gatewayHint } from '../first-steps.tsx';
import { StateIcon } from '../icons.tsx';
import { hrefOf } from '../page.ts';
import { gateways, status } from '../site.ts';
import { t } from '../texts.ts';

const MARKS = { online: 'ok', offline: 'down', unheard: 'connecting' } as const;

export function GatewaysPage(): JSX.Element {
  const list = gateways.value;
  return (
    <SubPage title={t('gateways.title')} aside={<span class="count">{list.length}</span>}>
      {list.length === 0 ? (
        <Empty title={t('gateways.empty')} hint={gatewayHint(status.value)} />
      ) : (
        <ul class="grid" id="gateways">
          {list.map((gateway) => (
            <GatewayCard key={gateway.gatewayId} gateway={gateway} />
          ))}
        </ul>
      )}
    </SubPage>
  );
}

/** Its state, as a shape and a word. */
export function GatewayState({ state }: Pick<GatewayView, 'state'>): JSX.Element {
  return (
    <span class="word">
      <StateIcon mark={MARKS[state]} /> {t(`state.${state}`)}
    </span>
  );
}

function GatewayCard({ gateway }: { gateway: GatewayView }): JSX.Element {
  const { gatewayId, name, place, state, lastSeen, uplinks, lastRssi, lastSnr, qos } = gateway;
  return (
    <li class={`card gateway state-${MARKS[state]}`}>
      <header>
        <StateIcon mark={MARKS[state]} />
        <h3 class={name === undefined ? 'mono' : ''}>
          <a href={hrefOf('gateway', gatewayId)}>{name ?? gatewayId}</a>
        </h3>
        <span class="word">{t(`state.${state}`)}</span>
      </header>
      {name === undefined ? null : <p class="mono quiet">{gatewayId}</p>}
      {place === undefined ? null : <p class="quiet">{place}</p>}
      <p class="facts">
        <span>{lastSeen === null ? t('gateways.never') : <Ago time={lastSeen} />}</span>
        <span>{t('gateways.uplinks', { count: uplinks })}</span>
        {lastRssi === undefined || lastSnr === undefined ? null : <Reception rssi={lastRssi} snr={lastSnr} />}
      </p>
      {qos === 0 ? <Qos0 /> : null}
    </li>
  );
}

export function Qos0(): JSX.Element {
  return (
    <p class="hint note">
      <StateIcon mark="degraded" />
      {t('gateways.qos0')}
    </p>
  );
}
