/** One field's chart with the value under the pointer in words, and the same as a table; uPlot comes when the first is shown. */
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { DeviceView } from '../shapes/devices.ts';
import type { HistoryView } from '../shapes/history.ts';
import { wholeTime } from './dates.ts';
import { figureOf, shownField, unitOfField } from './fields.ts';

import type { Chart, ChartOptions } from './history-chart.ts';
import { columnsOf, DASHES, marksOf, rowsOf } from './history-data.ts';
import type { HistoryState } from './history-state.ts';
import { boxNowMs } from './screen-clock.ts';
import { siteZone } from './site.ts';
import { leastSpan } from './sparkline.tsx';
import { t } from './texts.ts';

/** Rows of the table; the files have all. */
const ROWS = 200;

type Item = HistoryView['items'][number];

interface FieldChartProps {
  readonly item: Item;
  readonly device: DeviceView;
  readonly view: HistoryState;
  /** The same field of other devices. */
  readonly companions: readonly { readonly device: DeviceView; readonly item: Item }[];
}

/** Drawn anew with other companions: give it a key that names them. */
export function FieldChart({ item, device, view, companions }: FieldChartProps): JSX.Element {
  const target = useRef<HTMLDivElement>(null);
  const chart = useSignal<Chart | undefined>(undefined);
  const point = useSignal('');
  const failed = useSignal(false);
  const { field, points } = item;
  const { fields: displays } = device;
  const unit = unitOfField(field, displays);
  const words = (value: number): string => `${figureOf(field, value, displays)} ${unit ?? ''}`.trim();
  const { label } = shownField(field, 0, displays, [field]);
  useEffect(() => {
    const options = {
      ...{ label, words, zone: siteZone.peek(), nowMs: () => boxNowMs.peek() },
      companions: companions.map((one) => one.device.name),
      leastSpan: leastSpan(
        points.map(({ mean }) => mean),
        unit,
      ),
      onPoint: (text: string) => {
        point.value = text;
      },
      onRange: (next: Parameters<HistoryState['choose']>[0]) => view.choose(next),
    };
    return drawInto(target.current, options, chart, failed);
  }, []);
  const found = view.found.value;
  const bucketMs = (found?.bucketSeconds ?? 0) * 1_000;
  useEffect(() => {
    const columns = ({ points: some }: Item, of: DeviceView) => columnsOf(some, bucketMs, intervalMsOf(of));
    const content = {
      columns: columns(item, device),
      companions: companions.map((one) => columns(one.item, one.device)),
      marks: marksOf(found ?? {}),
    };
    chart.value?.show(content, view.range.peek());
  }, [chart.value, found, view.beside.value]);
  // What is drawn moves with the hand; its values follow.
  useSignalEffect(() => chart.value?.look(view.range.value));
  return (
    <figure class="card chart">
      <figcaption>
        <strong>{label}</strong> <span class="quiet">{unit}</span>
        <output class="number">{point}</output>
      </figcaption>
      {failed.value ? <p class="detail">{t('history.failed')}</p> : null}
      <div class="plot" ref={target} />
      <Legend names={companions.map((one) => one.device.name)} />
      <Table item={item} words={words} />
    </figure>
  );
}

function intervalMsOf({ expectedIntervalSeconds, usualIntervalSeconds }: DeviceView): number | undefined {
  const seconds = expectedIntervalSeconds ?? usualIntervalSeconds ?? undefined;
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** Which line is whose, where there are several. */
function Legend({ names }: { names: readonly string[] }): JSX.Element | null {
  if (names.length === 0) return null;
  return (
    <ul class="legend">
      {names.map((name, index) => (
        <li key={name}>
          <svg width="40" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="40" y2="4" stroke-dasharray={DASHES[index % DASHES.length]?.join(' ')} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

/** Draws once uPlot is there; the result takes it away again. */
function drawInto(
  element: HTMLElement | null,
  options: ChartOptions,
  chart: { value: Chart | undefined },
  failed: { value: boolean },
): () => void {
  let isGone = false;
  import('./history-chart.ts').then(
    ({ createChart }) => {
      if (element && !isGone) chart.value = createChart(element, options);
    },
    () => {
      // A page of the version before an upgrade finds its pieces no more.
      failed.value = true;
    },
  );
  return () => {
    isGone = true;
    chart.value?.destroy();
  };
}

function Table({
  item,
  words,
}: Pick<FieldChartProps, 'item'> & { words: (value: number) => string }): JSX.Element {
  const isOpen = useSignal(false);
  const zone = useComputed(() => siteZone.value);
  return (
    <details
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary>{t('history.table')}</summary>
      {isOpen.value ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        <section class="scroller" tabIndex={0} aria-label={t('history.table')}>
          <table>
            <thead>
              <tr>
                {(['time', 'low', 'mean', 'high', 'count'] as const).map((name) => (
                  <th key={name} scope="col">
                    {t(`history.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rowsOf(item.points, ROWS).map(({ timeMs, count, min, mean, max }) => (
                <tr key={timeMs}>
                  <td>{wholeTime(timeMs, zone.value)}</td>
                  <td class="number">{words(min)}</td>
                  <td class="number">{words(mean)}</td>
                  <td class="number">{words(max)}</td>
                  <td class="number">{count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </details>
  );
}

/** All charts below each other as one picture, white behind them. */
export function savePictures(charts: HTMLElement | null, name: string): void {
  const figures = [...(charts?.querySelectorAll<HTMLElement>('figure') ?? [])];
  const canvases = figures.map((figure) => figure.querySelector('canvas'));
  const head = 28 * devicePixelRatio;
  const picture = document.createElement('canvas');
  picture.width = Math.max(1, ...canvases.map((canvas) => canvas?.width ?? 0));
  picture.height = canvases.reduce((sum, canvas) => sum + (canvas?.height ?? 0) + head, 0);
  const pen = picture.getContext('2d');
  if (!pen || figures.length === 0) return;
  const style = getComputedStyle(figures[0] ?? picture);
  pen.fillStyle = style.backgroundColor;
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.fillStyle = style.color;
  pen.font = `${16 * devicePixelRatio}px sans-serif`;
  let y = 0;
  for (const [index, canvas] of canvases.entries()) {
    const label = figures[index]?.querySelector('strong')?.textContent ?? '';
    pen.fillText(`${name} · ${label}`, 8 * devicePixelRatio, y + 0.75 * head);
    if (canvas) pen.drawImage(canvas, 0, y + head);
    y += (canvas?.height ?? 0) + head;
  }
  picture.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = `${name.replace(/[^\w-]+/g, '_')}.png`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
