/** One device: all its values, how well it is heard, its session, its newest readings and its downlinks. */
import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { DeviceView } from '../shapes/devices.ts';
import type { ReadingView } from '../shapes/records.ts';
import { api, ask } from './call.ts';
import { Ago, Amiss, Empty, Reception, Section, SubPage, TimeMark } from './components.tsx';
import { DevicePhoto } from './device-photo.tsx';
import { isStale } from './device-state.ts';
import { addressOf } from './devices/filter.ts';
import { points, type Recent } from './devices.tsx';
import { Downlinks } from './downlinks.tsx';
import { Beyond, Figure } from './field-figure.tsx';
import { type Displays, figureOf, isHidden, limitsOf, shownField, unitOfField } from './fields.ts';
import { decibel, duration } from './format.ts';
import { History } from './history.tsx';
import { StateIcon } from './icons.tsx';
import { hrefOf } from './page.ts';
import { ReadingTable } from './readings.tsx';
import { boxNowMs } from './screen-clock.ts';
import { connection, devices, happening } from './site.ts';
import { Sparkline } from './sparkline.tsx';
import { t } from './texts.ts';
import { detailWords } from './told.ts';
import { Why } from './why.tsx';

/** Readings asked for: for the lines, and for the table. */
const PAST = 100;
const SHOWN = 20;

export function DevicePage({ devEui }: { devEui: string }): JSX.Element {
  const device = useComputed(() => devices.value.find(({ value }) => value.devEui === devEui));
  if (device.value) return <Known device={device.value} />;
  return (
    <SubPage title={devEui}>
      <Empty hint={t('page.gone')} />
    </SubPage>
  );
}

/** What is fetched of a device, newer than the last happening. */
interface Past {
  readonly device: DeviceView;
  readonly readings: readonly ReadingView[];
}

function Known({ device }: { device: Signal<DeviceView> }): JSX.Element {
  const past = useSignal<Past | undefined>(undefined);
  const { devEui, name, last } = device.value;
  const newest = useComputed(() => device.value.last?.id);
  const joined = useComputed(() =>
    happening.value?.device === devEui && happening.value.kind === 'join' ? happening.value.id : '',
  );
  useSignalEffect(() => {
    void newest.value;
    void joined.value;
    fetchPast(devEui).then(
      (found) => {
        if (found) past.value = found;
      },
      () => {},
    );
  });
  const stale = useComputed(() => isStale(device.value, boxNowMs.value));
  const hatched = stale.value || connection.value === 'lost';
  const aside = stale.value ? <Amiss words={t('state.stale')} /> : null;
  const known = past.value?.device ?? device.value;
  return (
    <SubPage title={name} aside={aside}>
      <p class="lead mono">{devEui}</p>
      <Why devEui={devEui} newest={newest} />
      {device.value.keyMissing ? (
        <a class="toggle" href={hrefOf('add', devEui)}>
          {t('add.enterKey')}
        </a>
      ) : null}
      <div class="tools about-device">
        {device.value.area === undefined ? null : (
          <a href={hrefOf('devices', addressOf({ flag: undefined, area: device.value.area }))}>
            {device.value.area}
          </a>
        )}
        <a class="toggle" href={hrefOf('setup', devEui)}>
          {t('setup.open')}
        </a>
      </div>
      <Remarks device={known} />
      <div class="columns of-device">
        <Values
          device={device.value}
          recent={past.value?.device.recent ?? device.value.recent ?? []}
          hatched={hatched}
        />
        <div class="side">
          <Receptions last={last} />
          <Session device={{ ...known, last, lastSeen: device.value.lastSeen }} />
          <Downlinks
            devEui={devEui}
            presets={device.value.presets}
            newest={newest}
            profile={device.value.profile}
            decoder={device.value.decoder}
          />
          <DevicePhoto devEui={devEui} name={name} />
        </div>
        <History device={device.value} newest={newest} />
        <Section id="own-readings" title={t('device.readings')}>
          {past.value && past.value.readings.length > 0 ? (
            <ReadingTable list={past.value.readings} own />
          ) : (
            <Empty hint={t(past.value ? 'devices.silent' : 'page.loading')} />
          )}
        </Section>
      </div>
    </SubPage>
  );
}

/** What people here know of it. */
function Remarks({ device: { notes, formerly = [] } }: { device: DeviceView }): JSX.Element {
  return (
    <>
      {notes === undefined ? null : <p class="notes">{notes}</p>}
      {formerly.length === 0 ? null : (
        <p class="detail">{t('device.formerly', { names: formerly.join(', ') })}</p>
      )}
    </>
  );
}

async function fetchPast(devEui: string): Promise<Past | undefined> {
  const [device, readings] = await Promise.all([
    ask(api.devices[':devEui'].$get({ param: { devEui }, query: { recent: String(PAST) } })),
    ask(api.readings.$get({ query: { device: devEui, limit: String(SHOWN) } })),
  ]);
  return device.value && readings.value
    ? { device: device.value, readings: readings.value.items }
    : undefined;
}

interface ValuesProps {
  readonly device: DeviceView;
  readonly recent: Recent;
  readonly hatched: boolean;
}

