/** The devices with their last values. A stale value is hatched and says so; it never looks fresh. */
import { type Signal, useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { DeviceView } from '../shapes/devices.ts';
import type { ReadingView } from '../shapes/records.ts';
import { Ago, Amiss, Empty, Reception, Section, TimeMark } from './components.tsx';
import { isStale, refusalOf } from './device-state.ts';
import { Beyond, Figure, isWide } from './field-figure.tsx';
import { type Displays, limitsOf, type ShownField, shownFields } from './fields.ts';
import { StateIcon } from './icons.tsx';
import { hrefOf } from './page.ts';
import { refusalWords } from './refusal-words.ts';
import { boxNowMs } from './screen-clock.ts';
import { connection, devices, staleCount, unknownDevices } from './site.ts';
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

/** Whether every word of `search` is in the device's name, DevEUI, or a field's name as it is or as it is shown. */
function matches(device: DeviceView, search: string): boolean {
  const fields = shownFields(device.last?.fields ?? {}, device.fields);
  const text = [device.name, device.devEui, ...fields.flatMap(({ key, label }) => [key, label])]
    .join(' ')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function DeviceCard({ device }: { device: Signal<DeviceView> }): JSX.Element {
  const { name, devEui, last, recent, lastSeen, fields } = device.value;
  const refusal = useComputed(() => refusalOf(device.value, unknownDevices.value)).value;
  const stale = useComputed(() => isStale(device.value, boxNowMs.value));
  const hatched = stale.value || connection.value === 'lost';
  return (
    <li class={`card device ${hatched ? 'stale' : ''}`}>
      <header>
        <h3>
          <a href={hrefOf('device', devEui)}>{name}</a>
        </h3>
        {stale.value ? <Amiss words={t('state.stale')} /> : null}
        {refusal ? <Amiss words={t('state.refused')} /> : null}
        <TimeMark quality={last?.timeQuality} />
        {last || lastSeen ? <Ago time={last?.time ?? lastSeen ?? ''} /> : null}
      </header>
      {refusal ? <p class="hint note">{refusalWords(refusal.reason)}</p> : null}
      {last ? (
        <Values reading={last} recent={recent ?? []} displays={fields} />
      ) : (
        <p class="detail">{t('devices.silent')}</p>
      )}
      <footer>
        {last?.receptions[0] ? (
          <Reception rssi={last.receptions[0].rssi} snr={last.receptions[0].snr} dataRate={last.dataRate} />
        ) : null}
        <span class="mono">{devEui}</span>
      </footer>
    </li>
  );
}

export type Recent = NonNullable<DeviceView['recent']>;

interface ValuesProps {
  readonly reading: ReadingView;
  readonly recent: Recent;
  readonly displays: Displays | undefined;
}

function Values({ reading, recent, displays }: ValuesProps): JSX.Element {
  return (
    <>
      <dl class="values">
        {shownFields(reading.fields, displays).map((field) => (
          <Value key={field.key} field={field} recent={recent} displays={displays} />
        ))}
        {Object.keys(reading.fields).length === 0 && reading.data !== '' ? (
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
  readonly field: ShownField;
  readonly recent: Recent;
  readonly displays: Displays | undefined;
}

function Value({ field, recent, displays }: ValueProps): JSX.Element {
  const { key, label, unit, isNumber } = field;
  return (
    <div class={isWide(field) ? 'value wide' : 'value'}>
      <dt>{label}</dt>
      <dd>
        <Figure {...field} />
      </dd>
      <Beyond field={field} />
      {isNumber ? (
        <Sparkline points={points(key, recent)} unit={unit} limits={limitsOf(key, displays)} />
      ) : null}
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
