/**
 * Watches the clocks of the machine: notices jumps, asks whether the time can be trusted for as long as it is not, and says
 * so in the log once it is. There is a timer only while the time is unknown.
 */

import { MADE_MS } from '../model/foreign-time.ts';
import type { NewRecord } from '../model/record.ts';
import { advise, tell } from '../model/said.ts';
import { dateBoots, type Offset } from '../model/time.ts';
import { type ClockContext, guess, type Mode } from './clock-context.ts';
import { type ClockDoubt, isSyncCurrent, JUMP_MS, judgeClock, type MachineTime } from './clock-verdict.ts';
import { readNewest } from './newest-time.ts';

/** Half a second, and what a clock that is being corrected slowly may gain. */
const DAY_MS = 86_400_000;
const STEP_MS = 500;
const SLEW = 0.001;
const LOOK_MS = 10_000;
const LOOK_LATER_MS = 60_000;
const LOOKS_SOON = 60;
const SPACED_MS = 1_000;
const JUMP_SPOKEN_MS = 60_000;
/** A box that restarts again and again without the time waits no longer. */
const MAX_OPEN_BOOTS = 100;

/** Compares the clocks with each other; tells of a jump. */
export function observe(context: ClockContext): void {
  const { seen, probe } = context;
  const { clock } = context.world;
  const monoMs = clock.monotonicMs();
  const offsetMs = clock.nowMs() - monoMs;
  const slack = STEP_MS + (monoMs - seen.monoMs) * SLEW;
  let byMs = offsetMs - seen.offsetMs;
  let { sleptMs } = seen;
  if (Math.abs(byMs) > slack) {
    sleptMs = probe.sleptMs();
    byMs -= sleptMs - seen.sleptMs;
  }
  context.seen = { offsetMs, monoMs, sleptMs };
  const jumped = Math.abs(byMs) > slack;
  if (context.mode === 'wall' && !(jumped && Math.abs(byMs) > JUMP_MS)) context.offsetMs = offsetMs;
  if (jumped) onJump(context, byMs);
}

function onJump(context: ClockContext, byMs: number): void {
  const { clock, logger } = context.world;
  context.gateways.clear();
  context.jumps += 1;
  const wasTrusted = context.mode === 'wall';
  if (wasTrusted && Math.abs(byMs) > JUMP_MS) {
    become(context, 'unknown', 'clock.doubt.jumped');
    context.jump = {};
  }
  if (wasTrusted && clock.monotonicMs() - context.spokenMs >= JUMP_SPOKEN_MS) {
    context.spokenMs = clock.monotonicMs();
    const trusted = context.mode === 'wall';
    const detail = { byMs: Math.round(byMs), toMs: clock.nowMs(), trusted, jumps: context.jumps };
    context.jumps = 0;
    logger.warn('clock.jumped', detail);
    append(context, [{ event: 'clock_jumped', ...detail }]);
  }
  if (context.mode !== 'wall') lookSoon(context, 0);
}

function append({ store, world }: ClockContext, bodies: readonly { readonly event: string }[]): void {
  const timeMs = world.clock.nowMs();
  const records = bodies.map((body): NewRecord => ({ kind: 'system', timeMs, device: null, body }));
  // Rejected only by a store that is closed: the next start finds the same boots open and dates them then.
  store?.commit({ records }).catch(() => undefined);
}

function become(context: ClockContext, mode: Mode, why?: ClockDoubt): void {
  context.mode = mode;
  context.why = why ?? context.why;
  context.sinceMs = context.world.clock.nowMs();
}

/** From now on the time is known by `offset`: records that wait for it are dated. */
export function setClock(
  context: ClockContext,
  mode: Exclude<Mode, 'unknown'>,
  offset: Omit<Offset, 'boot'>,
): void {
  const { store, probe, world } = context;
  const open = store?.clocks.open() ?? [];
  const lower = open[0] && readNewest(store, open[0].firstSeq, MADE_MS)?.timeMs;
  const wasAssumed = store?.clocks.lastSet()?.source === 'assumed' && mode !== 'assumed';
  const needed = context.stamped || open.length > 0 || wasAssumed || mode === 'assumed';
  context.offsetMs = offset.offsetMs;
  context.followedMs = world.clock.monotonicMs();
  context.source = offset.source;
  become(context, mode);
  context.stamped = false;
  if (mode === 'wall') context.jump = undefined;
  if (!needed) return;
  const rounded = { ...offset, offsetMs: Math.round(offset.offsetMs), boot: probe.boot };
  const offsets = dateBoots(open, rounded, lower);
  world.logger.info('clock.set', { source: offset.source, boots: offsets.length });
  append(
    context,
    offsets.map((one) => ({ event: 'clock_set', ...one })),
  );
}

