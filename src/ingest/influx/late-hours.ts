/**
 * Has the hours aggregated again whose readings came so late that the task of the aggregates no longer looks at them. The hours
 * are stored before the place in the log moves on, as a few ranges, and leave when InfluxDB has computed them; nothing waits.
 */
import type { InfluxConfig } from '../../config/schema.ts';
import type { LateStatus } from '../../model/influx.ts';
import type { World } from '../../model/world.ts';
import type { Notes } from '../../store/contract.ts';
import { aggregateHoursFlux, LOOK_BACK_HOURS } from './aggregate-flux.ts';
import type { Entry } from './delivery-queues.ts';
import { askFlux, type FluxApi } from './flux-query.ts';
import { addHour, countHours, type HourRange, removeHours } from './hour-ranges.ts';
import { aggregatesBucket } from './provision.ts';
import { timeOf } from './too-old.ts';

const NOTE = 'influx_late_hours';
export const HOUR_MS = 3_600_000;
/** So long nothing late has come: a backlog is aggregated when it is through, not once for each request. */
const QUIET_MS = 120_000;
/** Hours of one query: as many as a run of the task. */
const QUERY_HOURS = LOOK_BACK_HOURS;
const BETWEEN_MS = 2_000;
const AGAIN_MS = 600_000;

export interface LateHours {
  /** These were delivered, and are to be counted in. To be called before the cursor moves over them. */
  noteDelivered(entries: readonly Entry[]): void;
  status(): LateStatus | undefined;
  start(): void;
  stop(): void;
}

export interface LateHoursOptions {
  readonly config: InfluxConfig;
  readonly notes: Notes;
  readonly world: World;
  readonly api: () => FluxApi | undefined;
  /** Whether bucket and task of the aggregates are there. */
  readonly isProvisioned: () => boolean;
}

interface LateContext extends LateHoursOptions {
  ranges: readonly HourRange[];
  problem: string | undefined;
  notedMs: number;
  cancelTimer: (() => void) | undefined;
  /** Late readings came for hours of the query under way. */
  dirtied: boolean;
  stopped: boolean;
}

export function createLateHours(options: LateHoursOptions): LateHours {
  const context: LateContext = {
    ...options,
    ranges: load(options),
    ...{ problem: undefined, notedMs: Number.NEGATIVE_INFINITY, cancelTimer: undefined },
    ...{ dirtied: false, stopped: false },
  };
  return {
    noteDelivered: (entries) => noteDelivered(context, entries),
    status: () => statusOf(context),
    start: () => later(context, QUIET_MS),
    stop() {
      context.stopped = true;
      context.cancelTimer?.();
    },
  };
}

function noteDelivered(context: LateContext, entries: readonly Entry[]): void {
  const { world, config, notes } = context;
  const nowMs = world.clock.nowMs();
  const nowHour = Math.floor(nowMs / HOUR_MS);
  // The next run looks at the six hours before it; one less, since clocks differ.
  const seenFrom = nowHour + 2 - LOOK_BACK_HOURS;
  const keptFrom = nowHour - config.retentionDays * 24;
  let ranges = context.ranges;
  let isLate = false;
  for (const entry of entries) {
    const hour = Math.floor(timeOf(entry) / HOUR_MS);
    if (entry.record.kind !== 'uplink' || entry.lines === '' || hour >= seenFrom || hour < keptFrom) continue;
    ranges = addHour(ranges, hour);
    isLate = true;
  }
  if (!isLate) return;
  context.notedMs = world.clock.monotonicMs();
  context.dirtied = true;
  if (ranges !== context.ranges) {
    notes.put(NOTE, ranges);
    context.ranges = ranges;
  }
  if (!context.cancelTimer) later(context, QUIET_MS);
}

function later(context: LateContext, ms: number): void {
  if (context.stopped || context.ranges.length === 0) return;
  context.cancelTimer?.();
  context.cancelTimer = context.world.clock.after(ms, () => void work(context));
}

/** One query, if it is time for one; then the next one, as long as there is something to do. */
async function work(context: LateContext): Promise<void> {
  const { world, config, notes } = context;
  const quietMs = world.clock.monotonicMs() - context.notedMs;
  if (quietMs < QUIET_MS) return later(context, QUIET_MS - quietMs);
  const keptFrom = Math.floor(world.clock.nowMs() / HOUR_MS) - config.retentionDays * 24;
  let nextMs = AGAIN_MS;
  try {
    const kept = removeHours(context.ranges, [0, keptFrom]);
    const [range] = kept;
    const hours: HourRange = range ? [range[0], Math.min(range[1], range[0] + QUERY_HOURS)] : [0, 0];
    context.dirtied = false;
    context.problem = range ? await compute(context, hours) : undefined;
    if (context.problem === undefined && !context.dirtied) {
      context.ranges = removeHours(context.ranges, [0, Math.max(hours[1], keptFrom)]);
      notes.put(NOTE, context.ranges);
      nextMs = BETWEEN_MS;
    }
  } catch (error) {
    world.logger.warn('influx.aggregates_unsaved', { error: error instanceof Error ? error.message : '' });
  }
  context.cancelTimer = undefined;
  later(context, nextMs);
}

/** Has the hours computed again; why they were not. */
async function compute(
  { api, isProvisioned, config, world }: LateContext,
  [from, to]: HourRange,
): Promise<string | undefined> {
  const ask = api();
  if (!ask || !isProvisioned()) return 'bucket and task of the aggregates are not there, or may not be seen';
  const { bucket, measurement, org } = config;
  const flux = aggregateHoursFlux(
    { bucket, aggregates: aggregatesBucket(bucket), measurement },
    { startMs: from * HOUR_MS, stopMs: to * HOUR_MS },
  );
  const answer = await askFlux(ask, org, flux, '_value');
  const told = { from: iso(from), to: iso(to) };
  if (answer.kind === 'rows') {
    world.logger.info('influx.aggregated', { ...told, values: Number(answer.column[0] ?? 0) });
    return undefined;
  }
  world.logger.warn('influx.aggregates_late', { ...told, reason: answer.reason });
  return answer.reason;
}

function statusOf({ ranges, problem }: LateContext): LateStatus | undefined {
  const [oldest] = ranges;
  if (!oldest) return undefined;
  const told = { hours: countHours(ranges), oldestMs: oldest[0] * HOUR_MS };
  return problem === undefined ? told : { ...told, problem };
}

function iso(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}

function load({ notes, world }: LateHoursOptions): readonly HourRange[] {
  try {
    return (notes.get(NOTE) as readonly HourRange[] | undefined) ?? [];
  } catch (error) {
    world.logger.warn('influx.aggregates_lost', { error: error instanceof Error ? error.message : '' });
    return [];
  }
}
