/** What a device has measured, as charts to look into: ranges, fields, zoom by hand, keyboard or button, a table, files. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { DeviceView } from '../shapes/devices.ts';
import type { HistoryView } from '../shapes/history.ts';
import { mayOperate } from './access.ts';
import { Empty, Refused, Section } from './components.tsx';
import { isHidden } from './fields.ts';
import { duration } from './format.ts';
import { Marks, Others } from './history-beside.tsx';
import { marksOf, type Range, SPANS } from './history-data.ts';
import { FieldChart, savePictures } from './history-field.tsx';
import { type HistoryState, rangeOfKey, useHistory } from './history-state.ts';
import { boxNowMs } from './screen-clock.ts';
import { devices } from './site.ts';
import { t } from './texts.ts';

/** Fields that are shown before somebody chooses. */
const FIRST_FIELDS = 2;

interface HistoryProps {
  readonly device: DeviceView;
  /** Changes with each reading. */
  readonly newest: ReadonlySignal<string | undefined>;
}

export function History({ device, newest }: HistoryProps): JSX.Element {
  const view = useHistory(device.devEui, newest);
  const { range, found, refusal } = view;
  const chosen = useSignal<readonly string[] | undefined>(undefined);
  const charts = useRef<HTMLElement>(null);
  const fields = (found.value?.items ?? []).map(({ field }) => field);
  const names = fields.filter((name) => !isHidden(name, device.fields));
  const selected = (chosen.value ?? names.slice(0, FIRST_FIELDS)).filter((name) => fields.includes(name));
  const items = (found.value?.items ?? []).filter(({ field }) => selected.includes(field));
  return (
    <Section id="history" title={t('history.title')}>
      <Spans range={range.value} choose={view.choose} />
      <Fields names={names} selected={selected} choose={(list) => (chosen.value = list)} />
      <section
        class="charts"
        ref={charts}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
        tabIndex={0}
        aria-label={t('history.keys')}
        onKeyDown={(event) => {
          const next = event.target === event.currentTarget && rangeOfKey(event.key, range.value);
          if (!next) return;
          event.preventDefault();
          view.choose(next);
        }}
      >
        {items.map((item) => {
          const companions = companionsOf(item.field, view);
          return (
            <FieldChart
              key={[item.field, ...companions.map((one) => one.device.devEui)].join()}
              {...{ item, device, view, companions }}
            />
          );
        })}
        {found.value && items.length === 0 ? <Empty hint={t('history.none')} /> : null}
      </section>
      <Tools range={range.value} choose={view.choose} />
      <Others devEui={device.devEui} others={view.others} />
      <Marks marks={marksOf(found.value ?? {})} />
      <p class="detail">{found.value ? sourceWords(found.value) : t('page.loading')}</p>
      <Refused refusal={refusal.value} />
      <Files
        devEui={device.devEui}
        range={range.value}
        savePicture={() => savePictures(charts.current, device.name)}
      />
    </Section>
  );
}

/** Of the other devices on the sheet, those that measure the same. */
function companionsOf(field: string, { beside }: HistoryState) {
  return devices.value.flatMap(({ value: device }) => {
    const item = beside.value.get(device.devEui)?.items.find((one) => one.field === field);
    return item ? [{ device, item }] : [];
  });
}

interface Choosing {
  readonly range: Range;
  readonly choose: (range: Range) => void;
}

/** How far back, from now. */
function Spans({ range, choose }: Choosing): JSX.Element {
  const length = range.toMs - range.fromMs;
  return (
    <fieldset class="tools" aria-label={t('history.span')}>
      {SPANS.map(([name, ms]) => (
        <button
          key={name}
          type="button"
          class="toggle"
          aria-pressed={Math.abs(length - ms) < 1_000}
          onClick={() => choose({ fromMs: boxNowMs.peek() - ms, toMs: boxNowMs.peek() })}
        >
          {t(`history.span.${name}`)}
        </button>
      ))}
    </fieldset>
  );
}

/** The same as the keys do, for fingers. */
function Tools({ range, choose }: Choosing): JSX.Element {
  const keys = [
    ['ArrowLeft', '◀', t('history.earlier')],
    ['ArrowRight', '▶', t('history.later')],
    ['+', '+', t('history.nearer')],
    ['-', '−', t('history.farther')],
    ['End', '▶|', t('history.now')],
  ] as const;
  return (
    <fieldset class="tools" aria-label={t('history.move')}>
      {keys.map(([key, sign, words]) => (
        <button
          key={key}
          type="button"
          class="toggle"
          aria-label={words}
          title={words}
          onClick={() => {
            const next = rangeOfKey(key, range);
            if (next) choose(next);
          }}
        >
          {sign}
        </button>
      ))}
    </fieldset>
  );
}

interface FieldsProps {
  readonly names: readonly string[];
  readonly selected: readonly string[];
  readonly choose: (names: readonly string[]) => void;
}

function Fields({ names, selected, choose }: FieldsProps): JSX.Element | null {
  if (names.length < 2) return null;
  return (
    <fieldset class="tools" aria-label={t('history.fields')}>
      {names.map((name) => {
        const isOn = selected.includes(name);
        return (
          <button
            key={name}
            type="button"
            class="toggle"
            aria-pressed={isOn}
            onClick={() => choose(isOn ? selected.filter((one) => one !== name) : [...selected, name])}
          >
            {name.replaceAll('_', ' ')}
          </button>
        );
      })}
    </fieldset>
  );
}

function sourceWords({ source, bucketSeconds, behind, moreFields, items }: HistoryView): string {
  const isRaw = items.every(({ points }) => points.every(({ count }) => count <= 1));
  const words = isRaw
    ? t('history.raw')
    : t(source === 'hours' ? 'history.hours' : 'history.buckets', { time: duration(bucketSeconds * 1_000) });
  const more = moreFields.length > 0 ? t('history.moreFields', { names: moreFields.join(', ') }) : '';
  return [words, behind > 0 ? t('history.behind', { count: behind }) : '', more]
    .filter((one) => one !== '')
    .join(' ');
}

function Files(props: {
  readonly devEui: string;
  readonly range: Range;
  readonly savePicture: () => void;
}): JSX.Element {
  const { devEui, range, savePicture } = props;
  const from = new Date(range.fromMs).toISOString();
  const to = new Date(range.toMs).toISOString();
  const href = (format: string) =>
    `/api/v1/devices/${encodeURIComponent(devEui)}/readings/export?from=${from}&to=${to}&format=${format}`;
  return (
    <div class="tools">
      {mayOperate.value ? (
        <>
          <a class="toggle" href={href('csv')} download>
            {t('history.csv')}
          </a>
          <a class="toggle" href={href('ndjson')} download>
            {t('history.ndjson')}
          </a>
        </>
      ) : null}
      <button type="button" class="toggle" onClick={savePicture}>
        {t('history.png')}
      </button>
    </div>
  );
}
