/**
 * Knows whether the wall clock can be trusted, and stamps the records written while it cannot. When it can be again, a
 * 'clock_set' record dates them.
 *
 * Invariants: no record leaves `stamp` dated before this program was made; a record that needs a 'clock_set' is queued
 * before it; a jump of the wall clock is noticed at the next record, without a timer. There is a timer only while the time
 * is unknown.
 */
import { believed, believedWord, type ForeignWord, MADE_MS, type OwnTime } from '../model/foreign-time.ts';
import type { NewRecord } from '../model/record.ts';
import type { PartStatus } from '../model/status.ts';
import { AS_WRITTEN, type Dating, dateBoots, isReception, type Offset, timeOf } from '../model/time.ts';
import type { Part, World } from '../model/world.ts';
import type { Store } from '../store/contract.ts';
import type { ClockProbe } from './clock-probe.ts';
import { isSyncCurrent, JUMP_MS, judgeClock, type MachineTime, type TrustPolicy } from './clock-verdict.ts';
import { createGatewayTime } from './gateway-time.ts';
import { readNewest } from './newest-time.ts';

type KeptStore = Pick<Store, 'log' | 'commit' | 'clocks'>;

export interface TimekeeperOptions {
  readonly world: World;
  readonly probe: ClockProbe;
  readonly policy: TrustPolicy;
  /** For how long records wait for the right time before they go with an estimate, milliseconds of running. */
  readonly holdMs: number;
}

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

const YEARS_MS = 30 * 365 * 86_400_000;
/** Half a second, and what a clock that is being corrected slowly may gain. */
const STEP_MS = 500;
const SLEW = 0.001;
const LOOK_MS = 10_000;
const LOOK_LATER_MS = 60_000;
const LOOKS_SOON = 60;
const SPACED_MS = 1_000;
const JUMP_SPOKEN_MS = 60_000;
/** A box that restarts again and again without the time waits no longer. */
const MAX_OPEN_BOOTS = 100;

type Mode = 'unknown' | 'wall' | 'gateway' | 'assumed';

