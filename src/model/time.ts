/**
 * When a record happened, though the clock was wrong when it was written. Records never change: a later record of kind
 * 'system', event 'clock_set', names a boot and the offset from its monotonic clock to the calendar, and dates the records
 * of that boot in front of it. So time is a function of the log alone, here and for whoever reads the log elsewhere.
 */
import type { ClockStamp, LogRecord, NewRecord } from './record.ts';

/** GPS time runs ahead of UTC by the leap seconds since 1980; the 18th came at the end of 2016 and no other is planned. */
const GPS_EPOCH_MS = Date.UTC(1980, 0, 6);
const GPS_LEAP_MS = 18_000;

/** UTC in epoch milliseconds of `gpsTimeMs`, milliseconds since the GPS epoch. */
export function utcOfGpsMs(gpsTimeMs: number): number {
  return GPS_EPOCH_MS + gpsTimeMs - GPS_LEAP_MS;
}

/**
 * Why an offset is believed. 'ntp': the machine's clock is synchronised; 'rtc': it agrees with the battery-backed one;
 * 'steady': nothing on this machine could tell; 'setting': the operator says so; 'boot': it was trusted earlier in the same
 * boot; 'gateway': gateways agree. 'estimated': concluded from a later boot. 'assumed': nothing came within the time set.
 */
export type ClockSource = 'ntp' | 'rtc' | 'steady' | 'setting' | 'boot' | 'gateway' | 'estimated' | 'assumed';

/** Body of a 'clock_set' record without its `event`. */
export interface Offset {
  readonly boot: string;
  /** Epoch milliseconds at the boot's monotonic 0. */
  readonly offsetMs: number;
  readonly source: ClockSource;
  /** How far the offset may be off; null when nothing bounds it. */
  readonly uncertaintyMs: number | null;
}

/** `seq` is that of the record: it dates records before it. */
export interface ClockSet extends Offset {
  readonly seq: number;
}

/** A boot with records that no 'clock_set' dates yet. */
export interface OpenBoot {
  readonly boot: string;
  /** Its undated records lie within, and span these monotonic times. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly firstMonoMs: number;
  readonly lastMonoMs: number;
  /** The offset as trusted earlier in the boot, if it was. */
  readonly offsetMs: number | null;
}

/** What the log says about its own clocks. */
export interface ClockBook {
  /** Ascending by `firstSeq`. */
  open(): readonly OpenBoot[];
  /** The set that dates record `seq` of `boot`. */
  setFor(boot: string, seq: number): ClockSet | undefined;
  /** The newest set. */
  lastSet(): ClockSet | undefined;
  /** Records from here on may still be undated; Infinity when none is. */
  firstOpenSeq(): number;
}

export type TimeQuality = 'measured' | 'gateway' | 'corrected' | 'estimated';

/** When a record happened, as far as is known. */
export interface Dated {
  readonly timeMs: number;
  readonly quality: TimeQuality;
  /** The record's own `timeMs`. */
  readonly originalMs: number;
  /** False while a better time may come. What is final never changes. */
  readonly final: boolean;
}

/** How others learn the times of records. */
export interface Dating {
  /** When a record of the log happened, as far as is known now. */
  timeOf(record: LogRecord): Dated;
  /** Records from this seq on may still be given a better time; Infinity when none. */
  holdFrom(): number;
}

/** For who has no clock of its own to doubt: every record happened when it says. */
export const AS_WRITTEN: Dating = {
  timeOf: ({ timeMs }) => ({ timeMs, quality: 'measured', originalMs: timeMs, final: true }),
  holdFrom: () => Number.POSITIVE_INFINITY,
};

/** A gateway's word beats the moment of arrival when it lies so far before it (a queue), or after it (rounding). */
export const QUEUED_MS = 3_600_000;
export const ROUNDING_MS = 2_000;