/** Most gateways do not show the time that came from some: nobody knows it, until something else proves one of the two. */
export function doubtGateways(context: ClockContext): void {
  const why = 'clock.doubt.gatewaysAtOdds';
  context.offsetMs = undefined;
  become(context, 'unknown', why);
  context.world.logger.warn('clock.not_trusted', { why: tell(why).detail });
  lookSoon(context, 0);
}

/** Looks again after `ms`, and from then on as long as the time is unknown. */
export function lookSoon(context: ClockContext, ms: number): void {
  const { clock } = context.world;
  if (context.stopped || !context.store) return;
  context.cancelTimer?.();
  // A clock that jumps all the time shall not keep the machine busy.
  const waitMs = Math.max(ms, context.lookedMs + SPACED_MS - clock.monotonicMs());
  context.cancelTimer = clock.after(waitMs, () => {
    context.cancelTimer = undefined;
    void lookNow(context);
  });
}

/** Looks at once, or waits for the look that is under way. */
export function lookNow(context: ClockContext): Promise<void> {
  context.looking ??= lookOnce(context);
  return context.looking;
}

async function lookOnce(context: ClockContext): Promise<void> {
  const { clock, logger } = context.world;
  context.looks += 1;
  context.lookedMs = clock.monotonicMs();
  try {
    await look(context);
  } catch (error) {
    logger.error('clock.look_failed', { error: error instanceof Error ? error.message : String(error) });
  }
  context.looking = undefined;
  const { mode, looks, cancelTimer } = context;
  if (!cancelTimer && (mode === 'unknown' || mode === 'assumed')) {
    lookSoon(context, looks <= LOOKS_SOON && mode === 'unknown' ? LOOK_MS : LOOK_LATER_MS);
  }
}

async function look(context: ClockContext): Promise<void> {
  const machine = await context.probe.look();
  if (context.stopped) return;
  observe(context);
  const { mode, seen, world } = context;
  if (mode === 'wall') return;
  const verdict = judge(context, machine);
  if (verdict.time === 'wall') {
    const { source, uncertaintyMs } = verdict;
    setClock(context, 'wall', { offsetMs: seen.offsetMs, source, uncertaintyMs });
  } else if (verdict.time === 'gateway') {
    if (mode === 'gateway') return;
    const offsetMs = verdict.timeMs - world.clock.monotonicMs();
    setClock(context, 'gateway', { offsetMs, source: 'gateway', uncertaintyMs: verdict.uncertaintyMs });
  } else if (mode === 'unknown') {
    if (context.why !== verdict.why)
      world.logger.warn('clock.not_trusted', { why: tell(verdict.why).detail });
    context.why = verdict.why;
    if (isPatienceOver(context)) assume(context);
  }
}

function judge(context: ClockContext, machine: MachineTime): ReturnType<typeof judgeClock> {
  const { mode, offsetMs, newest, config, gateways } = context;
  const { clock } = context.world;
  const monoMs = clock.monotonicMs();
  const gatewayOffset = gateways.offsetMs();
  return judgeClock({
    ...machine,
    syncCurrent: isCurrent(context, machine),
    trust: config.trust,
    wallMs: clock.nowMs(),
    builtMs: MADE_MS,
    newestMs: newest?.ownMs,
    expectedMs: offsetMs === undefined || mode !== 'unknown' ? undefined : offsetMs + monoMs,
    gatewayMs: gatewayOffset === undefined ? undefined : gatewayOffset + monoMs,
  });
}

function isCurrent(context: ClockContext, { syncedAtMs }: MachineTime): boolean {
  const { jump, offsetMs, probe } = context;
  const { clock } = context.world;
  const monoMs = clock.monotonicMs();
  const question = { syncedAtMs, wallMs: clock.nowMs(), upMs: monoMs + probe.sleptMs() };
  if (!jump || offsetMs === undefined) return isSyncCurrent(question);
  const current = isSyncCurrent({ ...question, ...jump, expectedMs: offsetMs + monoMs });
  if (!current) context.jump = { staleMs: jump.staleMs ?? syncedAtMs ?? 0 };
  return current;
}

function isPatienceOver({ store, probe, config, world }: ClockContext): boolean {
  if (!store) return false;
  if (store.clocks.lastSet()?.source === 'assumed') return true;
  const open = store.clocks.open();
  const waitedMs = open.reduce((sum, boot) => {
    const untilMs = boot.boot === probe.boot ? world.clock.monotonicMs() : boot.lastMonoMs;
    return sum + Math.max(0, untilMs - boot.firstMonoMs);
  }, 0);
  return waitedMs >= config.holdDays * DAY_MS || open.length > MAX_OPEN_BOOTS;
}

function assume(context: ClockContext): void {
  const { clock, logger } = context.world;
  const offsetMs = guess(context).timeMs - clock.monotonicMs();
  setClock(context, 'assumed', { offsetMs, source: 'assumed', uncertaintyMs: null });
  logger.warn('clock.assumed', { hint: advise('clock.todo').hint });
}
