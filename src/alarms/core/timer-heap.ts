/**
 * What is due when: a binary heap, so that looking costs nothing while nothing is due. At most one timer a key; in the order of their
 * times and, of one time, of their keys, so that the same timers always go off in the same order. Pure.
 */

interface Timer {
  readonly dueMs: number;
  readonly key: string;
}

export interface TimerHeap {
  /** Sets, or moves, the timer of `key`. */
  set(key: string, dueMs: number): void;
  drop(key: string): void;
  /** undefined where there is none. */
  dueMs(key: string): number | undefined;
  /** Of the first. */
  nextMs(): number;
  /** Takes the first out if it is due. */
  take(nowMs: number): Timer | undefined;
  clear(): void;
  size(): number;
}

export function createTimerHeap(): TimerHeap {
  const heap: Timer[] = [];
  /** The one of each key that counts; others of it in the heap are passed over. */
  const valid = new Map<string, Timer>();

  function dropStale(): void {
    while (heap[0] && valid.get(heap[0].key) !== heap[0]) pop(heap);
    // Moved and dropped ones must not fill memory before their time comes.
    if (heap.length > 64 && heap.length > 2 * valid.size) {
      heap.length = 0;
      for (const timer of valid.values()) push(heap, timer);
    }
  }

  return {
    set(key, dueMs) {
      if (valid.get(key)?.dueMs === dueMs) return;
      const timer = { dueMs, key };
      valid.set(key, timer);
      push(heap, timer);
      dropStale();
    },
    drop(key) {
      if (valid.delete(key)) dropStale();
    },
    dueMs: (key) => valid.get(key)?.dueMs,
    nextMs: () => heap[0]?.dueMs ?? Number.POSITIVE_INFINITY,
    take(nowMs) {
      const first = heap[0];
      if (!first || first.dueMs > nowMs) return undefined;
      pop(heap);
      valid.delete(first.key);
      dropStale();
      return first;
    },
    clear() {
      heap.length = 0;
      valid.clear();
    },
    size: () => valid.size,
  };
}

function isBefore(a: Timer | undefined, b: Timer | undefined): boolean {
  if (!a || !b) return a !== undefined;
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.key < b.key);
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  heap[0] = last;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    let first = at;
    if (isBefore(heap[left], heap[first])) first = left;
    if (isBefore(heap[left + 1], heap[first])) first = left + 1;
    if (first === at) return;
    swap(heap, at, first);
    at = first;
  }
}

function swap(heap: Timer[], a: number, b: number): void {
  const [one, other] = [heap[a], heap[b]];
  if (one && other) [heap[a], heap[b]] = [other, one];
}
