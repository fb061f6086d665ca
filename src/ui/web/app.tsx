/** The first page: who we are, what is wrong, and everything the site hears, on one scroll. */
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { StatusView } from '../shapes/status.ts';
import { access, entrance } from './access.ts';
import { Account } from './account.tsx';
import { CodecPages } from './codecs.tsx';
import { DevicePage } from './device.tsx';
import { Devices } from './devices.tsx';
import { duration, timeOfDay } from './format.ts';
import { Gateways } from './gateways.tsx';
import { StateIcon } from './icons.tsx';
import { Login } from './login.tsx';
import { page } from './page.ts';
import { Parts } from './part-cards.tsx';
import { QuarantinePage } from './quarantine.tsx';
import { Readings } from './readings.tsx';
import { boxNowMs, offsetMs } from './screen-clock.ts';
import {
  attention,
  connection,
  devices,
  gateways,
  partsOf,
  readings,
  status,
  unknownDevices,
} from './site.ts';
import { t } from './texts.ts';
import { UnknownDevices } from './unknown-devices.tsx';

/** A screen and a box further apart than this are worth a word. */
const CLOCKS_APART_MS = 60_000;

export function App(): JSX.Element {
  const now = status.value;
  const closed = entrance.value;
  if (closed) return <Login key={closed} kind={closed} />;
  return (
    <>
      <a class="skip" href="#devices">
        {t('app.skip')}
      </a>
      <Header />
      <Banners />
      <Announcer />
      {now ? <Body status={now} /> : <p class="boot">{t('app.loading')}</p>}
    </>
  );
}

function Body({ status: now }: { status: StatusView }): JSX.Element {
  const { name, of } = page.value;
  switch (name) {
    case 'device':
      return <DevicePage key={of} devEui={of} />;
    case 'codecs':
      return <CodecPages of={of} />;
    case 'quarantine':
      return <QuarantinePage key={of} sink={of || 'influx'} />;
    case 'site':
      return (
        <main>
          <Parts status={now} />
          <Sections />
          <div class="columns">
            <Devices />
            <div class="side">
              <Gateways />
              <Readings />
              <UnknownDevices />
            </div>
          </div>
        </main>
      );
  }
}

function Header(): JSX.Element {
  const clock = useComputed(() => timeOfDay(boxNowMs.value));
  const now = status.value;
  return (
    <header class="top">
      <h1>{now?.site ?? 'WebSCADA Edge'}</h1>
      {now?.simulator ? <span class="chip">{t('app.simulated')}</span> : null}
      <Summary />
      <span class="clock" title={t('app.clock')}>
        {clock}
      </span>
      <Account />
    </header>
  );
}

function Summary(): JSX.Element | null {
  const { parts, offline } = attention.value;
  if (!status.value || connection.value === 'lost') return null;
  const count = parts.length + offline;
  const mark = count === 0 ? 'ok' : 'degraded';
  return (
    <span class={`summary summary-${mark}`}>
      <StateIcon mark={mark} />
      {count === 0 ? t('all.well') : t('all.attention', { count })}
    </span>
  );
}

function Banners(): JSX.Element {
  const now = status.value;
  const apart = Math.abs(offsetMs.value) > CLOCKS_APART_MS;
  return (
    <div class="banners">
      {connection.value === 'lost' ? (
        <p class="banner banner-lost" role="alert">
          <StateIcon mark="down" />
          <span>
            <strong>{t('lost.title')}</strong> {t(now ? 'lost.detail' : 'lost.first')}
          </span>
        </p>
      ) : null}
      {now
        ? partsOf(now)
            .filter(([, { state }]) => state === 'down')
            .map(([name, { detail, hint }]) => (
              <p key={name} class="banner banner-down">
                <StateIcon mark="down" />
                <span>
                  <strong>
                    {t(`part.${name}`)}: {t('state.down')}.
                  </strong>{' '}
                  {detail} {hint ?? ''}
                </span>
              </p>
            ))
        : null}
      {access.value?.exposed ? (
        <p class="banner banner-note">
          <StateIcon mark="degraded" />
          <span>{t('app.exposed')}</span>
        </p>
      ) : null}
      {now && apart ? (
        <p class="banner banner-note">
          <StateIcon mark="degraded" />
          <span>{t('app.clockOff', { difference: duration(offsetMs.value) })}</span>
        </p>
      ) : null}
    </div>
  );
}

/** Tells a screen reader of each change of a part's state, and of nothing else. */
function Announcer(): JSX.Element {
  const said = useSignal('');
  const before = useSignal<Readonly<Record<string, string>>>({});
  useSignalEffect(() => {
    const now = status.value;
    if (!now) return;
    const known = before.peek();
    const parts = partsOf(now);
    const changed = parts.filter(([name, { state }]) => known[name] !== undefined && known[name] !== state);
    before.value = Object.fromEntries(parts.map(([name, { state }]) => [name, state]));
    if (changed.length === 0) return;
    said.value = changed
      .map(([name, { state, detail }]) =>
        t('live.change', { part: t(`part.${name}`), state: t(`state.${state}`), detail }),
      )
      .join(' ');
  });
  return (
    <p class="spoken" role="status" aria-live="polite">
      {said}
    </p>
  );
}

/** The way to each section on a phone; a wide screen shows them all at once. */
function Sections(): JSX.Element {
  const entries = [
    ['devices', t('devices.title'), devices.value.length],
    ['gateways', t('gateways.title'), gateways.value.length],
    ['readings', t('readings.short'), readings.value.length],
    ['strangers', t('strangers.short'), unknownDevices.value.length],
  ] as const;
  return (
    <nav class="sections" aria-label={t('app.sections')}>
      {entries.map(([id, title, count]) => (
        <a key={id} href={`#${id}`}>
          {title}
          {id === 'readings' ? null : <span class="count">{count}</span>}
        </a>
      ))}
    </nav>
  );
}
