/**
 * Whether the wall clock shows the right time: a pure decision from what the machine and the gateways say. Stronger words
 * come first; what only says that nothing speaks against the clock comes last.
 */
import type { TimeConfig } from '../config/schema.ts';
import type { SaidKey } from '../model/said.ts';
import type { ClockSource } from '../model/time.ts';

/** Why the time is not known. */
export type ClockDoubt = Extract<SaidKey, `clock.doubt.${string}`>;

/** 'auto': as below. 'synced': only a time server or gateways. 'always': the operator sees to it. */

/** What the machine says about its clock. */
export interface MachineTime {
  /** A program that sets the clock by time servers, and whether it has. */
  readonly daemon: 'none' | 'unsynchronized' | 'synchronized';
  /** When it last did, by the wall clock of that moment, epoch milliseconds. */
  readonly syncedAtMs?: number;
  /** The battery-backed clock, epoch milliseconds; absent where there is none. */
  readonly rtcMs?: number;
}

export interface ClockEvidence extends Omit<MachineTime, 'syncedAtMs'> {
  /** Whether what the daemon says is about the clock as it is now: see `isSyncCurrent`. */
  readonly syncCurrent: boolean;
  readonly trust: TimeConfig['trust'];
  readonly wallMs: number;
  /** No right clock is before this: when this program was made. */
  readonly builtMs: number;
  /** The newest record dated by a trusted clock of ours. */
  readonly newestMs?: number | undefined;
  /** The time by what was trusted earlier in this boot and the monotonic clock since. */
  readonly expectedMs?: number | undefined;
  /** The time by gateways with clocks of their own that agree. */
  readonly gatewayMs?: number | undefined;
}

export type ClockVerdict =
  | {
      readonly time: 'wall';
      readonly source: Exclude<ClockSource, 'gateway' | 'estimated' | 'assumed'>;
      readonly uncertaintyMs: number | null;
    }
  | { readonly time: 'gateway'; readonly timeMs: number; readonly uncertaintyMs: number }
  | { readonly time: 'unknown'; readonly why: ClockDoubt };

/** A step of more than this makes the clock one to prove again. */
export const JUMP_MS = 3_600_000;
/** The clock may have been corrected slowly, or be read a little later than the file. */
const SYNC_SLACK_MS = 60_000;
/** Clocks may be put back by so much between the newest record and a start. */
const BACK_MS = 60_000;
const RTC_CLOSE_MS = 60_000;
const NTP_UNCERTAINTY_MS = 1_000;
const RTC_UNCERTAINTY_MS = 60_000;
const GATEWAY_UNCERTAINTY_MS = 3_000;

/** See the head of the file. */
export function judgeClock(evidence: ClockEvidence): ClockVerdict {
  const { trust, wallMs, builtMs, newestMs, expectedMs, gatewayMs, daemon, rtcMs, syncCurrent } = evidence;
  if (wallMs < builtMs) return otherwise(evidence, 'clock.doubt.beforeMade');
  const offMs = expectedMs === undefined ? 0 : Math.abs(wallMs - expectedMs);
  const jumped = offMs > JUMP_MS;
  // Before the newest record: that one may have been written by a wrong clock, and a time server knows better.
  if (daemon === 'synchronized' && syncCurrent) return wall('ntp', NTP_UNCERTAINTY_MS);
  if (expectedMs !== undefined && !jumped) return wall('boot', Math.ceil(offMs) + NTP_UNCERTAINTY_MS);
  if (newestMs !== undefined && wallMs < newestMs - BACK_MS) {
    return otherwise(evidence, 'clock.doubt.beforeNewest');
  }
  if (trust === 'always') return wall('setting', null);
  if (
    trust === 'auto' &&
    rtcMs !== undefined &&
    rtcMs >= builtMs &&
    Math.abs(wallMs - rtcMs) <= RTC_CLOSE_MS
  ) {
    return wall('rtc', RTC_UNCERTAINTY_MS);
  }
  if (gatewayMs === undefined && trust === 'auto' && daemon === 'none' && rtcMs === undefined && !jumped) {
    return wall('steady', null);
  }
  if (jumped) return otherwise(evidence, 'clock.doubt.jumped');
  return otherwise(evidence, daemon === 'none' ? 'clock.doubt.noProof' : 'clock.doubt.notSynchronized');
}

/** What a look at the daemon is compared with. */
export interface SyncQuestion {
  readonly syncedAtMs: number | undefined;
  readonly wallMs: number;
  /** Since when the machine runs: the daemon's success was later. */
  readonly upMs: number;
  /** After a jump: the time by the clock as it was before. */
  readonly expectedMs?: number | undefined;
  /** After a jump: what the first look after it found. */
  readonly staleMs?: number | undefined;
}

/**
 * Whether the daemon's last success is about the clock as it is now, not as it was before somebody set it: the moment it
 * notes is by the clock it found. What the clock before the jump may have shown is not enough.
 */
export function isSyncCurrent({ syncedAtMs, wallMs, upMs, expectedMs, staleMs }: SyncQuestion): boolean {
  if (syncedAtMs === undefined) return false;
  const agoMs = wallMs - syncedAtMs;
  if (agoMs < -SYNC_SLACK_MS || agoMs > upMs + JUMP_MS) return false;
  if (expectedMs === undefined || syncedAtMs > expectedMs) return true;
  return staleMs !== undefined && syncedAtMs !== staleMs;
}

function wall(
  source: (ClockVerdict & { readonly time: 'wall' })['source'],
  uncertaintyMs: number | null,
): ClockVerdict {
  return { time: 'wall', source, uncertaintyMs };
}

function otherwise({ gatewayMs, builtMs }: ClockEvidence, why: ClockDoubt): ClockVerdict {
  if (gatewayMs === undefined || gatewayMs < builtMs) return { time: 'unknown', why };
  return { time: 'gateway', timeMs: gatewayMs, uncertaintyMs: GATEWAY_UNCERTAINTY_MS };
}
