/**
 * Looks now and then whether InfluxDB still has what it acknowledged: its disk may have been full, its files may be those of a
 * backup. Of the records delivered a few are remembered, many of the newest and fewer the older they are, and read back by
 * their own time. A server that cannot be asked, or does not let us, is no reason to worry, nor to say that all is there.
 */

import type { InfluxConfig } from '../../config/schema.ts';
import type { CheckStatus } from '../../model/influx.ts';
import { timestamp } from '../../model/line-protocol.ts';
import { tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import type { Notes } from '../../store/contract.ts';
import type { Entry } from './delivery-queues.ts';
import { askFlux, type FluxApi } from './flux-query.ts';
import { readBackFlux, readNanoseconds, SENTINEL } from './read-back-flux.ts';
import { timeOf } from './too-old.ts';

const NOTE = 'influx_delivered';
const MAX_SAMPLES = 64;
/** Records in one query. */
const QUERY_SAMPLES = 16;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** After it came back InfluxDB has better things to do, and what comes next may still fail. */
const AFTER_RETURN_MS = 60_000;
const LEAST_MS = 10 * 60_000;

/** A record that was delivered, as it can be found in InfluxDB. */
export interface Sample {
  readonly seq: number;
  readonly timeMs: number;
  readonly device: string;
  readonly measurement: string;
}

export interface SpotCheck {
  /** These were delivered together. */
  noteDelivered(entries: readonly Entry[]): void;
  /** InfluxDB works (again). */
  noteWorking(): void;
  /** Looks at once; undefined when there was no useful answer. `accept`: what is missing now is not asked for again. */
  look(accept?: boolean): Promise<CheckStatus | undefined>;
  status(): CheckStatus | undefined;
  save(): void;
  stop(): void;
}

export interface SpotCheckOptions {
  readonly config: InfluxConfig;
  readonly notes: Notes;
  readonly world: World;
  /** seq of the oldest record of the log: what is older cannot be written again. */
  readonly firstSeq: () => number;
  readonly api: () => FluxApi | undefined;
}

interface CheckContext extends SpotCheckOptions {
  samples: Sample[];
  last: CheckStatus | undefined;
  looking: Promise<CheckStatus | undefined> | undefined;
  cancelTimer: (() => void) | undefined;
  lookedMs: number;
  savedMs: number;
}

export function createSpotCheck(options: SpotCheckOptions): SpotCheck {
  const { clock } = options.world;
  const context: CheckContext = {
    ...options,
    ...load(options),
    ...{ looking: undefined, cancelTimer: undefined },
    ...{ lookedMs: Number.NEGATIVE_INFINITY, savedMs: clock.monotonicMs() },
  };
  const look = (accept = false) => {
    context.looking ??= lookNow(context, accept).finally(() => {
      context.looking = undefined;
      later(context, DAY_MS);
    });
    return context.looking;
  };
  function later({ world }: CheckContext, ms: number): void {
    context.cancelTimer?.();
    context.cancelTimer = world.clock.after(ms, () => void look());
  }
  return {
    noteDelivered: (entries) => noteDelivered(context, entries),
    noteWorking: () =>
      later(context, Math.max(AFTER_RETURN_MS, LEAST_MS - (clock.monotonicMs() - context.lookedMs))),
    look,
    status: () => context.last,
    save: () => save(context),
    stop: () => context.cancelTimer?.(),
  };
}

function noteDelivered(context: CheckContext, entries: readonly Entry[]): void {
  const entry = entries.findLast(({ record, lines }) => record.kind === 'uplink' && lines !== '');
  const sample = entry && sampleOf(entry, context.config.measurement);
  // Those that are met again, and those of a backlog, come between the others.
  if (!sample || context.samples.some(({ seq }) => seq === sample.seq)) return;
  const samples = [...context.samples, sample].sort((a, b) => a.seq - b.seq);
  if (samples.length > MAX_SAMPLES) samples.splice(leastMissed(samples), 1);
  context.samples = samples;
  if (context.world.clock.monotonicMs() - context.savedMs >= HOUR_MS) save(context);
}

function sampleOf(entry: Entry, measurement: string): Sample {
  const { record, lines } = entry;
  // Each uplink has a line of measurement `radio`; one whose payload was understood has a reading in front of it.
  const hasReading = lines.includes('\n') && /^[\w.-]+$/.test(measurement);
  return {
    seq: record.seq,
    timeMs: timeOf(entry),
    device: record.device ?? '',
    measurement: hasReading ? measurement : 'radio',
  };
}

/** The one that leaves the smallest hole for its age. */
function leastMissed(samples: readonly Sample[]): number {
  const seqOf = (index: number) => samples[index]?.seq ?? 0;
  const last = seqOf(samples.length - 1);
  let least = 1;
  let smallest = Number.POSITIVE_INFINITY;
  for (let index = 1; index < samples.length - 1; index += 1) {
    const hole = (seqOf(index + 1) - seqOf(index - 1)) / (last - seqOf(index) + 1);
    if (hole >= smallest) continue;
    smallest = hole;
    least = index;
  }
  return least;
}

async function lookNow(context: CheckContext, accept: boolean): Promise<CheckStatus | undefined> {
  const { clock, logger } = context.world;
  const api = context.api();
  context.lookedMs = clock.monotonicMs();
  if (!api) return context.last;
  const keptFromMs = clock.nowMs() - context.config.retentionDays * DAY_MS + HOUR_MS;
  const first = context.firstSeq();
  context.samples = context.samples.filter(({ seq, timeMs }) => seq >= first && timeMs > keptFromMs);
  const samples = [...context.samples];
  const found = await findThem(context, api, samples);
  if (typeof found === 'string') {
    logger.debug('influx.check_failed', { reason: found });
    return undefined;
  }
  const { absent, ...told } = { ...found, checkedMs: clock.nowMs() };
  const isAccepted = accept && absent.length > 0;
  if (isAccepted) context.samples = context.samples.filter((sample) => !absent.includes(sample));
  const { looked, checkedMs } = told;
  const accepted = tell('influx.checkAccepted', { missing: absent.length });
  const status: CheckStatus = isAccepted
    ? { state: 'complete', looked, missing: 0, checkedMs, ...accepted }
    : told;
  const isNews = status.state === 'missing' && context.last?.state !== 'missing';
  const { said: _, ...logged } = status;
  logger[isNews ? 'warn' : 'debug']('influx.check', logged);
  context.last = status;
  save(context);
  return status;
}

type Found = Omit<CheckStatus, 'checkedMs'> & { readonly absent: readonly Sample[] };

/** Which of the samples are not there; a text when it is to be asked again. */
async function findThem(
  { config }: CheckContext,
  api: FluxApi,
  samples: readonly Sample[],
): Promise<Found | string> {
  const absent: Sample[] = [];
  const told = { looked: samples.length, missing: 0, absent };
  if (samples.length === 0) {
    return { ...told, state: 'nothing', ...tell('influx.checkNothing') };
  }
  for (let at = 0; at < samples.length; at += QUERY_SAMPLES) {
    const part = samples.slice(at, at + QUERY_SAMPLES);
    const answer = await askFlux(api, config.org, readBackFlux(config.bucket, part.map(wantedOf)), '_time');
    if (answer.kind === 'later') return answer.reason;
    const there = answer.kind === 'rows' ? new Set(answer.column.map(readNanoseconds)) : undefined;
    if (!there?.has(SENTINEL)) return { ...told, ...cannotOf(config, answer), looked: 0 };
    absent.push(...part.filter((sample) => !there.has(stampOf(sample))));
  }
  const [oldest] = absent;
  if (!oldest) {
    return {
      ...told,
      state: 'complete',
      ...tell('influx.checkComplete', { looked: samples.length }),
    };
  }
  return { ...told, missing: absent.length, ...missingOf(samples, oldest, absent.length) };
}

const stampOf = ({ timeMs, seq }: Sample): bigint => BigInt(timestamp(timeMs, seq));
const wantedOf = (sample: Sample) => ({ ...sample, stamp: stampOf(sample) });

function missingOf(
  samples: readonly Sample[],
  oldest: Sample,
  count: number,
): Pick<CheckStatus, 'state' | 'detail'> & Partial<CheckStatus> {
  // What lies between the last one that is there and the first that is not may be gone as well.
  const before = samples.findLast(({ seq, timeMs }) => seq < oldest.seq && timeMs <= oldest.timeMs);
  const rewindFromMs = Math.floor((before?.timeMs ?? oldest.timeMs - HOUR_MS) / 1000) * 1000;
  return {
    state: 'missing',
    ...{ oldestMissingMs: oldest.timeMs, rewindFromMs },
    ...tell('influx.checkMissing', {
      missing: count,
      looked: samples.length,
      since: new Date(oldest.timeMs).toISOString(),
      from: new Date(rewindFromMs).toISOString(),
    }),
  };
}

function cannotOf(
  { bucket }: InfluxConfig,
  answer: { readonly kind: string; readonly reason?: string },
): Pick<CheckStatus, 'state' | 'detail' | 'said'> {
  const { kind, reason } = answer;
  if (kind === 'not_allowed')
    return { state: 'cannot', ...tell('influx.checkNoRight', { bucket, reason: reason ?? '' }) };
  if (reason === undefined) return { state: 'cannot', ...tell('influx.checkNoFlux') };
  return { state: 'cannot', ...tell('influx.checkNoFluxBecause', { reason }) };
}

function save(context: CheckContext): void {
  const { notes, samples, last, world } = context;
  context.savedMs = world.clock.monotonicMs();
  try {
    notes.put(NOTE, { samples, last });
  } catch (error) {
    world.logger.warn('influx.check_unsaved', { error: error instanceof Error ? error.message : '' });
  }
}

function load({ notes, world }: SpotCheckOptions): Pick<CheckContext, 'samples' | 'last'> {
  try {
    const { samples = [], last } = (notes.get(NOTE) ?? {}) as Partial<Pick<CheckContext, 'samples' | 'last'>>;
    return { samples, last };
  } catch (error) {
    world.logger.warn('influx.check_lost', { error: error instanceof Error ? error.message : '' });
    return { samples: [], last: undefined };
  }
}
