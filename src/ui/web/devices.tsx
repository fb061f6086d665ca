/** The devices, a row each: the value that stands for it against its range, its age against its habit, what its radio has to spare. */
import { type Signal, useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { DeviceView } from '../shapes/devices.ts';
import type { ReadingView } from '../shapes/records.ts';
import { maySetUp } from './access.ts';
import { Ago, Empty, TopPage } from './components.tsx';
import { FLAGS, flagsOf, isAlarm, marginOf } from './device-flags.ts';
import { refusalOf } from './device-state.ts';
import { abnormalFirst, keepOrder, mainField, rangeBar } from './device-summary.ts';
import { addressOf, areasOf, type DeviceFilter, filterOf } from './devices/filter.ts';
import { type AreaHead, byArea } from './devices/groups.ts';
import { Figure } from './field-figure.tsx';
import { decibel, duration, fieldLabel, marginBars } from './format.ts';
import { SignalIcon, StateIcon } from './icons.tsx';
import { lazy } from './lazy.tsx';
import { hrefOf, refine } from './page.ts';
import { RangeBar } from './range-bar.tsx';
import { refusalWords } from './refusal-words.ts';
import { boxNowMs } from './screen-clock.ts';
import { isWideScreen } from './screen-size.ts';
import { connection, type Judged, judged, unknownDevices } from './site.ts';
import type { Point } from './sparkline.tsx';
import { t } from './texts.ts';
import { isInUse, VirtualRows } from './virtual-rows.tsx';

/** Rem; two lines on a phone, one on a wide screen. */
const NARROW_ROW_REM = 5.25;
const WIDE_ROW_REM = 3.5;
/** So long after a touch the rows stay where they are. */
const STEADY_MS = 5_000;

const BulkPanel = lazy(() => import('./devices/bulk.tsx').then((file) => file.BulkPanel), { isPart: true });

interface Row extends Judged {
  readonly key: string;
  readonly area: string;
  readonly head?: undefined;
}

/** A heading among the rows, as high as one. */
interface HeadRow {
  readonly key: string;
  readonly head: AreaHead;
}

export function Devices({ of }: { of: string }): JSX.Element {
  const search = useSignal('');
  const order = useRef<readonly string[]>([]);
  /** DevEUIs of those that are to be changed together; undefined where nobody is choosing. */
  const selected = useSignal<ReadonlySet<string> | undefined>(undefined);
  const filter = filterOf(of);
  const all = judged.value;
  const found = all
    .filter((one) => isShown(one, filter) && matches(one.device.peek(), search.value))
    .map((one): Row => {
      const { devEui, area = '' } = one.device.peek();
      return { ...one, key: devEui, area };
    });
  const isSteady = order.current.length > 0 && isInUse(STEADY_MS);
  const ordered = isSteady ? keepOrder(found, order.current) : abnormalFirst(found);
  const groups = byArea(ordered, isSteady);
  const isGrouped = groups.length > 1 && filter.area === undefined;
  const rows = isGrouped ? groups.flatMap((group) => group.rows) : ordered;
  const shown: readonly (Row | HeadRow)[] = isGrouped
    ? groups.flatMap(({ head, rows: own }) => [{ key: head.key, head }, ...own])
    : rows;
  order.current = rows.map(({ key }) => key);
  return (
    <TopPage name="devices-page" title={t('devices.title')} aside={<span class="count">{all.length}</span>}>
      {all.length === 0 ? (
        <Empty title={t('devices.empty')} hint={t('devices.emptyHint')} />
      ) : (
        <>
          <Tools search={search} all={all} filter={filter} selected={selected} />
          {selected.value ? (
            <BulkPanel selected={selected} found={rows.map(({ device }) => device.peek())} />
          ) : null}
          <p class="spoken" role="status">
            {search.value === '' && of === '' ? '' : t('devices.found', { count: rows.length })}
          </p>
          {rows.length === 0 ? <Empty hint={t('devices.noneFound', { count: all.length })} /> : null}
          <VirtualRows
            items={shown}
            keyOf={({ key }) => key}
            draw={(row) =>
              row.head ? (
                <GroupHead head={row.head} filter={filter} />
              ) : (
                <DeviceRow device={row.device} selected={selected} />
              )
            }
            rowRem={isWideScreen.value ? WIDE_ROW_REM : NARROW_ROW_REM}
            label={t('devices.title')}
          />
        </>
      )}
    </TopPage>
  );
}

interface ToolsProps {
  readonly search: Signal<string>;
  readonly all: readonly Judged[];
  readonly filter: DeviceFilter;
  readonly selected: Selection;
}

type Selection = Signal<ReadonlySet<string> | undefined>;

function isShown({ device, flags }: Judged, { flag, area }: DeviceFilter): boolean {
  if (flag && !flags.includes(flag)) return false;
  return area === undefined || (device.peek().area ?? '') === area;
}

/** The search, the areas, a chip for each thing that is amiss with some device, and the way to change several. */
function Tools({ search, all, filter, selected }: ToolsProps): JSX.Element {
  const { flag: chosen } = filter;
  const counts = FLAGS.map(
    (flag) => [flag, all.filter(({ flags }) => flags.includes(flag)).length] as const,
  ).filter(([flag, count]) => count > 0 || flag === chosen);
  return (
    <div class="tools finders">
      <input
        type="search"
        placeholder={t('devices.filter')}
        aria-label={t('devices.filter')}
        value={search}
        onInput={(event) => {
          search.value = event.currentTarget.value;
        }}
      />
      <Areas all={all} filter={filter} />
      {counts.map(([flag, count]) => (
        <button
          key={flag}
          type="button"
          class="toggle"
          aria-pressed={flag === chosen}
          onClick={() => refine(addressOf({ ...filter, flag: flag === chosen ? undefined : flag }))}
        >
          {t(`flag.${flag}`)} <span class="count">{count}</span>
        </button>
      ))}
      {maySetUp.value ? (
        <button
          type="button"
          class="toggle"
          aria-pressed={selected.value !== undefined}
          onClick={() => {
            selected.value = selected.value ? undefined : new Set();
          }}
        >
          {t('devices.several')}
        </button>
      ) : null}
    </div>
  );
}

/** Nothing on a site that has no areas. */
function Areas({ all, filter }: Pick<ToolsProps, 'all' | 'filter'>): JSX.Element | null {
  const areas = areasOf(all.map(({ device }) => device.peek()));
  if (areas.length < 2 && filter.area === undefined) return null;
  const { area } = filter;
  return (
    <select
      aria-label={t('devices.area')}
      onChange={({ currentTarget: { value } }) =>
        refine(addressOf({ ...filter, area: value === '*' ? undefined : value }))
      }
    >
      <option value="*" selected={area === undefined}>
        {t('devices.allAreas')}
      </option>
      {areas.map(([name, count]) => (
        <option key={name} value={name} selected={name === area}>
          {name === '' ? t('devices.noArea', { count }) : t('devices.inArea', { name, count })}
        </option>
      ))}
    </select>
  );
}

/** An area's name, how many it has and how many of them want somebody; the way to that area alone. */
function GroupHead({ head, filter }: { head: AreaHead; filter: DeviceFilter }): JSX.Element {
  const { area, count, abnormal } = head;
  return (
    <h3 class="group-head">
      <a href={hrefOf('devices', addressOf({ ...filter, area }))}>
        {area === '' ? t('devices.noArea', { count }) : t('devices.inArea', { name: area, count })}
      </a>
      {abnormal === 0 ? null : (
        <span class="word amiss">
          <StateIcon mark="degraded" />
          {t('devices.abnormal', { count: abnormal })}
        </span>
      )}
    </h3>
  );
}

/** Whether every word of `search` is in the device's name, DevEUI, area, or a field's name as it is or as it is shown. */
function matches(device: DeviceView, search: string): boolean {
  if (search.trim() === '') return true;
  const keys = Object.keys(device.last?.fields ?? {});
  const labels = keys.map((key) => device.fields?.[key]?.name ?? fieldLabel(key, keys));
  const text = [device.name, device.devEui, device.area ?? '', ...keys, ...labels].join(' ').toLowerCase();
  return search
    .toLowerCase()
    .trim()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function DeviceRow({ device, selected }: { device: Signal<DeviceView>; selected: Selection }): JSX.Element {
  const { name, devEui, area } = device.value;
  const refusal = useComputed(() => refusalOf(device.value, unknownDevices.value)).value;
  const flags = useComputed(() =>
    flagsOf(device.value, boxNowMs.value, refusal !== undefined).join(' '),
  ).value;
  const list = flags.split(' ');
  const isOld = list.includes('stale') || connection.value === 'lost';
  const chosen = selected.value;
  const content = (
    <>
      <span class="name">
        {chosen ? (
          <input
            type="checkbox"
            id={`choose-${devEui}`}
            checked={chosen.has(devEui)}
            onChange={() => {
              const next = new Set(chosen);
              if (!next.delete(devEui)) next.add(devEui);
              selected.value = next;
            }}
          />
        ) : null}
        {name}
        {area === undefined ? null : <span class="quiet"> · {area}</span>}
      </span>
      <span class="flags">
        {FLAGS.filter((flag) => list.includes(flag)).map((flag) => (
          <span key={flag} class={isAlarm(flag) ? 'word amiss' : 'word'}>
            {isAlarm(flag) ? <StateIcon mark="degraded" /> : null}
            {flag === 'refused' && refusal ? refusalWords(refusal.reason) : t(`flag.${flag}`)}
          </span>
        ))}
      </span>
      <Main device={device.value} />
      <Age device={device.value} />
      <Margin device={device.value} />
    </>
  );
  const look = `device ${isOld ? 'stale' : ''}`;
  if (chosen)
    return (
      <label class={look} for={`choose-${devEui}`}>
        {content}
      </label>
    );
  return (
    <a class={look} href={hrefOf('device', devEui)}>
      {content}
    </a>
  );
}

function Main({ device }: { device: DeviceView }): JSX.Element {
  const main = mainField(device);
  if (!main) {
    const bytes = device.last?.data ?? '';
    return (
      <span class="main-value">
        <span class="quiet">{bytes === '' ? t('devices.silent') : t('devices.raw')}</span>{' '}
        <span class="mono">{bytes}</span>
      </span>
    );
  }
  const bar = rangeBar(device, main.key);
  return (
    <span class="main-value">
      <span class="quiet label">{main.label}</span>
      <span class={main.beyond ? 'amiss value-of' : 'value-of'}>
        <Figure {...main} />
        {main.beyond ? <Side side={main.beyond.side} /> : null}
      </span>
      {bar ? <RangeBar bar={bar} /> : null}
    </span>
  );
}

function Side({ side }: { side: 'low' | 'high' }): JSX.Element {
  return (
    <>
      <span aria-hidden="true">{side === 'high' ? ' ↑' : ' ↓'}</span>
      <span class="spoken">{t(`devices.${side}`)}</span>
    </>
  );
}

/** How old it is, and how often it comes: only both together say whether it is late. */
function Age({
  device: { last, lastSeen, expectedIntervalSeconds, usualIntervalSeconds },
}: {
  device: DeviceView;
}): JSX.Element {
  const time = last?.time ?? lastSeen;
  const seconds = expectedIntervalSeconds ?? usualIntervalSeconds;
  return (
    <span class="age">
      {time ? <Ago time={time} /> : null}
      {last?.timeQuality === undefined ? null : (
        <span class="quiet number">{t(`time.${last.timeQuality}`)}</span>
      )}
      {seconds === null ? null : (
        <span class="quiet number">
          <span class="wide">{t('devices.every', { time: duration(seconds * 1000) })}</span>
          <span class="slim" aria-hidden="true">
            {t('devices.everyShort', { time: duration(seconds * 1000) })}
          </span>
        </span>
      )}
    </span>
  );
}

function Margin({ device }: { device: DeviceView }): JSX.Element {
  const margin = marginOf(device);
  return (
    <span class="margin">
      {margin === undefined ? null : (
        <>
          <SignalIcon bars={marginBars(margin)} />
          <span class="number">
            <span class="wide">{t('signal.margin', { margin: decibel(margin) })}</span>
            <span class="slim" aria-hidden="true">
              {t('signal.decibels', { margin: decibel(margin) })}
            </span>
          </span>
        </>
      )}
    </span>
  );
}

export type Recent = NonNullable<DeviceView['recent']>;

/** The newest values of a field, for its line. */
export function points(name: string, recent: Recent): Point[] {
  return recent.flatMap(({ time, fields }) => {
    const value: ReadingView['fields'][string] | undefined = fields[name];
    return typeof value === 'number' ? [{ timeMs: Date.parse(time), value }] : [];
  });
}