/** When `record` happened. Pure: the same record and book give the same time. */
export function timeOf(record: LogRecord, book: ClockBook): Dated {
  const { seq, timeMs: originalMs } = record;
  const stamp = stampOf(record);
  if (!stamp) return { timeMs: originalMs, quality: 'measured', originalMs, final: true };
  if (stamp.source === 'gateway') return { timeMs: originalMs, quality: 'gateway', originalMs, final: true };
  if (stamp.source === 'assumed')
    return { timeMs: originalMs, quality: 'estimated', originalMs, final: true };
  const set = book.setFor(stamp.boot, seq);
  if (!set) {
    return { timeMs: originalMs, quality: 'estimated', originalMs, final: seq < book.firstOpenSeq() };
  }
  const arrivedMs = Math.round(set.offsetMs + stamp.monoMs);
  const isGuess = set.source === 'estimated' || set.source === 'assumed';
  if (stamp.source === 'frame' && !isGuess && isReception(originalMs, arrivedMs)) {
    return { timeMs: originalMs, quality: 'gateway', originalMs, final: true };
  }
  const quality = isGuess ? 'estimated' : set.source === 'gateway' ? 'gateway' : 'corrected';
  return { timeMs: arrivedMs, quality, originalMs, final: true };
}

/** Whether a gateway may have received at `timeMs` what arrived here at `arrivedMs`. */
export function isReception(timeMs: number, arrivedMs: number): boolean {
  return timeMs >= arrivedMs - QUEUED_MS && timeMs <= arrivedMs + ROUNDING_MS;
}

/** The record's own clock stamp, undefined for one of a trusted clock. */
function stampOf({ body }: LogRecord): ClockStamp | undefined {
  // Parsing is for the few: nearly every record comes from a trusted clock.
  if (!body.includes('"clock":{')) return undefined;
  try {
    const { clock } = JSON.parse(body) as { clock?: unknown };
    return isStamp(clock) ? clock : undefined;
  } catch {
    return undefined;
  }
}

function isStamp(value: unknown): value is ClockStamp {
  if (typeof value !== 'object' || value === null) return false;
  const { boot, monoMs, source } = value as Record<string, unknown>;
  return typeof boot === 'string' && Number.isFinite(monoMs) && typeof source === 'string';
}

/**
 * The offsets to write down once the clock of boot `now` is known: for `now` itself and for every boot of `open`. A boot that
 * never knew the time ended before the next one began: it is put as late as it can have been, and `lowerMs`, the time of
 * the newest dated record before all of them, says how early it can have been.
 */
export function dateBoots(
  open: readonly OpenBoot[],
  now: Offset,
  lowerMs: number | undefined,
): readonly Offset[] {
  const offsets: Offset[] = [now];
  let nextStartMs = now.offsetMs;
  for (const boot of [...open].reverse()) {
    if (boot.boot === now.boot) continue;
    const latestMs = Math.min(nextStartMs, now.offsetMs) - boot.lastMonoMs;
    const offsetMs = boot.offsetMs ?? latestMs;
    const earliestMs = lowerMs === undefined ? undefined : lowerMs - boot.firstMonoMs;
    offsets.push({
      boot: boot.boot,
      offsetMs: Math.round(offsetMs),
      source: boot.offsetMs === null ? (now.source === 'assumed' ? 'assumed' : 'estimated') : 'boot',
      uncertaintyMs:
        boot.offsetMs === null
          ? earliestMs === undefined
            ? null
            : Math.ceil(Math.abs(offsetMs - earliestMs))
          : null,
    });
    nextStartMs = offsetMs;
  }
  return offsets.reverse();
}

/** The stamp of a record on its way into the log, when it is one that needs a 'clock_set'. */
export function openStampOf({ body }: NewRecord): ClockStamp | undefined {
  const stamp = body.clock;
  return stamp && stamp.source !== 'gateway' && stamp.source !== 'assumed' ? stamp : undefined;
}

function isOffset(body: object): body is Offset {
  return 'boot' in body && 'offsetMs' in body && 'source' in body && 'uncertaintyMs' in body;
}

function offsetIn({ boot, offsetMs, source, uncertaintyMs }: Offset): Offset {
  return { boot, offsetMs, source, uncertaintyMs };
}

/** The offset a record on its way into the log sets, if it is a 'clock_set'. */
export function offsetOf({ kind, body }: NewRecord): Offset | undefined {
  if (kind !== 'system' || body.event !== 'clock_set') return undefined;
  return isOffset(body) ? offsetIn(body) : undefined;
}
