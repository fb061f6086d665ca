/**
 * One field of a history drawn by uPlot; loaded when a device's page is opened. The band is minimum to maximum of each
 * bucket, the line its mean. What hands, mouse and wheel ask for comes back as a range.
 */
import uPlot from 'uplot';
import { dayOf, timeOfDay } from './dates.ts';
import { type Columns, DASHES, heightOf, type Mark, type Range, zoomed } from './history-data.ts';

export interface ChartOptions {
  readonly label: string;
  /** Names of other devices whose mean is drawn as well. */
  readonly companions: readonly string[];
  /** Of a value, with its unit. */
  readonly words: (value: number) => string;
  /** What the height spans at least. */
  readonly leastSpan: number;
  readonly zone: string;
  readonly nowMs: () => number;
  /** Somebody wants to see another range; `isOver` when the hand has let go. */
  readonly onRange: (range: Range, isOver: boolean) => void;
  /** The moment and value under the pointer, in words; '' for none. */
  readonly onPoint: (words: string) => void;
}

/** `companions`: of the devices named, in that order. */
export interface ChartContent {
  readonly columns: Columns;
  readonly companions: readonly Columns[];
  readonly marks: readonly Mark[];
}

export interface Chart {
  show(content: ChartContent, range: Range): void;
  /** Draws it at once without new values, while a hand is moving. */
  look(range: Range): void;
  canvas(): HTMLCanvasElement;
  destroy(): void;
}

const HEIGHT = 200;
const DAY_S = 86_400;
/** Zoom of one notch of a wheel. */
const NOTCH = 1.25;
/** Series before those of other devices: time, highest, lowest, mean. */
const OWN = 4;

export function createChart(target: HTMLElement, options: ChartOptions): Chart {
  let shown: ChartContent = {
    ...{ columns: { times: [], min: [], mean: [], max: [], isRaw: true }, companions: [], marks: [] },
  };
  let range: Range = { fromMs: 0, toMs: 1 };
  const plot = new uPlot(
    plotOptions(target, options, () => shown),
    [[], [], [], [], ...options.companions.map(() => [])],
    target,
  );
  const width = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height: HEIGHT }));
  width.observe(target);
  listenToHands(plot, options, () => range);
  const look = (next: Range): void => {
    range = next;
    plot.setScale('x', { min: next.fromMs / 1_000, max: next.toMs / 1_000 });
  };
  return {
    show(content, next) {
      shown = content;
      plot.setData(alignedOf(content), false);
      look(next);
    },
    look,
    canvas: () => plot.ctx.canvas,
    destroy() {
      width.disconnect();
      plot.destroy();
    },
  };
}

/** On one row of times; where another device has a value and this one none, its line goes on. */
function alignedOf({ columns, companions }: ChartContent): uPlot.AlignedData {
  const own: uPlot.AlignedData = [columns.times, columns.max, columns.min, columns.mean];
  if (companions.length === 0) return own;
  return uPlot.join([own, ...companions.map(({ times, mean }): uPlot.AlignedData => [times, mean])]);
}

function plotOptions(target: HTMLElement, options: ChartOptions, shown: () => ChartContent): uPlot.Options {
  const { zone, onPoint, onRange, leastSpan } = options;
  const style = getComputedStyle(target);
  const [ink, line, trace, bad] = ['--quiet', '--line', '--wait', '--down'].map((name) =>
    style.getPropertyValue(name).trim(),
  );
  const axis = {
    stroke: ink ?? '',
    grid: { stroke: line ?? '', width: 1 },
    ticks: { stroke: line ?? '', width: 1 },
  };
  const edge = { stroke: 'transparent', points: { show: false } };
  return {
    ...{ width: Math.max(100, target.clientWidth), height: HEIGHT, legend: { show: false } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, sync: { key: 'history' } },
    scales: {
      y: {
        range: (_, low, high) => (low === null || high === null ? [0, 1] : heightOf(low, high, leastSpan)),
      },
    },
    axes: [
      {
        ...axis,
        values: (_, splits, __, ___, step) => splits.map((at, i) => timeLabel(at, splits[i - 1], step, zone)),
      },
      { ...axis, size: 64 },
    ],
    series: [
      {},
      edge,
      edge,
      {
        ...{ label: options.label, stroke: trace ?? '', width: 2 },
        points: {
          ...{ size: 5, fill: trace ?? '' },
          show: (_, __, from, to) => shown().columns.isRaw && to - from < 120,
        },
      },
      ...options.companions.map(
        (label, index): uPlot.Series => ({
          ...{ label, stroke: ink ?? '', width: 2, dash: [...(DASHES[index % DASHES.length] ?? [])] },
          points: { show: false },
        }),
      ),
    ],
    bands: [{ series: [1, 2], fill: `color-mix(in srgb, ${trace} 25%, transparent)` }],
    hooks: {
      setSelect: [
        ({ select, posToVal }) => {
          if (select.width < 8) return;
          const [from, to] = [posToVal(select.left, 'x'), posToVal(select.left + select.width, 'x')];
          onRange({ fromMs: from * 1_000, toMs: to * 1_000 }, true);
        },
      ],
      setCursor: [(plot) => onPoint(pointWords(plot, options))],
      draw: [(plot) => drawMarks(plot, shown().marks, { ink: ink ?? '', bad: bad ?? '' })],
    },
  };
}

