/** What the timekeeper knows: the state that its parts share, and the time by it. */

import type { TimeConfig } from '../config/schema.ts';
import { MADE_MS, type OwnTime } from '../model/foreign-time.ts';
import type { Offset } from '../model/time.ts';
import type { World } from '../model/world.ts';
import type { Store } from '../store/contract.ts';
import type { ClockProbe } from './clock-probe.ts';
import type { ClockDoubt } from './clock-verdict.ts';
import { createGatewayTime, type GatewayTime } from './gateway-time.ts';
import type { NewestTime } from './newest-time.ts';

export type KeptStore = Pick<Store, 'log' | 'commit' | 'clocks'>;

export interface TimekeeperOptions {
  readonly world: World;
  readonly probe: ClockProbe;
  readonly config: TimeConfig;
}

/** Where the time comes from. */
export type Mode = 'unknown' | 'wall' | 'gateway' | 'assumed';

/** The clocks when they were compared last. */
interface Seen {
  readonly offsetMs: number;
  readonly monoMs: number;
  readonly sleptMs: number;
}

export interface ClockContext extends TimekeeperOptions {
  readonly gateways: GatewayTime;
  readonly madeMonoMs: number;
  store: KeptStore | undefined;
  mode: Mode;
  source: Offset['source'];
  /** Why the time is unknown. */
  why: ClockDoubt;
  sinceMs: number;
  /** Epoch minus monotonic, as trusted last in this boot; with 'gateway' and 'assumed' as concluded. */
  offsetMs: number | undefined;
  /** When that was last found to be right, monotonic. */
  followedMs: number;
  seen: Seen;
  newest: NewestTime | undefined;
  /** Whether records were stamped that a 'clock_set' has yet to date. */
  stamped: boolean;
  /** While a jump is not accounted for; with the daemon's success first seen after it, which may be of before. */
  jump: { readonly staleMs?: number } | undefined;
  jumps: number;
  spokenMs: number;
  looks: number;
  lookedMs: number;
  looking: Promise<void> | undefined;
  cancelTimer: (() => void) | undefined;
  stopped: boolean;
}

const YEARS_MS = 30 * 365 * 86_400_000;

/** Nothing is known and nothing has been looked at. */
export function createClockContext(options: TimekeeperOptions): ClockContext {
  const { world, probe } = options;
  const { clock } = world;
  const [nowMs, madeMonoMs] = [clock.nowMs(), clock.monotonicMs()];
  return {
    ...options,
    gateways: createGatewayTime(),
    madeMonoMs,
    store: undefined,
    mode: 'unknown',
    source: 'assumed',
    why: 'clock.doubt.notLooked',
    sinceMs: nowMs,
    offsetMs: undefined,
    followedMs: madeMonoMs,
    seen: { offsetMs: nowMs - madeMonoMs, monoMs: madeMonoMs, sleptMs: probe.sleptMs() },
    newest: undefined,
    stamped: false,
    jump: undefined,
    jumps: 0,
    spokenMs: Number.NEGATIVE_INFINITY,
    looks: 0,
    lookedMs: Number.NEGATIVE_INFINITY,
    looking: undefined,
    cancelTimer: undefined,
    stopped: false,
  };
}

/** The time now, as far as it is known; epoch milliseconds. */
export function timeNowMs(context: ClockContext): number {
  const { world, mode, offsetMs } = context;
  if (mode === 'wall') return world.clock.nowMs();
  return mode === 'unknown' ? guess(context).timeMs : (offsetMs ?? 0) + world.clock.monotonicMs();
}

/** The same, and whether it is known to be right. */
export function ownTime(context: ClockContext): OwnTime {
  const { mode } = context;
  return { nowMs: timeNowMs(context), trusted: mode === 'wall' || mode === 'gateway' };
}

/** What the time may be, without anything of this very moment. */
export function guess({ world, offsetMs, newest, madeMonoMs }: ClockContext): {
  readonly timeMs: number;
  readonly source: 'boot' | 'wall' | 'last_known';
} {
  const [wallMs, monoMs] = [world.clock.nowMs(), world.clock.monotonicMs()];
  if (offsetMs !== undefined) return { timeMs: offsetMs + monoMs, source: 'boot' };
  if (newest?.offsetMs !== undefined) return { timeMs: newest.offsetMs + monoMs, source: 'last_known' };
  const knownMs = Math.max(MADE_MS, newest?.timeMs ?? 0);
  if (wallMs >= knownMs && wallMs <= knownMs + YEARS_MS) return { timeMs: wallMs, source: 'wall' };
  return { timeMs: knownMs + monoMs - madeMonoMs, source: 'last_known' };
}
