/** The devices with their last values. A stale value is hatched and says so; it never looks fresh. */
import { type Signal, useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { DeviceView } from '../shapes/devices.ts';
import type { ReadingView } from '../shapes/records.ts';
import { Ago, Empty, Reception, Section, TimeMark } from './components.tsx';
import { fieldLabel, fieldValue, unitOf } from './format.ts';
import { StateIcon } from './icons.tsx';
import { hrefOf } from './page.ts';
import { boxNowMs } from './screen-clock.ts';
import { connection, devices, isStale, staleCount } from './site.ts';
import { type Point, Sparkline } from './sparkline.tsx';
import { t } from './texts.ts';

/** More devices than this get a search field. */
const FEW = 10;

export function Devices(): JSX.Element {
  const search = useSignal('');
  const onlyStale = useSignal(false);
  const list = devices.value;
  const shown = list.filter(
    (device) =>
      matches(device.value, search.value) && (!onlyStale.value || isStale(device.value, boxNowMs.value)),
  );
  const tools = (
    <div class="tools">
      {staleCount.value > 0 || onlyStale.value ? (
        <button
          type="button"
          class="toggle"
          aria-pressed={onlyStale.value}
          onClick={() => {
            onlyStale.value = !onlyStale.value;
          }}
        >
          <StateIcon mark="degraded" />
          {t('devices.onlyStale', { count: staleCount.value })}
        </button>
      ) : null}
      {list.length > FEW ? (
        <input
          type="search"
          placeholder={t('devices.filter')}
          aria-label={t('devices.filter')}
          value={search}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
      ) : null}
    </div>
  );
  return (
    <Section
      id="devices"
      title={t('devices.title')}
      count={list.length}
      tools={tools}
      link={{ href: hrefOf('codecs'), text: t('codecs.title') }}
    >
      {list.length === 0 ? <Empty title={t('devices.empty')} hint={t('devices.emptyHint')} /> : null}
      {list.length > 0 && shown.length === 0 ? (
        <Empty hint={t('devices.noneFound', { count: list.length })} />
      ) : null}
      <ul class="grid">
        {shown.map((device) => (
          <DeviceCard key={device.peek().devEui} device={device} />
        ))}
      </ul>
    </Section>
  );
}

/** Whether every word of `search` is in the device's name, DevEUI or a field's name. */
function matches(device: DeviceView, search: string): boolean {
  const text = [device.name, device.devEui, ...Object.keys(device.last?.fields ?? {})]
    .join(' ')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function DeviceCard({ device }: { device: Signal<DeviceView> }): JSX.Element {
  const { name, devEui, last, recent, lastSeen } = device.value;
  const stale = useComputed(() => isStale(device.value, boxNowMs.value));
  const hatched = stale.value || connection.value === 'lost';
  return (
    <li class={`card device ${hatched ? 'stale' : ''}`}>
      <header>
        <h3>
          <a href={hrefOf('device', devEui)}>{name}</a>
        </h3>
        {stale.value ? (
          <span class="word amiss">
            <StateIcon mark="degraded" />
            {t('state.stale')}
          </span>
        ) : null}
        <TimeMark quality={last?.timeQuality} />
        {last || lastSeen ? <Ago time={last?.time ?? lastSeen ?? ''} /> : null}
      </header>
      {last ? <Values reading={last} recent={recent ?? []} /> : <p class="detail">{t('devices.silent')}</p>}
      <footer>
        {last?.receptions[0] ? (
          <Reception rssi={last.receptions[0].rssi} snr={last.receptions[0].snr} />
        ) : null}
        <span class="mono">{devEui}</span>
      </footer>
    </li>
  );
}

export type Recent = NonNullable<DeviceView['recent']>;

function Values({ reading, recent }: { reading: ReadingView; recent: Recent }): JSX.Element {
  const names = Object.keys(reading.fields);
  return (
    <>
      <dl class="values">
        {names.map((name) => (
          <Value key={name} name={name} label={fieldLabel(name, names)} reading={reading} recent={recent} />
        ))}
        {names.length === 0 && reading.data !== '' ? (
          <div class="value raw">
            <dt>{t('devices.raw')}</dt>
            <dd class="mono">{reading.data}</dd>
          </div>
        ) : null}
      </dl>
      {reading.problem === undefined ? null : (
        <p class="hint note">
          <StateIcon mark="degraded" />
          {reading.problem}
        </p>
      )}
    </>
  );
}

interface ValueProps {
  readonly name: string;
  readonly label: string;
  readonly reading: ReadingView;
  readonly recent: Recent;
}

function Value({ name, label, reading, recent }: ValueProps): JSX.Element | null {
  const value = reading.fields[name];
  if (value === undefined) return null;
  const unit = typeof value === 'number' ? unitOf(name) : undefined;
  return (
    <div class="value">
      <dt>{label}</dt>
      <dd>
        <span class="figure">{fieldValue(value)}</span>
        {unit === undefined ? null : <span class="unit">{unit}</span>}
      </dd>
      {typeof value === 'number' ? <Sparkline points={points(name, recent)} /> : null}
    </div>
  );
}

/** The newest values of a field, for its line. */
export function points(name: string, recent: Recent): Point[] {
  return recent.flatMap(({ time, fields }) => {
    const value = fields[name];
    return typeof value === 'number' ? [{ timeMs: Date.parse(time), value }] : [];
  });
}
