/**
 * Writes a stretch of the log to InfluxDB again, as after it lost what it had acknowledged. The cursor and its counts stay as
 * they are: what was delivered was delivered. Fresh records and the backlog go first; the place is kept over a restart.
 */
import type { RewindStatus } from '../../model/influx.ts';
import { type Told, tell } from '../../model/said.ts';
import type { Dating } from '../../model/time.ts';
import type { Log, Notes } from '../../store/contract.ts';
import type { Sent } from './delivery.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { SINK } from './delivery-context.ts';
import type { Entry } from './delivery-queues.ts';
import { emptyJob, type RewriteJob, sendPart } from './rewrite-part.ts';
import { timeOf } from './too-old.ts';

const NOTE = 'influx_rewind';
/** Shortest time between two savings of the place: what a crash forgets is written once more, over itself. */
const SAVE_MS = 60_000;
/** Places of the log that are looked at to find a time. Records are nearly, not quite, in the order of their times. */
const SAMPLES = 256;

export interface Range {
  readonly fromMs: number;
  readonly toMs?: number | undefined;
}

export interface Rewriter {
  /** False while another one is under way. */
  begin(range: Range): boolean;
  /** False when none is under way. */
  cancel(by: string): boolean;
  waiting(): boolean;
  /** The next request, if one is due. */
  next(): Promise<Sent>;
  status(): RewindStatus | undefined;
  save(): void;
}

export interface RewriterOptions {
  /** Of the one delivery, so that what it learns of InfluxDB counts here too. */
  readonly delivery: DeliveryContext;
  readonly notes: Notes;
  readonly batchBytes: number;
  readonly dating: Dating;
  readonly onEnd: (status: RewindStatus) => void;
}

interface RewriterContext extends RewriterOptions {
  job: RewriteJob | undefined;
  savedMs: number;
}

/** The rewriter, with the job a former run has left. */
export function createRewriter(options: RewriterOptions): Rewriter {
  const context: RewriterContext = { ...options, job: load(options), savedMs: Number.NEGATIVE_INFINITY };
  const isRunning = () => context.job?.state === 'running';
  return {
    begin(range) {
      if (isRunning()) return false;
      context.job = newJob(options, range);
      save(context);
      const { fromMs, toMs, at, endSeq } = context.job;
      options.delivery.world.logger.info('influx.rewind', { fromMs, toMs, records: endSeq - at });
      return true;
    },
    cancel(by) {
      if (!context.job || !isRunning()) return false;
      end(context, context.job, 'stopped', tell('influx.rewindEnded', { by }));
      return true;
    },
    waiting: isRunning,
    next: () => next(context),
    status: () => context.job && statusOf(context.job),
    save() {
      if (isRunning()) save(context);
    },
  };
}

function newJob({ delivery, dating }: RewriterOptions, { fromMs, toMs }: Range): RewriteJob {
  const { log, holdFrom, world } = delivery;
  const endSeq = Math.min(log.lastSeq(), holdFrom() - 1);
  const at = findPlace(log, dating, fromMs, endSeq);
  const [oldest] = log.readAfter(0, 1);
  const oldestMs = oldest && dating.timeOf(oldest).timeMs;
  return {
    ...emptyJob(),
    ...{ fromMs, startedMs: world.clock.nowMs(), startSeq: at, at, endSeq },
    ...(toMs === undefined ? {} : { toMs }),
    ...(oldestMs !== undefined && oldestMs > fromMs && (oldest?.seq ?? 1) > 1 ? { logFromMs: oldestMs } : {}),
  };
}

/** A record behind which everything from `fromMs` on lies; some older ones may lie there, too. */
function findPlace(log: Log, { timeOf: datedBy }: Dating, fromMs: number, endSeq: number): number {
  const first = log.firstSeq();
  const step = Math.max(1, Math.ceil((endSeq - first + 1) / SAMPLES));
  let place = first - 1;
  for (let after = first - 1; after < endSeq; after += step) {
    const [record] = log.readAfter(after, 1);
    if (!record || datedBy(record).timeMs >= fromMs) break;
    place = record.seq - 1;
  }
  return Math.min(place, endSeq);
}

