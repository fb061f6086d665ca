/** The frame all pages share: who we are, whether the box answers, the way to the other pages; and which page is shown. */

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { StatusView } from '../shapes/status.ts';
import { entrance } from './access.ts';
import { AlarmBar } from './alarms/alarm-bar.tsx';
import { timeOfDay, zoneName } from './dates.ts';
import { Devices } from './devices.tsx';
import { duration, sentence } from './format.ts';
import { StateIcon } from './icons.tsx';
import { lazy } from './lazy.tsx';
import { Nav } from './nav.tsx';
import { CONTENT_ID, hrefOf, page, skipHead } from './page.ts';
import { PartsPage } from './part-cards.tsx';
import { partsOf } from './parts.ts';
import { boxNowMs, offsetMs } from './screen-clock.ts';
import { alarmCount, connection, nameOf, otherThings, siteZone, status } from './site.ts';
import { SitePage } from './site-page.tsx';
import { t } from './texts.ts';
import { titleOf } from './title.ts';
import { detailWords } from './told.ts';

/** A screen and a box further apart than this are worth a word. */
const CLOCKS_APART_MS = 60_000;

const Login = lazy(() => import('./login.tsx').then((file) => file.Login));
const DevicePage = lazy(() => import('./device.tsx').then((file) => file.DevicePage));
const SetupPage = lazy(() => import('./setup/setup-page.tsx').then((file) => file.SetupPage));
const AddPage = lazy(() => import('./add.tsx').then((file) => file.AddPage));
const GatewaysPage = lazy(() => import('./gateway/gateways.tsx').then((file) => file.GatewaysPage));
const GatewayPage = lazy(() => import('./gateway/gateway.tsx').then((file) => file.GatewayPage));
const FramesPage = lazy(() => import('./frames/frames.tsx').then((file) => file.FramesPage));
const FramePage = lazy(() => import('./frames/frame.tsx').then((file) => file.FramePage));
const SurveyPage = lazy(() => import('./survey/survey.tsx').then((file) => file.SurveyPage));
const ReadingsPage = lazy(() => import('./readings.tsx').then((file) => file.ReadingsPage));
const UnknownPage = lazy(() => import('./unknown-devices.tsx').then((file) => file.UnknownDevicesPage));
const CodecPages = lazy(() => import('./codecs.tsx').then((file) => file.CodecPages));
const CataloguePage = lazy(() => import('./catalogue/catalogue-page.tsx').then((file) => file.CataloguePage));
const QuarantinePage = lazy(() => import('./quarantine.tsx').then((file) => file.QuarantinePage));
const LogPage = lazy(() => import('./logs/log-page.tsx').then((file) => file.LogPage));
const BackupPage = lazy(() => import('./care/backup-page.tsx').then((file) => file.BackupPage));
const SupportPage = lazy(() => import('./care/support-page.tsx').then((file) => file.SupportPage));
const UpdatePage = lazy(() => import('./care/update-page.tsx').then((file) => file.UpdatePage));
const FirstRunPage = lazy(() => import('./first-run/first-run.tsx').then((file) => file.FirstRunPage));
const HandoverPage = lazy(() => import('./handover/handover.tsx').then((file) => file.HandoverPage));
const AboutPage = lazy(() => import('./about/about-page.tsx').then((file) => file.AboutPage));
const ApiPage = lazy(() => import('./about/api-page.tsx').then((file) => file.ApiPage));
const UsersPage = lazy(() => import('./admin/users-page.tsx').then((file) => file.UsersPage));
const AuditPage = lazy(() => import('./admin/audit-page.tsx').then((file) => file.AuditPage));
const SettingsPage = lazy(() => import('./admin/settings-page.tsx').then((file) => file.SettingsPage));
const More = lazy(() => import('./more.tsx').then((file) => file.More));
const MimicPage = lazy(() => import('./mimic/mimic-page.tsx').then((file) => file.MimicPage));
const AlarmsPage = lazy(() => import('./alarms/alarms-page.tsx').then((file) => file.AlarmsPage));
const RulePage = lazy(() => import('./alarms/rule-page.tsx').then((file) => file.RulePage));
const NotifyPage = lazy(() => import('./notify/notify-page.tsx').then((file) => file.NotifyPage));
const PersonPage = lazy(() => import('./notify/person-page.tsx').then((file) => file.PersonPage));
const GroupPage = lazy(() => import('./notify/group-page.tsx').then((file) => file.GroupPage));
const RoutePage = lazy(() => import('./notify/route-page.tsx').then((file) => file.RoutePage));
const Wall = lazy(() => import('./wall.tsx').then((file) => file.Wall));

export function App(): JSX.Element {
  const now = status.value;
  const closed = entrance.value;
  const { name } = page.value;
  useSignalEffect(() => {
    const { of } = page.value;
    const device = nameOf(of);
    document.title = titleOf(page.value, { site: status.value?.site, device });
  });
  if (closed) return <Login key={closed} kind={closed} />;
  return (
    <div class={name === 'wall' ? 'app app-wall' : 'app'}>
      <SkipLink />
      <Header />
      {now ? <Body status={now} /> : <p class="boot">{t('app.loading')}</p>}
      {name === 'wall' ? null : <Nav />}
    </div>
  );
}