/** Every field the device has sent lately, also those that are not in each reading. */
function Values({ device: { last, fields: displays }, recent, hatched }: ValuesProps): JSX.Element {
  const withHidden = useSignal(false);
  const all = last ? [{ time: last.time, fields: last.fields }, ...recent] : recent;
  const known = [...new Set(all.flatMap(({ fields }) => Object.keys(fields)))];
  const hidden = known.filter((name) => isHidden(name, displays)).length;
  const names = known.filter((name) => withHidden.value || !isHidden(name, displays));
  return (
    <Section id="values" title={t('device.values')}>
      {last ? (
        <p class="facts">
          <Ago time={last.time} />
          <TimeMark quality={last.timeQuality} />
        </p>
      ) : (
        <Empty hint={t('devices.silent')} />
      )}
      {last?.problem === undefined ? null : (
        <p class="hint note">
          <StateIcon mark="degraded" />
          {detailWords({ detail: last.problem, said: last.said })}
        </p>
      )}
      <ul class={hatched ? 'grid stale' : 'grid'}>
        {names.map((name) => (
          <FieldCard
            key={name}
            name={name}
            names={names}
            displays={displays}
            newest={all.find(({ fields }) => fields[name] !== undefined)}
            isNow={last?.fields[name] !== undefined}
            recent={recent}
          />
        ))}
        {last && Object.keys(last.fields).length === 0 && last.data !== '' ? (
          <li class="card">
            <h3>{t('devices.raw')}</h3>
            <p class="mono">{last.data}</p>
          </li>
        ) : null}
      </ul>
      {hidden === 0 ? null : (
        <button
          type="button"
          class="toggle link"
          aria-pressed={withHidden.value}
          onClick={() => {
            withHidden.value = !withHidden.value;
          }}
        >
          {t('device.hidden', { count: hidden })}
        </button>
      )}
    </Section>
  );
}

interface FieldCardProps {
  readonly name: string;
  /** All that are shown. */
  readonly names: readonly string[];
  readonly displays: Displays | undefined;
  readonly newest: Recent[number] | undefined;
  /** Whether the last reading has it. */
  readonly isNow: boolean;
  readonly recent: Recent;
}

function FieldCard({ name, names, displays, newest, isNow, recent }: FieldCardProps): JSX.Element | null {
  const value = newest?.fields[name];
  if (newest === undefined || value === undefined) return null;
  const field = shownField(name, value, displays, names);
  const line = points(name, recent);
  const figures = line.map((point) => point.value);
  const [first, last] = [line.at(-1), line[0]];
  return (
    <li class="card field-card">
      <header>
        <h3 title={name}>{field.label}</h3>
        {isNow ? null : <Ago time={newest.time} />}
      </header>
      <p class="values">
        <Figure {...field} />
      </p>
      <Beyond field={field} />
      <Sparkline points={line} unit={unitOfField(name, displays)} limits={limitsOf(name, displays)} />
      {first && last && line.length >= 3 ? (
        <p class="detail">
          {t('device.range', {
            low: figureOf(name, Math.min(...figures), displays),
            high: figureOf(name, Math.max(...figures), displays),
            time: duration(last.timeMs - first.timeMs),
          })}
        </p>
      ) : null}
    </li>
  );
}

function Receptions({ last }: { last: ReadingView | null }): JSX.Element | null {
  if (last === null || last.receptions.length === 0) return null;
  return (
    <Section id="receptions" title={t('device.reception')}>
      <ul class="rows">
        {last.receptions.map(({ gatewayId, rssi, snr }) => (
          <li key={gatewayId} class="row heard">
            <span class="mono heard-by">{gatewayId}</span>
            <Reception rssi={rssi} snr={snr} dataRate={last.dataRate} whole />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Session({ device }: { device: DeviceView }): JSX.Element {
  const { network, last } = device;
  const battery = network?.battery;
  const facts: readonly (readonly [string, ComponentChildren])[] = [
    [t('device.profile'), device.profile],
    [t('device.codec'), <a href={hrefOf('codecs', device.decoder)}>{device.decoder}</a>],
    [t('device.seen'), device.lastSeen === null ? null : <Ago time={device.lastSeen} />],
    [t('device.interval'), intervalWords(device)],
    [t('device.activation'), device.activation && t(`device.${device.activation}`)],
    [t('device.devAddr'), device.devAddr && <span class="mono">{device.devAddr}</span>],
    [t('device.joined'), network?.joined && <Ago time={network.joined} />],
    [t('device.dataRate'), network?.dataRate ?? last?.dataRate],
    [t('device.region'), network && `${network.region}, ${network.deviceClass}`],
    [
      t('device.counters'),
      network && t('device.upDown', { up: device.nextFCntUp, down: network.nextFCntDown }),
    ],
    [t('device.battery'), battery && <Battery {...battery} />],
  ];
  return (
    <Section id="session" title={t('device.session')}>
      <dl class="rows">
        {facts.map(([label, value]) =>
          value ? (
            <div key={label} class="row">
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
      {device.devAddr === undefined ? <p class="detail">{t('device.noSession')}</p> : null}
    </Section>
  );
}

function intervalWords({ usualIntervalSeconds, expectedIntervalSeconds }: DeviceView): string | null {
  const time = usualIntervalSeconds === null ? '?' : duration(usualIntervalSeconds * 1000);
  if (expectedIntervalSeconds === undefined) return usualIntervalSeconds === null ? null : time;
  return t('device.expected', { time, expected: duration(expectedIntervalSeconds * 1000) });
}

type BatteryView = NonNullable<NonNullable<DeviceView['network']>['battery']>;

function Battery({ source, percent, marginDb, time }: BatteryView): JSX.Element {
  const level =
    source === 'external'
      ? t('device.external')
      : percent === undefined
        ? t('device.batteryUnknown')
        : `${Math.round(percent)} %`;
  return (
    <>
      {level}, {t('device.margin', { margin: decibel(marginDb) })}, <Ago time={time} />
    </>
  );
}
