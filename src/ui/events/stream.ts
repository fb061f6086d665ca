/** One open stream: a place in the log, and what it is yet to be told beside new records. */
import type { SSEMessage } from 'hono/streaming';
import type { Clock } from '../../model/world.ts';
import type { Caller } from '../access/access-rule.ts';
import { iso } from '../shapes/views.ts';
import type { Batches } from './batches.ts';
import type { Topic, Topics } from './topics.ts';

/** Who opened a stream. */
export interface Viewer {
  readonly caller: Caller;
  /** Whether they may still see it. */
  readonly lasts: () => boolean;
  /** Ends the connection at once. */
  readonly cut: () => void;
}

/** The connection, as Hono's `streamSSE` hands it out. */
export interface EventSink {
  /** Resolves when the connection has taken it. */
  writeSSE(message: SSEMessage): Promise<unknown>;
}

/** What a message may be about, beside new records. */
export type Due = Topic | 'devices' | 'beat';

export interface Stream {
  readonly viewer: Viewer;
  /** seq of the last record sent. */
  seq(): number;
  /** Since when a message waits for the connection, monotonic; undefined while none does. */
  writingMs(): number | undefined;
  tell(due: readonly Due[]): void;
  /** Looks for something new to send. */
  wake(): void;
  end(): void;
  /** Writes to `sink` until the end. */
  serve(sink: EventSink): Promise<void>;
}

export interface StreamOptions {
  readonly viewer: Viewer;
  /** Whether it is told of nothing but what is in `batches`. */
  readonly isBare: boolean;
  /** seq of the last record seen. */
  readonly seq: number;
  /** Messages that come before all others. */
  readonly first: readonly SSEMessage[];
  readonly topics: Topics;
  readonly batches: Batches;
  readonly clock: Clock;
  readonly nowMs: () => number;
}

export function createStream({
  viewer,
  isBare,
  topics,
  batches,
  clock,
  nowMs,
  ...begin
}: StreamOptions): Stream {
  const due = new Set<Due>();
  const first = [...begin.first];
  let { seq } = begin;
  let writingMs: number | undefined;
  let isOpen = true;
  let wake = (): void => {};

  function about(one: Due): SSEMessage {
    if (one === 'devices') return { event: one, data: '{}' };
    if (one === 'beat') return { event: one, data: JSON.stringify({ now: iso(nowMs()) }) };
    return topics.message(one);
  }

  /** What is sent next; undefined while there is nothing. */
  function next(): SSEMessage | undefined {
    const greeting = first.shift();
    if (greeting) return greeting;
    for (const one of due) {
      due.delete(one);
      return about(one);
    }
    while (seq < batches.gathered()) {
      const batch = batches.after(seq);
      seq = Math.max(batch.lastSeq, seq + 1);
      if (batch.message) return batch.message;
    }
    return undefined;
  }

  return {
    viewer,
    seq: () => seq,
    writingMs: () => writingMs,
    wake: () => wake(),
    tell(list) {
      for (const one of list) if (!isBare || one === 'beat') due.add(one);
      wake();
    },
    end() {
      isOpen = false;
      wake();
    },
    async serve(sink) {
      while (isOpen) {
        const message = next();
        if (message) {
          writingMs = clock.monotonicMs();
          await sink.writeSSE(message);
          writingMs = undefined;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}