type AlarmPageName = 'alarms' | 'rule' | 'notify' | 'person' | 'group' | 'route';

function Body({ status: now }: { status: StatusView }): JSX.Element {
  const { name, of } = page.value;
  switch (name) {
    case 'site':
      return <SitePage status={now} />;
    case 'devices':
      return <Devices of={of} />;
    case 'device':
      return <DevicePage key={of} devEui={of} />;
    case 'setup':
      return <SetupPage key={of} devEui={of} />;
    case 'add':
      return <AddPage key={of} of={of} />;
    case 'gateways':
      return <GatewaysPage />;
    case 'gateway':
      return <GatewayPage key={of} gatewayId={of} />;
    case 'frames':
      return <FramesPage of={of} />;
    case 'frame':
      return <FramePage key={of} id={of} />;
    case 'survey':
      return <SurveyPage key={of} of={of} />;
    case 'readings':
      return <ReadingsPage />;
    case 'unknown':
      return <UnknownPage />;
    case 'parts':
      return <PartsPage status={now} />;
    case 'codecs':
      return <CodecPages of={of} />;
    case 'catalogue':
      return <CataloguePage key={of} of={of} />;
    case 'quarantine':
      return <QuarantinePage key={of} sink={of || 'influx'} />;
    case 'logs':
      return <LogPage />;
    case 'backup':
      return <BackupPage />;
    case 'support':
      return <SupportPage />;
    case 'update':
      return <UpdatePage />;
    case 'start':
      return <FirstRunPage />;
    case 'handover':
      return <HandoverPage />;
    case 'about':
      return <AboutPage />;
    case 'api':
      return <ApiPage />;
    case 'users':
      return <UsersPage />;
    case 'audit':
      return <AuditPage />;
    case 'settings':
      return <SettingsPage key={of} of={of} />;
    case 'more':
      return <More />;
    case 'mimic':
      return <MimicPage key={of} of={of} />;
    case 'alarms':
    case 'rule':
    case 'notify':
    case 'person':
    case 'group':
    case 'route':
      return <AlarmBody name={name} of={of} />;
    case 'wall':
      return <Wall />;
  }
}

/** What is amiss, and who is told of it. */
function AlarmBody({ name, of }: { name: AlarmPageName; of: string }): JSX.Element {
  switch (name) {
    case 'alarms':
      return <AlarmsPage key={of} of={of} />;
    case 'rule':
      return <RulePage key={of} of={of} />;
    case 'notify':
      return <NotifyPage key={of} of={of} />;
    case 'person':
      return <PersonPage key={of} of={of} />;
    case 'group':
      return <GroupPage key={of} of={of} />;
    case 'route':
      return <RoutePage key={of} of={of} />;
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
      {t('app.skipPage')}
    </a>
  );
}

function Header(): JSX.Element {
  const clock = useComputed(() => timeOfDay(boxNowMs.value, siteZone.value));
  const now = status.value;
  return (
    <header class="head">
      <div class="top">
        <h1>
          <a class="home" href={hrefOf('site')}>
            {now?.site ?? 'WebSCADA Edge'}
          </a>
        </h1>
        {now?.simulator ? <span class="chip">{t('app.simulated')}</span> : null}
        <Overall />
        <span class="clock" title={t('app.clock')}>
          <span class="spoken">{t('app.clock')} </span>
          <span class="number">{clock}</span> <span class="zone">{now ? zoneName(siteZone.value) : ''}</span>
        </span>
      </div>
      <Banners />
      <AlarmBar />
      <Announcer />
    </header>
  );
}

/** On every other page than the one that says it in full: that something wants attention. */
function Overall(): JSX.Element | null {
  const { name } = page.value;
  const count = name === 'alarms' ? otherThings.value : alarmCount.value;
  if (name === 'site' || name === 'wall' || count === 0) return null;
  return (
    <a class="overall" href={hrefOf('site')}>
      <StateIcon mark="degraded" /> {t('all.attention', { count })}
    </a>
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
      {now?.rehearsal ? <RehearsalBanner {...now.rehearsal} /> : null}
      {now && apart ? (
        <p class="banner banner-note">
          <StateIcon mark="degraded" />
          <span>{t('app.clockOff', { difference: duration(offsetMs.value) })}</span>
        </p>
      ) : null}
    </div>
  );
}

/** What is cut on purpose is said on every page: what else they say follows from it. */
function RehearsalBanner({ lines }: NonNullable<StatusView['rehearsal']>): JSX.Element {
  const cut = lines.map(
    ({ line, until }) => `${t(`part.${line}`)} (${timeOfDay(Date.parse(until), siteZone.value)})`,
  );
  return (
    <p class="banner banner-note">
      <StateIcon mark="degraded" />
      <span>{cut.length > 0 ? t('rehearsal.cut', { lines: cut.join(', ') }) : t('rehearsal.catchUp')}</span>
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
      .map(([name, part]) =>
        t('live.change', {
          part: t(`part.${name}`),
          state: t(`state.${part.state}`),
          detail: sentence(detailWords(part)),
        }),
      )
      .join(' ');
  });
  return (
    <p class="spoken" role="status" aria-live="polite">
      {said}
    </p>
  );
}
