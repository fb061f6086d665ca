/** One request of records that are written again, and what its answer means for them. */
import type { RewindStatus } from '../../model/influx.ts';
import {
  adaptLimit,
  ask,
  type DeliveryContext,
  mostRenderings,
  noteWorking,
  pauseAfter,
  REFUSALS_IN_A_ROW,
  renderAgain,
} from './delivery-context.ts';
import type { Entry } from './delivery-queues.ts';
import type { WriteOutcome } from './outcome.ts';
import { findTooOld } from './too-old.ts';

/** Answers of status 500 to the same records before they are suspected. */
const SUSPECT_FAILURES = 5;

type Changing<T> = { -readonly [Name in keyof T]: T[Name] };

export interface RewriteJob extends Changing<Omit<RewindStatus, 'share'>> {
  /** Everything up to `at` was read; behind `endSeq` is nothing to do. */
  startSeq: number;
  at: number;
  endSeq: number;
  /** Read and not yet done with, ascending. */
  work: (readonly Entry[])[];
  /** Of the first part. */
  failures: number;
  renderings: number;
  /** Refused one after the other. */
  inARow: number;
}

export function emptyJob(): RewriteJob {
  return {
    ...{ state: 'running', fromMs: 0, startedMs: 0 },
    ...{ written: 0, tooOld: 0, refused: 0, quarantined: 0, gone: 0 },
    ...{ startSeq: 0, at: 0, endSeq: 0, work: [], failures: 0, renderings: 0, inARow: 0 },
  };
}

/** Sends the first part of the job's work. `hopeless`: why there is no use in going on. */
export async function sendPart(
  context: DeliveryContext,
  job: RewriteJob,
  part: readonly Entry[],
): Promise<{ readonly pauseMs: number; readonly hopeless?: string }> {
  const { clock } = context.world;
  const askedMs = clock.monotonicMs();
  const outcome = await ask(context, part.map(({ lines }) => lines).join('\n'));
  adaptLimit(context, outcome, clock.monotonicMs() - askedMs);
  // Ended by somebody meanwhile.
  if (job.work[0] !== part) return { pauseMs: 0 };
  if (outcome.kind === 'delivered') {
    noteWorking(context);
    context.onDelivered(part, true);
    job.written += part.length;
    job.inARow = 0;
    replaceFirst(job);
    return { pauseMs: 0 };
  }
  const refusal = refusalIn(context, job, part, outcome);
  if (refusal === undefined) return { pauseMs: pauseAfter(context, outcome) };
  if (refusal !== '') split(job, part);
  return job.inARow >= REFUSALS_IN_A_ROW && job.written === 0
    ? { pauseMs: 0, hopeless: refusal }
    : { pauseMs: 0 };
}

/**
 * Why InfluxDB does not take the part, which then has to be split; '' when the part was changed and is to be sent again;
 * undefined when the answer says nothing about the records.
 */
function refusalIn(
  context: DeliveryContext,
  job: RewriteJob,
  part: readonly Entry[],
  outcome: WriteOutcome,
): string | undefined {
  if (outcome.kind === 'rejected') {
    const again =
      outcome.conflict && job.renderings < mostRenderings(part.length)
        ? renderAgain(context, part, outcome.conflict)
        : undefined;
    if (!again) return outcome.reason;
    job.work[0] = again;
    job.renderings += 1;
    return '';
  }
  if (outcome.kind === 'too_old') {
    const keptFromMs = context.world.clock.nowMs() - context.retentionMs;
    const old = findTooOld(part, outcome.dropped, keptFromMs);
    if (old.size === 0) return outcome.reason;
    job.tooOld += old.size;
    const rest = part.filter((entry) => !old.has(entry));
    replaceFirst(job, ...(rest.length > 0 ? [rest] : []));
    return '';
  }
  if (outcome.kind === 'too_large') return outcome.reason;
  if (outcome.kind !== 'failed' || !outcome.suspect) return undefined;
  job.failures += 1;
  return job.failures >= SUSPECT_FAILURES ? outcome.detail : undefined;
}

function split(job: RewriteJob, part: readonly Entry[]): void {
  const middle = part.length >> 1;
  if (middle > 0) return replaceFirst(job, part.slice(0, middle), part.slice(middle));
  job.refused += 1;
  job.inARow += 1;
  replaceFirst(job);
}

function replaceFirst(job: RewriteJob, ...parts: (readonly Entry[])[]): void {
  job.work.splice(0, 1, ...parts);
  job.failures = 0;
  job.renderings = 0;
}