function timeLabel(at: number, before: number | undefined, step: number, zone: string): string {
  const day = dayOf(at * 1_000, zone).slice(0, 5);
  if (step >= DAY_S) return day;
  const time = timeOfDay(at * 1_000, zone);
  const words = step < 60 ? time : time.slice(0, 5);
  const isNewDay = before !== undefined && dayOf(before * 1_000, zone) !== dayOf(at * 1_000, zone);
  return isNewDay ? `${words}\n${day}` : words;
}

function pointWords({ data, cursor: { idx } }: uPlot, { words, zone, companions }: ChartOptions): string {
  if (idx == null) return '';
  const at = (series: number): number | null => data[series]?.[idx] ?? null;
  const [max, min, mean] = [at(1), at(2), at(3)];
  const spread = (value: number) => (min === max ? '' : ` (${words(min ?? value)} – ${words(max ?? value)})`);
  const values = [
    ...(mean === null ? [] : [`${words(mean)}${spread(mean)}`]),
    ...companions.flatMap((name, index) => {
      const value = at(OWN + index);
      return value === null ? [] : [`${name} ${words(value)}`];
    }),
  ];
  if (values.length === 0) return '';
  const timeMs = (data[0][idx] ?? 0) * 1_000;
  return `${dayOf(timeMs, zone)} ${timeOfDay(timeMs, zone)}  ${values.join(' · ')}`;
}

/** At the head a bar for as long as an alarm lasted; at the foot one under readings that came late or were dated afterwards, a wedge for a downlink, a dot for a join. */
function drawMarks(plot: uPlot, marks: readonly Mark[], { ink, bad }: { ink: string; bad: string }): void {
  const { ctx: pen, bbox } = plot;
  const px = devicePixelRatio;
  const floor = bbox.top + bbox.height;
  pen.save();
  pen.beginPath();
  pen.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  pen.clip();
  for (const { kind, fromMs, toMs, isBad } of marks) {
    const [left, right] = [fromMs, toMs].map((timeMs) => plot.valToPos(timeMs / 1_000, 'x', true));
    if (left === undefined || right === undefined) continue;
    pen.fillStyle = isBad ? bad : ink;
    pen.beginPath();
    if (kind === 'alarm') pen.rect(left - px, bbox.top, right - left + 2 * px, 5 * px);
    else if (kind === 'late' || kind === 'redated')
      pen.rect(left - 2 * px, floor - 4 * px, right - left + 4 * px, 4 * px);
    else if (kind === 'join') pen.arc(left, floor - 6 * px, 4 * px, 0, 2 * Math.PI);
    else {
      pen.moveTo(left, floor);
      pen.lineTo(left - 5 * px, floor - 10 * px);
      pen.lineTo(left + 5 * px, floor - 10 * px);
    }
    pen.fill();
  }
  pen.restore();
}

/** Wheel, one finger to move, two to zoom; uPlot itself sees to the mouse. */
function listenToHands(plot: uPlot, { onRange, nowMs }: ChartOptions, current: () => Range): void {
  const { over } = plot;
  const atX = (x: number): number => {
    const { left, width } = over.getBoundingClientRect();
    const { fromMs, toMs } = current();
    return fromMs + ((x - left) / Math.max(1, width)) * (toMs - fromMs);
  };
  // With the chart in use, or Ctrl (which a touchpad's pinch sends); else the page scrolls.
  over.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !over.closest('[tabindex]')?.contains(document.activeElement)) return;
      event.preventDefault();
      onRange(zoomed(current(), event.deltaY > 0 ? NOTCH : 1 / NOTCH, atX(event.clientX), nowMs()), true);
    },
    { passive: false },
  );
  const fingers = new Map<number, number>();
  over.addEventListener('pointerdown', ({ pointerType, pointerId, clientX }) => {
    if (pointerType === 'touch') fingers.set(pointerId, clientX);
  });
  over.addEventListener('pointermove', ({ pointerId, clientX }) => {
    const beforeX = fingers.get(pointerId);
    if (beforeX === undefined) return;
    const otherX = [...fingers].find(([id]) => id !== pointerId)?.[1];
    fingers.set(pointerId, clientX);
    const { fromMs, toMs } = current();
    if (otherX === undefined) {
      const byMs = atX(beforeX) - atX(clientX);
      const most = Math.max(0, nowMs() - toMs);
      const by = Math.min(byMs, most);
      return onRange({ fromMs: fromMs + by, toMs: toMs + by }, false);
    }
    const [before, now] = [Math.abs(beforeX - otherX), Math.abs(clientX - otherX)];
    if (before > 10 && now > 10) onRange(zoomed({ fromMs, toMs }, before / now, atX(otherX), nowMs()), false);
  });
  const lift = ({ pointerId }: PointerEvent): void => {
    if (fingers.delete(pointerId) && fingers.size === 0) onRange(current(), true);
  };
  over.addEventListener('pointerup', lift);
  over.addEventListener('pointercancel', lift);
}
