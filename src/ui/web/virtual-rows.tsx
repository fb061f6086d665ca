/**
 * A list of which only the rows in sight are drawn, so that thousands are no more work than a screenful. The page itself
 * scrolls. The row that has the keyboard stays drawn wherever it is; for a print all are drawn.
 */
import { signal, useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { elapsedMs } from './screen-clock.ts';

/** Rows drawn beyond each edge: where Tab goes next is there before it scrolls. */
const BEYOND = 8;
/** The window moves in steps of so many rows, not with each pixel. */
const STEP = 4;

/** Whether the pages are being printed. */
const isPrinting = signal(false);
if (typeof window !== 'undefined') {
  window.addEventListener('beforeprint', () => {
    isPrinting.value = true;
  });
  window.addEventListener('afterprint', () => {
    isPrinting.value = false;
  });
}

/** When a list was scrolled or touched last, by elapsedMs(). */
let touchedMs = Number.NEGATIVE_INFINITY;

/** Whether somebody touched or scrolled a list within `ms`, or has the keyboard in it: then its rows had better stay where they are. */
export function isInUse(ms: number): boolean {
  return elapsedMs() - touchedMs < ms || document.activeElement?.closest('.virtual') != null;
}

interface VirtualRowsProps<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly draw: (item: T) => ComponentChildren;
  /** Height of a row in rem: text twice as large makes rows twice as high. */
  readonly rowRem: number;
  readonly label: string;
}

interface Range {
  readonly first: number;
  /** Not included. */
  readonly end: number;
}

export function VirtualRows<T>({ items, keyOf, draw, rowRem, label }: VirtualRowsProps<T>): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const range = useSignal<Range>({ first: 0, end: 24 });
  const focused = useSignal<string | undefined>(undefined);
  useEffect(() => follow(list.current, rowRem, range), [rowRem]);
  const isPrint = isPrinting.value;
  const own = focused.value;
  const index = own === undefined ? -1 : items.findIndex((item) => keyOf(item) === own);
  const drawn = rowsDrawn(items.length, isPrint ? { first: 0, end: items.length } : range.value, index);
  return (
    <ul
      ref={list}
      class={isPrint ? 'virtual printed' : 'virtual'}
      aria-label={label}
      style={{ height: isPrint ? 'auto' : `${items.length * rowRem}rem` }}
      onFocusIn={(event) => {
        focused.value = (event.target as Element).closest('li')?.dataset.key;
      }}
      onFocusOut={() => {
        focused.value = undefined;
      }}
    >
      {drawn.map((n) => {
        const item = items[n];
        return item === undefined ? null : (
          <li
            key={keyOf(item)}
            data-key={keyOf(item)}
            style={{ top: `${n * rowRem}rem`, height: `${rowRem}rem` }}
            aria-setsize={items.length}
            aria-posinset={n + 1}
          >
            {draw(item)}
          </li>
        );
      })}
    </ul>
  );
}

/** Those in sight, and those about the one that has the keyboard: where it goes next is there however far it was scrolled away. */
function rowsDrawn(count: number, { first, end }: Range, focused: number): readonly number[] {
  const drawn = new Set<number>();
  const add = (from: number, to: number): void => {
    for (let n = Math.max(0, from); n < Math.min(count, to); n += 1) drawn.add(n);
  };
  add(first, end);
  if (focused >= 0) add(focused - BEYOND, focused + BEYOND + 1);
  return [...drawn].sort((a, b) => a - b);
}

/** Keeps `range` to what is in sight; the result ends that. */
function follow(
  list: HTMLUListElement | null,
  rowRem: number,
  range: { value: Range; peek(): Range },
): (() => void) | undefined {
  if (!list) return undefined;
  const look = (): void => {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const rowPx = rowRem * rem;
    const { top } = list.getBoundingClientRect();
    const first = Math.max(0, Math.floor(-top / rowPx / STEP) * STEP - BEYOND);
    const end = Math.max(0, Math.ceil((innerHeight - top) / rowPx / STEP) * STEP) + BEYOND;
    const before = range.peek();
    if (before.first !== first || before.end !== end) range.value = { first, end };
  };
  const noteTouch = (): void => {
    touchedMs = elapsedMs();
  };
  const scrolled = (): void => {
    noteTouch();
    look();
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(list);
  sizes.observe(document.documentElement);
  addEventListener('scroll', scrolled, { passive: true });
  list.addEventListener('pointerdown', noteTouch, { passive: true });
  look();
  return () => {
    sizes.disconnect();
    removeEventListener('scroll', scrolled);
    list.removeEventListener('pointerdown', noteTouch);
  };
}
