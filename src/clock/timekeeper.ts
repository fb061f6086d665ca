/**
 * Knows whether the wall clock can be trusted, and stamps the records written while it cannot. When it can be again, a
 * 'clock_set' record dates them.
 *
 * Invariants: no record leaves `stamp` dated before this program was made; a record that needs a 'clock_set' is queued
 * before it; a jump of the wall clock is noticed at the next record, without a timer.
 */

import { believed, believedWord, type ForeignWord, MADE_MS, type OwnTime } from '../model/foreign-time.ts';
import type { ClockStamp, NewRecord } from '../model/record.ts';
import { isSaidKey, tell, tellAll } from '../model/said.ts';
import type { PartStatus } from '../model/status.ts';
import { AS_WRITTEN, type Dating, isReception, ROUNDING_MS, timeOf } from '../model/time.ts';
import type { Part } from '../model/world.ts';
import {
  type ClockContext,
  createClockContext,
  guess,
  type KeptStore,
  ownTime,
  type TimekeeperOptions,
  timeNowMs,
} from './clock-context.ts';
import { doubtGateways, lookNow, lookSoon, observe, setClock } from './clock-watch.ts';
import { DRIFT } from './gateway-time.ts';
import { readNewest } from './newest-time.ts';

/** What a gateway said about the time in one message. */
export interface GatewayWord extends ForeignWord {
  readonly gatewayId: string;
}

export interface Timekeeper extends Part, Dating {
  /** `record` as it goes into the log: as it is with a trusted clock, else with the best guess and the clock stamp. */
  stamp(record: NewRecord): NewRecord;
  /** Once the store is open, and before `start`. */
  attach(store: KeptStore): void;
  noteGatewayTime(word: GatewayWord): void;
  /** The time now, as far as it is known; epoch milliseconds. */
  nowMs(): number;
  /** The same, and whether it is known to be right: what foreign times are judged against. */
  ownTime(): OwnTime;
  status(): PartStatus;
}

/** Nearer to our own doubtful clock, a word may be that clock's. */
const SHARED_MS = 10_000;

/** A keeper that trusts nothing until started. */
export function createTimekeeper(options: TimekeeperOptions): Timekeeper {
  const context = createClockContext(options);
  return {
    stamp(record) {
      observe(context);
      return stamp(context, record);
    },
    attach: (store) => attach(context, store),
    noteGatewayTime: (word) => noteGatewayTime(context, word),
    nowMs() {
      observe(context);
      return timeNowMs(context);
    },
    ownTime() {
      observe(context);
      return ownTime(context);
    },
    timeOf: (record) => (context.store ? timeOf(record, context.store.clocks) : AS_WRITTEN.timeOf(record)),
    holdFrom: () => context.store?.clocks.firstOpenSeq() ?? Number.POSITIVE_INFINITY,
    start: () => lookNow(context),
    async stop() {
      context.stopped = true;
      context.cancelTimer?.();
      await context.looking;
    },
    status: () => statusOf(context),
  };
}

function attach(context: ClockContext, store: KeptStore): void {
  const { boot } = context.probe;
  context.store = store;
  context.newest = readNewest(store, store.log.lastSeq() + 1, MADE_MS, boot);
  if (store.clocks.open().some((open) => open.boot === boot)) context.stamped = true;
}

function stamp(context: ClockContext, record: NewRecord): NewRecord {
  const { mode, probe, world } = context;
  if (mode === 'wall') return record;
  const { timeMs, source } = datingOf(context, record);
  context.stamped ||= mode === 'unknown';
  const clock = { boot: probe.boot, monoMs: Math.round(world.clock.monotonicMs()), source };
  return { ...record, timeMs: Math.round(timeMs), body: { ...record.body, clock } } as NewRecord;
}

