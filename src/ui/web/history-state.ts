/** The history that a device's page looks at: its range, how keys and buttons move it, and what the box gives of it. */
import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { HistoryView } from '../shapes/history.ts';
import { api, ask, type Refusal } from './call.ts';
import { DAY_MS, follows, moved, type Range, zoomed } from './history-data.ts';
import { after, boxNowMs, elapsedMs } from './screen-clock.ts';

/** Points of a chart: about one for two pixels of a wide one. */
const BUCKETS = 500;
/** A touch is answered at once; while a hand goes on zooming or moving the box is asked when it rests for so long. */
const REST_MS = 150;
/** New readings are shown at most so often. */
const FOLLOW_MS = 5_000;
const MOVE = 0.25;
const NEARER = 0.5;

export interface HistoryState {
  readonly range: Signal<Range>;
  readonly found: Signal<HistoryView | undefined>;
  readonly refusal: Signal<Refusal | undefined>;
  /** DevEUIs of other devices on the same sheet, and what the box gave of them. */
  readonly others: Signal<readonly string[]>;
  readonly beside: Signal<ReadonlyMap<string, HistoryView>>;
  /** Shows another range; what is drawn moves at once, values follow. */
  readonly choose: (range: Range) => void;
}

/** The history in the range that is looked at; goes on with new readings where that ends now. */
export function useHistory(devEui: string, newest: ReadonlySignal<string | undefined>): HistoryState {
  const range = useSignal<Range>({ fromMs: boxNowMs.peek() - DAY_MS, toMs: boxNowMs.peek() });
  const found = useSignal<HistoryView | undefined>(undefined);
  const refusal = useSignal<Refusal | undefined>(undefined);
  const others = useSignal<readonly string[]>([]);
  const beside = useSignal<ReadonlyMap<string, HistoryView>>(new Map());
  const asked = useRef(0);
  const changedMs = useRef(Number.NEGATIVE_INFINITY);
  const load = async ({ fromMs, toMs }: Range): Promise<void> => {
    asked.current += 1;
    const mine = asked.current;
    const query = {
      ...{ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
      buckets: String(BUCKETS),
    };
    const history = (of: string) =>
      ask(api.devices[':devEui'].history.$get({ param: { devEui: of }, query }));
    const [own, ...answers] = await Promise.all([devEui, ...others.peek()].map(history));
    if (mine !== asked.current || !own) return;
    refusal.value = own.refusal ?? answers.find((answer) => answer.refusal)?.refusal;
    if (own.value) found.value = own.value;
    beside.value = new Map(
      others.peek().flatMap((other, index) => {
        const view = answers[index]?.value;
        return view ? [[other, view] as const] : [];
      }),
    );
  };
  useSignalEffect(() => {
    const wanted = range.value;
    void others.value;
    const nowMs = elapsedMs();
    const isGoingOn = nowMs - changedMs.current < REST_MS;
    changedMs.current = nowMs;
    return after(isGoingOn ? REST_MS : 0, () => void load(wanted));
  });
  useSignalEffect(() => {
    void newest.value;
    if (!found.peek()) return undefined;
    return after(FOLLOW_MS, () => {
      const { fromMs, toMs } = range.peek();
      const byMs = boxNowMs.peek() - toMs;
      if (follows(range.peek(), boxNowMs.peek() - FOLLOW_MS))
        range.value = { fromMs: fromMs + byMs, toMs: toMs + byMs };
    });
  });
  return {
    ...{ range, found, refusal, others, beside },
    choose: (next) => {
      range.value = next;
    },
  };
}

/** Undefined for a key that is none of its. */
export function rangeOfKey(key: string, range: Range): Range | undefined {
  const nowMs = boxNowMs.peek();
  const { fromMs, toMs } = range;
  const middleMs = (fromMs + toMs) / 2;
  switch (key) {
    case 'ArrowLeft':
      return moved(range, -MOVE, nowMs);
    case 'ArrowRight':
      return moved(range, MOVE, nowMs);
    case '+':
    case '=':
      return zoomed(range, NEARER, middleMs, nowMs);
    case '-':
      return zoomed(range, 1 / NEARER, middleMs, nowMs);
    case 'End':
      return { fromMs: nowMs - (toMs - fromMs), toMs: nowMs };
    default:
      return undefined;
  }
}
