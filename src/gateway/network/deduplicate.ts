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
  /** Of more than one copy. */
  senders: Set<string> | undefined;
}

interface DeduplicatorContext<Copy> extends DeduplicateOptions<Copy> {
  readonly windows: Map<string, Window<Copy>>;
  /** Those windows in the order of their first copies; what stands before `head` has been let go. */
  order: Window<Copy>[];
  head: number;
  cancelTimer: (() => void) | undefined;
}

/** See the head of the file. */
export function createDeduplicator<Copy>(options: DeduplicateOptions<Copy>): Deduplicator<Copy> {
  const windows = new Map<string, Window<Copy>>();
  const context: DeduplicatorContext<Copy> = {
    ...options,
    windows,
    order: [],
    head: 0,
    cancelTimer: undefined,
  };
  return {
    add: (key, copy) => add(context, key, copy),
    flush: () => emitDue(context, true),
    waiting: () => windows.size,
  };
}

function add<Copy>(context: DeduplicatorContext<Copy>, key: string, copy: Copy): void {
  const { windows, order, clock, windowMs } = context;
  const open = windows.get(key);
  if (open) addCopy(context, open, copy);
  else {
    const endsMs = clock.monotonicMs() + windowMs;
    const window: Window<Copy> = { key, endsMs, copies: [copy], senders: undefined };
    windows.set(key, window);
    order.push(window);
  }
  const isComplete = (open?.senders?.size ?? 1) >= senderCount(context);
  if (isComplete || windows.size > MAX_WAITING) emitDue(context, false);
  else context.cancelTimer ??= clock.after(Math.ceil(windowMs), () => onTimer(context));
}

function addCopy<Copy>({ senderOf }: DeduplicatorContext<Copy>, window: Window<Copy>, copy: Copy): void {
  window.senders ??= new Set(window.copies.map(senderOf));
  window.senders.add(senderOf(copy));
  window.copies.push(copy);
}

function senderCount<Copy>({ complete }: DeduplicatorContext<Copy>): number {
  return complete() ?? Number.POSITIVE_INFINITY;
}

function onTimer<Copy>(context: DeduplicatorContext<Copy>): void {
  context.cancelTimer = undefined;
  emitDue(context, false);
  const { clock, order, head } = context;
  const next = order[head];
  if (!next || context.cancelTimer) return;
  const delayMs = Math.max(0, Math.ceil(next.endsMs - clock.monotonicMs()));
  context.cancelTimer = clock.after(delayMs, () => onTimer(context));
}

function emitDue<Copy>(context: DeduplicatorContext<Copy>, everything: boolean): void {
  const { windows, order, clock, emit } = context;
  const nowMs = clock.monotonicMs();
  const enough = senderCount(context);
  for (let window = order[context.head]; window; window = order[context.head]) {
    const isDue = everything || (window.senders?.size ?? 1) >= enough || window.endsMs <= nowMs;
    if (!isDue && windows.size <= MAX_WAITING) break;
    context.head++;
    windows.delete(window.key);
    emit(window.copies);
  }
  if (context.head < MAX_WAITING && context.head < order.length) return;
  context.order = order.slice(context.head);
  context.head = 0;
}