/** A keeper that trusts nothing until started. */
export function createTimekeeper(options: TimekeeperOptions): Timekeeper {
  const { world, probe, policy, holdMs } = options;
  const builtMs = MADE_MS;
  const { clock, logger } = world;
  const gateways = createGatewayTime();
  let store: KeptStore | undefined;
  let mode: Mode = 'unknown';
  let source: Offset['source'] = 'assumed';
  let why = 'the clock has not been looked at yet';
  let sinceMs = clock.nowMs();
  /** Epoch minus monotonic, as trusted last in this boot; with 'gateway' and 'assumed' as concluded. */
  let offsetMs: number | undefined;
  let seen = {
    offsetMs: clock.nowMs() - clock.monotonicMs(),
    monoMs: clock.monotonicMs(),
    sleptMs: probe.sleptMs(),
  };
  let newest: { timeMs: number; ownMs: number | undefined; offsetMs: number | undefined } | undefined;
  const madeMonoMs = clock.monotonicMs();
  let stamped = false;
  /** While a jump is not accounted for; with the daemon's success first seen after it, which may be of before. */
  let jump: { readonly staleMs?: number } | undefined;
  let looks = 0;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let stopped = false;
  let cancelTimer: (() => void) | undefined;
  let spokenMs = Number.NEGATIVE_INFINITY;
  let jumps = 0;

  const monoMs = () => clock.monotonicMs();

  /** Compares the clocks with each other; tells of a jump. */
  function observe(): void {
    const nowMono = monoMs();
    const offset = clock.nowMs() - nowMono;
    const slack = STEP_MS + (nowMono - seen.monoMs) * SLEW;
    let byMs = offset - seen.offsetMs;
    let { sleptMs } = seen;
    if (Math.abs(byMs) > slack) {
      sleptMs = probe.sleptMs();
      byMs -= sleptMs - seen.sleptMs;
    }
    seen = { offsetMs: offset, monoMs: nowMono, sleptMs };
    const jumped = Math.abs(byMs) > slack;
    if (mode === 'wall' && !(jumped && Math.abs(byMs) > JUMP_MS)) offsetMs = offset;
    if (jumped) onJump(byMs);
  }

  function onJump(byMs: number): void {
    gateways.clear();
    jumps += 1;
    const wasTrusted = mode === 'wall';
    if (wasTrusted && Math.abs(byMs) > JUMP_MS) {
      become('unknown', 'the clock has jumped by more than an hour');
      jump = {};
    }
    if (wasTrusted && monoMs() - spokenMs >= JUMP_SPOKEN_MS) {
      spokenMs = monoMs();
      const detail = { byMs: Math.round(byMs), toMs: clock.nowMs(), trusted: mode === 'wall', jumps };
      jumps = 0;
      logger.warn('clock.jumped', detail);
      append([{ event: 'clock_jumped', ...detail }]);
    }
    if (mode !== 'wall') lookSoon(0);
  }

  function append(bodies: readonly { readonly event: string }[]): void {
    const timeMs = clock.nowMs();
    const records = bodies.map((body): NewRecord => ({ kind: 'system', timeMs, device: null, body }));
    // Rejected only by a store that is closed: the next start finds the same boots open and settles them then.
    store?.commit({ records }).catch(() => undefined);
  }

  function become(next: Mode, reason: string): void {
    mode = next;
    why = reason;
    sinceMs = clock.nowMs();
  }

  /** From now on the time is known by `offset`: records that wait for it are dated. */
  function settle(next: Exclude<Mode, 'unknown'>, offset: Omit<Offset, 'boot'>): void {
    const open = store?.clocks.open() ?? [];
    const lower = open[0] && readNewest(store, open[0].firstSeq, builtMs)?.timeMs;
    const wasAssumed = store?.clocks.lastSet()?.source === 'assumed' && next !== 'assumed';
    const needed = stamped || open.length > 0 || wasAssumed || next === 'assumed';
    offsetMs = offset.offsetMs;
    source = offset.source;
    become(next, '');
    stamped = false;
    if (next === 'wall') jump = undefined;
    if (!needed) return;
    const rounded = { ...offset, offsetMs: Math.round(offset.offsetMs), boot: probe.boot };
    const offsets = dateBoots(open, rounded, lower);
    logger.info('clock.set', { source, boots: offsets.length });
    append(offsets.map((one) => ({ event: 'clock_set', ...one })));
  }

  function isCurrent({ syncedAtMs }: MachineTime): boolean {
    const question = { syncedAtMs, wallMs: clock.nowMs(), upMs: monoMs() + probe.sleptMs() };
    if (!jump || offsetMs === undefined) return isSyncCurrent(question);
    const current = isSyncCurrent({ ...question, ...jump, expectedMs: offsetMs + monoMs() });
    if (!current) jump = { staleMs: jump.staleMs ?? syncedAtMs ?? 0 };
    return current;
  }

  async function look(): Promise<void> {
    const machine = await probe.look();
    if (stopped) return;
    observe();
    if (mode === 'wall') return;
    const gatewayOffset = gateways.offsetMs();
    const verdict = judgeClock({
      ...machine,
      syncCurrent: isCurrent(machine),
      policy,
      wallMs: clock.nowMs(),
      builtMs,
      newestMs: newest?.ownMs,
      expectedMs: offsetMs === undefined || mode !== 'unknown' ? undefined : offsetMs + monoMs(),
      gatewayMs: gatewayOffset === undefined ? undefined : gatewayOffset + monoMs(),
    });
    if (verdict.time === 'wall') {
      const { uncertaintyMs } = verdict;
      settle('wall', { offsetMs: seen.offsetMs, source: verdict.source, uncertaintyMs });
    } else if (verdict.time === 'gateway') {
      if (mode === 'gateway') return;
      const { uncertaintyMs } = verdict;
      settle('gateway', { offsetMs: verdict.timeMs - monoMs(), source: 'gateway', uncertaintyMs });
    } else if (mode === 'unknown') {
      if (why !== verdict.why) logger.warn('clock.not_trusted', { why: verdict.why });
      why = verdict.why;
      if (isPatienceOver()) assume();
    }
  }

  function isPatienceOver(): boolean {
    if (!store) return false;
    if (store.clocks.lastSet()?.source === 'assumed') return true;
    const open = store.clocks.open();
    const waitedMs = open.reduce((sum, boot) => {
      const untilMs = boot.boot === probe.boot ? monoMs() : boot.lastMonoMs;
      return sum + Math.max(0, untilMs - boot.firstMonoMs);
    }, 0);
    return waitedMs >= holdMs || open.length > MAX_OPEN_BOOTS;
  }

  function assume(): void {
    const nowMono = monoMs();
    settle('assumed', { offsetMs: guess().timeMs - nowMono, source: 'assumed', uncertaintyMs: null });
    logger.warn('clock.assumed', { hint: HINT });
  }

  /** Looks again after `ms`, and from then on as long as the time is unknown. */
  function lookSoon(ms: number): void {
    if (stopped || !store) return;
    cancelTimer?.();
    // A clock that jumps all the time shall not keep the machine busy.
    const waitMs = Math.max(ms, lookedMs + SPACED_MS - monoMs());
    cancelTimer = clock.after(waitMs, () => {
      cancelTimer = undefined;
      looking ??= lookOnce();
    });
  }

  async function lookOnce(): Promise<void> {
    looks += 1;
    lookedMs = monoMs();
    try {
      await look();
    } catch (error) {
      logger.error('clock.look_failed', { error: error instanceof Error ? error.message : String(error) });
    }
    looking = undefined;
    if (!cancelTimer && (mode === 'unknown' || mode === 'assumed')) {
      lookSoon(looks <= LOOKS_SOON && mode === 'unknown' ? LOOK_MS : LOOK_LATER_MS);
    }
  }

  /** What the time may be, without anything of this very moment. */
  function guess(): { readonly timeMs: number; readonly source: 'boot' | 'wall' | 'last_known' } {
    const nowMono = monoMs();
    const wallMs = clock.nowMs();
    if (offsetMs !== undefined) return { timeMs: offsetMs + nowMono, source: 'boot' };
    if (newest?.offsetMs !== undefined) return { timeMs: newest.offsetMs + nowMono, source: 'last_known' };
    const knownMs = Math.max(builtMs, newest?.timeMs ?? 0);
    if (wallMs >= knownMs && wallMs <= knownMs + YEARS_MS) return { timeMs: wallMs, source: 'wall' };
    return { timeMs: knownMs + nowMono - madeMonoMs, source: 'last_known' };
  }

  /** The word of the gateways in `record` about when they received it, unless it may be our own doubtful clock's. */
  function wordOf({ kind, body, timeMs }: NewRecord): number | undefined {
    if (kind !== 'uplink') return undefined;
    const wallMs = clock.nowMs();
    const own = { nowMs: nowMs(), trusted: mode === 'gateway' };
    const isOther = (word: number, otherMs: number) => Math.abs(word - otherMs) > 10_000;
    // ChirpStack's event has a time of its own, unless it was we who dated it.
    const event = body.via === 'chirpstack' && isOther(timeMs, own.nowMs) ? [timeMs] : [];
    const words = [...body.rx.map(({ t }) => t), ...event];
    return words
      .map((word) => believed(word, own))
      .find((word) => word !== undefined && isOther(word, wallMs));
  }

  function nowMs(): number {
    if (mode === 'wall') return clock.nowMs();
    return mode === 'unknown' ? guess().timeMs : (offsetMs ?? 0) + monoMs();
  }

  function stampOf(record: NewRecord) {
    const word = wordOf(record);
    if (mode === 'unknown') {
      const { timeMs, source: from } = guess();
      if (from !== 'boot' && word !== undefined) return { timeMs: word, source: 'frame' as const };
      return { timeMs, source: from };
    }
    if (mode === 'gateway' && word !== undefined && isReception(word, nowMs()))
      return { timeMs: word, source: mode };
    return { timeMs: nowMs(), source: mode === 'gateway' ? mode : ('assumed' as const) };
  }

  return {
    stamp(record) {
      observe();
      if (mode === 'wall') return record;
      const { timeMs, source: from } = stampOf(record);
      stamped ||= mode === 'unknown';
      const stamp = { boot: probe.boot, monoMs: Math.round(monoMs()), source: from };
      const body = { ...record.body, clock: stamp };
      return { ...record, timeMs: Math.round(timeMs), body } as NewRecord;
    },
    attach(opened) {
      store = opened;
      newest = readNewest(store, store.log.lastSeq() + 1, builtMs, probe.boot);
      if (store.clocks.open().some(({ boot }) => boot === probe.boot)) stamped = true;
    },
    noteGatewayTime({ gatewayId, ...word }) {
      // A majority shall be able to speak against our clock: what can be at all is weighed.
      const saidMs = believedWord(word, { nowMs: 0, trusted: false });
      if (saidMs === undefined) return;
      observe();
      const isProven = mode === 'wall' && source !== 'steady';
      if (isProven || mode === 'gateway') return;
      gateways.note(gatewayId, saidMs, monoMs(), clock.nowMs());
      const offset = gateways.offsetMs();
      if (offset === undefined) return;
      if (mode !== 'wall') {
        if (looking === undefined) lookSoon(0);
        return;
      }
      // Nothing but its steadiness spoke for our clock, and gateways with clocks of their own speak against it.
      settle('gateway', { offsetMs: offset, source: 'gateway', uncertaintyMs: null });
    },
    nowMs() {
      observe();
      return nowMs();
    },
    ownTime() {
      observe();
      return { nowMs: nowMs(), trusted: mode === 'wall' || mode === 'gateway' };
    },
    timeOf: (record) => (store ? timeOf(record, store.clocks) : AS_WRITTEN.timeOf(record)),
    holdFrom: () => store?.clocks.firstOpenSeq() ?? Number.POSITIVE_INFINITY,
    async start() {
      looking ??= lookOnce();
      await looking;
    },
    async stop() {
      stopped = true;
      cancelTimer?.();
      await looking;
    },
    status() {
      if (mode === 'wall') return { state: 'ok', detail: `the clock is right (${source})`, sinceMs };
      if (mode === 'gateway') return { state: 'ok', detail: 'the time comes from the gateways', sinceMs };
      const detail =
        mode === 'unknown' ? `readings wait for the right time: ${why}` : 'the time is estimated';
      return { state: 'degraded', detail, hint: HINT, sinceMs };
    },
  };
}

const HINT =
  'Let the machine reach a time server, give it a clock with a battery, or set it by hand and set time.trust to "always".';