/** When `record` happened, by the best that is known, and what that is. */
function datingOf(
  context: ClockContext,
  record: NewRecord,
): { readonly timeMs: number; readonly source: ClockStamp['source'] } {
  const { mode } = context;
  const word = wordOf(context, record);
  if (mode === 'unknown') {
    const guessed = guess(context);
    return guessed.source !== 'boot' && word !== undefined ? { timeMs: word, source: 'frame' } : guessed;
  }
  const nowMs = timeNowMs(context);
  if (mode !== 'gateway') return { timeMs: nowMs, source: 'assumed' };
  return { timeMs: word !== undefined && isReception(word, nowMs) ? word : nowMs, source: 'gateway' };
}

/** The word of the gateways in `record` about when they received it, unless it may be our own doubtful clock's. */
function wordOf(context: ClockContext, { kind, body, timeMs }: NewRecord): number | undefined {
  if (kind !== 'uplink') return undefined;
  const wallMs = context.world.clock.nowMs();
  const own = { nowMs: timeNowMs(context), trusted: context.mode === 'gateway' };
  const isOther = (word: number, otherMs: number) => Math.abs(word - otherMs) > SHARED_MS;
  // ChirpStack's event has a time of its own, unless it was we who dated it.
  const event = body.via === 'chirpstack' && isOther(timeMs, own.nowMs) ? [timeMs] : [];
  const words = [...body.rx.map(({ t }) => t), ...event];
  return words.map((word) => believed(word, own)).find((word) => word !== undefined && isOther(word, wallMs));
}

function noteGatewayTime(context: ClockContext, word: GatewayWord): void {
  const { gateways, world } = context;
  // A majority shall be able to speak against our clock: what can be at all is weighed.
  const saidMs = believedWord(word, { nowMs: 0, trusted: false });
  if (saidMs === undefined) return;
  observe(context);
  const isProven = context.mode === 'wall' && context.source !== 'steady';
  if (isProven) return;
  gateways.note(word.gatewayId, saidMs, world.clock.monotonicMs(), world.clock.nowMs());
  if (context.mode === 'unknown' || context.mode === 'assumed') {
    if (gateways.offsetMs() !== undefined && context.looking === undefined) lookSoon(context, 0);
    return;
  }
  if (context.mode === 'gateway') {
    const apartMs = Math.abs(timeNowMs(context) - world.clock.nowMs());
    if (apartMs > SHARED_MS && gateways.isOutvoted()) return doubtGateways(context);
    if (follow(context)) return;
  }
  // Nothing but its steadiness, or the gateways heard first, spoke for the time we have; the majority speaks against it.
  const offsetMs = gateways.majorityOffsetMs();
  if (offsetMs === undefined) return;
  if (context.mode === 'gateway' && Math.abs(offsetMs - (context.offsetMs ?? 0)) <= SHARED_MS) return;
  setClock(context, 'gateway', { offsetMs, source: 'gateway', uncertaintyMs: null });
}

/** Our own crystal drifts, by minutes in a year: the gateways that gave us the time correct it, so far as it may have drifted. */
function follow(context: ClockContext): boolean {
  const { gateways, world, offsetMs = 0 } = context;
  const monoMs = world.clock.monotonicMs();
  const saidMs = gateways.offsetMs();
  const mayBeMs = ROUNDING_MS + 2 * DRIFT * (monoMs - context.followedMs);
  if (saidMs === undefined || Math.abs(saidMs - offsetMs) > mayBeMs) return false;
  context.offsetMs = saidMs;
  context.followedMs = monoMs;
  return true;
}

function statusOf({ mode, source, why, sinceMs }: ClockContext): PartStatus {
  if (mode === 'wall') {
    const key = `clock.right.${source}`;
    return { state: 'ok', ...tell(isSaidKey(key) ? key : 'clock.right', { source }), sinceMs };
  }
  if (mode === 'gateway') return { state: 'ok', ...tell('clock.gateways'), sinceMs };
  const told =
    mode === 'unknown'
      ? tellAll([tell('clock.waits', {}, 'clock.todo'), tell(why)])
      : tell('clock.estimated', {}, 'clock.todo');
  return { state: 'degraded', ...told, sinceMs };
}
