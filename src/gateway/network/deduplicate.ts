/**
 * Gathers the copies of one frame that several gateways heard. A frame waits `windowMs` from its first copy, or less when
 * every gateway that is there has already been heard; then it is let go with all its copies.
 *
 * At most `MAX_WAITING` frames wait: when a backlog pours in, the copies of a frame stand close together in it, and holding
 * thousands of frames would gain nothing.
 *
 * Invariant: frames are let go in the order of their first copies, so that no later frame of a device overtakes an earlier
 * one and makes it look like a replay.
 */
import type { Clock } from '../../model/world.ts';

export interface DeduplicateOptions<Copy> {
  readonly clock: Clock;
  readonly windowMs: number;
  /** How many senders make a frame complete before its window ends; undefined while that is not known. */
  readonly complete: () => number | undefined;
  /** Who brought a copy: one gateway may hear a frame on two channels, and a broker may bring a message twice. */
  readonly senderOf: (copy: Copy) => string;
  readonly emit: (copies: readonly Copy[]) => void;
}

export interface Deduplicator<Copy> {
  /** `key` names the frame: its bytes. */
  add(key: string, copy: Copy): void;
  /** Lets everything go now. */
  flush(): void;
  waiting(): number;
}

const MAX_WAITING = 500;

interface Window<Copy> {
  readonly key: string;
  readonly endsMs: number;
  readonly copies: Copy[];
  readonly senders: Set<string>;
}

/** See the head of the file. */
export function createDeduplicator<Copy>(options: DeduplicateOptions<Copy>): Deduplicator<Copy> {
  const { clock, windowMs, complete, senderOf, emit: release } = options;
  const windows = new Map<string, Window<Copy>>(); // in the order of first copies
  let cancelTimer: (() => void) | undefined;

  function emitDue(everything: boolean): void {
    cancelTimer?.();
    cancelTimer = undefined;
    const nowMs = clock.monotonicMs();
    const enough = complete() ?? Number.POSITIVE_INFINITY;
    for (const window of windows.values()) {
      const due = everything || window.senders.size >= enough || window.endsMs <= nowMs;
      if (!due && windows.size <= MAX_WAITING) {
        cancelTimer = clock.after(Math.ceil(window.endsMs - nowMs), () => emitDue(false));
        return;
      }
      windows.delete(window.key);
      release(window.copies);
    }
  }

  return {
    add(key, copy) {
      const open = windows.get(key);
      const sender = senderOf(copy);
      if (open) {
        open.copies.push(copy);
        open.senders.add(sender);
      } else {
        const endsMs = clock.monotonicMs() + windowMs;
        windows.set(key, { key, endsMs, copies: [copy], senders: new Set([sender]) });
      }
      const senders = open?.senders.size ?? 1;
      const isComplete = senders >= (complete() ?? Number.POSITIVE_INFINITY);
      if (!cancelTimer || isComplete || windows.size > MAX_WAITING) emitDue(false);
    },
    flush: () => emitDue(true),
    waiting: () => windows.size,
  };
}