async function next(context: RewriterContext): Promise<Sent> {
  const { delivery, job } = context;
  const { clock } = delivery.world;
  const startMs = clock.monotonicMs();
  if (job?.state !== 'running') return { pauseMs: 0, busyMs: 0, waitedMs: 0 };
  if (job.work.length === 0) readPart(context, job);
  const [part] = job.work;
  if (!part) {
    if (job.at >= job.endSeq) end(context, job, 'done');
    return { pauseMs: 0, busyMs: clock.monotonicMs() - startMs, waitedMs: 0 };
  }
  const busyMs = clock.monotonicMs() - startMs;
  const { pauseMs, hopeless } = await sendPart(delivery, job, part);
  // It may have been ended meanwhile.
  if (job.state === 'running') {
    if (hopeless !== undefined)
      end(context, job, 'stopped', tell('influx.rewindRefused', { reason: hopeless }));
    else if (clock.monotonicMs() - context.savedMs >= SAVE_MS) save(context);
  }
  return { pauseMs, busyMs, waitedMs: clock.monotonicMs() - startMs - busyMs };
}

/** The next records of the log; those that are to be written become work. */
function readPart({ delivery, batchBytes }: RewriterContext, job: RewriteJob): void {
  const { log, quarantine, toEntries } = delivery;
  const read = log.readAfter(job.at, delivery.limit, batchBytes);
  const records = read.filter(({ seq }) => seq <= job.endSeq);
  const from = job.at;
  // What lies between is not in the log any more.
  job.at =
    records.length < read.length || read.length === 0 ? job.endSeq : (records.at(-1)?.seq ?? job.endSeq);
  job.gone += job.at - from - records.length;
  const refused = new Set(quarantine.list(SINK, from, records.length).map(({ seq }) => seq));
  const wanted = toEntries(records).filter((entry) => isWanted(entry, job));
  const part = wanted.filter(({ record }) => !refused.has(record.seq));
  job.quarantined += wanted.length - part.length;
  if (part.length > 0) job.work.push(part);
}

function isWanted(entry: Entry, { fromMs, toMs = Number.POSITIVE_INFINITY }: RewriteJob): boolean {
  const timeMs = timeOf(entry);
  return entry.lines !== '' && timeMs >= fromMs && timeMs < toMs;
}

function end(context: RewriterContext, job: RewriteJob, state: 'done' | 'stopped', why?: Told): void {
  job.state = state;
  job.endedMs = context.delivery.world.clock.nowMs();
  job.at = placeOf(job);
  job.work = [];
  if (why) Object.assign(job, { reason: why.detail, said: why.said });
  save(context);
  const status = statusOf(job);
  const { said: _, ...logged } = status;
  context.delivery.world.logger.info(`influx.rewind_${state}`, logged);
  context.onEnd(status);
}

function statusOf({
  work,
  at,
  startSeq,
  endSeq,
  failures: _,
  renderings: __,
  inARow: ___,
  ...told
}: RewriteJob): RewindStatus {
  const place = placeOf({ work, at });
  const share = told.state === 'done' || endSeq <= startSeq ? 1 : (place - startSeq) / (endSeq - startSeq);
  return { ...told, share: Math.max(0, Math.min(1, share)) };
}

/** Everything up to there is done with. */
function placeOf({ work, at }: Pick<RewriteJob, 'work' | 'at'>): number {
  return (work[0]?.[0]?.record.seq ?? at + 1) - 1;
}

function save(context: RewriterContext): void {
  const { job, notes, delivery } = context;
  if (!job) return;
  const { work: _, ...kept } = job;
  try {
    notes.put(NOTE, { ...kept, at: placeOf(job) });
  } catch (error) {
    delivery.world.logger.warn('influx.rewind_unsaved', {
      error: error instanceof Error ? error.message : '',
    });
  }
  context.savedMs = delivery.world.clock.monotonicMs();
}

function load({ notes, delivery }: RewriterOptions): RewriteJob | undefined {
  try {
    const saved = notes.get(NOTE) as Partial<RewriteJob> | undefined;
    return saved && { ...emptyJob(), ...saved, work: [] };
  } catch (error) {
    delivery.world.logger.warn('influx.rewind_lost', { error: error instanceof Error ? error.message : '' });
    return undefined;
  }
}
