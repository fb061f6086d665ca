/** The first page: who we are, what is wrong, and everything the site hears, on one scroll. */
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { StatusView } from '../shapes/status.ts';
import { access, entrance } from './access.ts';
import { Account } from './account.tsx';
import { type Concern, isAway } from './attention.ts';
import { CodecPages } from './codecs.tsx';
import { timeOfDay, zoneName } from './dates.ts';
import { DevicePage } from './device.tsx';
import { Devices } from './devices.tsx';
import { duration, sentence, sentences } from './format.ts';
import { Gateways } from './gateways.tsx';
import { StateIcon } from './icons.tsx';
import { Login } from './login.tsx';
import { CONTENT_ID, page, skipHead } from './page.ts';
import { Parts } from './part-cards.tsx';
import { partsOf } from './parts.ts';
import { QuarantinePage } from './quarantine.tsx';
import { Readings } from './readings.tsx';
import { boxNowMs, offsetMs } from './screen-clock.ts';
import {
  concerns,
  connection,
  devices,
  gateways,
  nameOf,
  readings,
  siteZone,
  status,
  unknownDevices,
} from './site.ts';
import { t } from './texts.ts';
import { titleOf } from './title.ts';
import { UnknownDevices } from './unknown-devices.tsx';

/** A screen and a box further apart than this are worth a word. */
const CLOCKS_APART_MS = 60_000;

export function App(): JSX.Element {
  const now = status.value;
  const closed = entrance.value;
  useSignalEffect(() => {
    const { of } = page.value;
    const device = nameOf(of);
    document.title = titleOf(page.value, { site: status.value?.site, device });
  });
  if (closed) return <Login key={closed} kind={closed} />;
  return (
    <>
      <SkipLink />
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
        <main id={CONTENT_ID} tabIndex={-1}>
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

/** The way past the head by keyboard. No change of the address, which names the page. */
function SkipLink(): JSX.Element {
  return (
    <a
      class="skip"
      href={`#${CONTENT_ID}`}
      onClick={(event) => {
        event.preventDefault();
        skipHead();
      }}
    >
      {t(page.value.name === 'site' ? 'app.skip' : 'app.skipPage')}
    </a>
  );
}

function Header(): JSX.Element {
  const clock = useComputed(() => timeOfDay(boxNowMs.value, siteZone.value));
  const now = status.value;
  return (
    <header class="top">
      <h1>{now?.site ?? 'WebSCADA Edge'}</h1>
      {now?.simulator ? <span class="chip">{t('app.simulated')}</span> : null}
      <Summary />
      <span class="clock" title={t('app.clock')}>
        <span class="spoken">{t('app.clock')} </span>
        <span class="number">{clock}</span> <span class="zone">{now ? zoneName(siteZone.value) : ''}</span>
      </span>
      <Account />
    </header>
  );
}

/** Whether all is as it should be; what is not, in words. */
function Summary(): JSX.Element | null {
  const { alarms, notices } = concerns.value;
  if (!status.value || connection.value === 'lost') return null;
  const count = alarms.reduce((sum, concern) => sum + concern.count, 0);
  const words = [...alarms, ...notices].map(concernWords).join(', ');
  const mark = count > 0 ? 'degraded' : notices.length > 0 ? 'connecting' : 'ok';
  return (
    <span class={`summary summary-${mark}`}>
      <StateIcon mark={mark} />
      {count > 0 ? (
        <span>
          <strong>{t('all.attention', { count })}</strong>: {words}
        </span>
      ) : (
        <span>{notices.length > 0 ? sentence(words) : t('all.well')}</span>
      )}
    </span>
  );
}

function concernWords(concern: Concern): string {
  const { kind, count } = concern;
  if (kind !== 'part') return t(`concern.${kind}`, { count });
  return t('concern.part', { part: t(`part.${concern.part}`), state: t(`state.${concern.state}`) });
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
      {now ? <PartBanners status={now} /> : null}
      {access.value?.exposed ? <Note words={t('app.exposed')} /> : null}
      {now && apart ? <Note words={t('app.clockOff', { difference: duration(offsetMs.value) })} /> : null}
    </div>
  );
}

/** Parts that are down. A centre that is away is to be expected on a site: it is said calmly, or where somebody has to act, as a note. */
function PartBanners({ status: now }: { status: StatusView }): JSX.Element {
  const down = partsOf(now).filter(([, { state }]) => state === 'down');
  return (
    <>
      {down.map(([name, { detail, hint }]) => {
        const away = isAway(name, now);
        const kind = away ? 'away' : name === 'centre' ? 'note' : 'down';
        const head = away ? t('away.title') : `${t(`part.${name}`)}: ${t('state.down')}.`;
        return (
          <p key={name} class={`banner banner-${kind}`}>
            <StateIcon mark={away ? 'connecting' : name === 'centre' ? 'degraded' : 'down'} />
            <span>
              <strong>{head}</strong> {away ? t('away.detail') : sentences(detail, hint)}
            </span>
          </p>
        );
      })}
    </>
  );
}

function Note({ words }: { words: string }): JSX.Element {
  return (
    <p class="banner banner-note">
      <StateIcon mark="degraded" />
      <span>{words}</span>
    </p>
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
        t('live.change', { part: t(`part.${name}`), state: t(`state.${state}`), detail: sentence(detail) }),
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
