/**
 * Batches of the log on their way to the centre. Of a backlog over a quick line the next one is read and sent while the one before
 * is on its way: the centre has work while we read. Each names the entry it must follow, so what goes behind a batch that
 * did not land whole appends nothing, and there is never a hole.
 */
import type { CentreConfig } from '../../config/schema.ts';
import type { LogRecord } from '../../model/record.ts';
import type { RecordTrace, Tracer } from '../../model/trace.ts';
import type { Cursor } from '../../store/contract.ts';
import type { EntryId } from '../entry.ts';
import type { BesideLog } from './beside-log.ts';
import type { Appended, Centre } from './centre.ts';
import { toEntry } from './entry.ts';
import type { LineMeter } from './line-meter.ts';
import type { BatchShare } from './pacing.ts';
import type { Resumed, SyncStore } from './resume.ts';

export interface Batch {
  readonly records: readonly LogRecord[];
  /** The ID of its last record. */
  readonly last: EntryId;
  /** Sent before the one in front of it was answered. */
  readonly isAhead: boolean;
  readonly sentMs: number;
  /** May be left alone: a rejection that nobody waits for is no fault. */
  readonly answer: Promise<Appended>;
}

interface SendContext {
  readonly store: SyncStore;
  readonly tracer?: Tracer | undefined;
  readonly cursor: Cursor;
  readonly world: { readonly clock: { monotonicMs(): number } };
  readonly config: Pick<CentreConfig, 'clusterNodes'>;
  readonly meter: Pick<LineMeter, 'isBounded'>;
  /** The last batch was answered soon: on a thin line two would only be in one another's way. */
  readonly isQuick: boolean;
}

/** The line a batch goes over. */
interface Ways {
  readonly centre: Centre;
  readonly beside: Pick<BesideLog, 'sendEvents'>;
}

/**
 * Sends what follows `place`, at most `share`; undefined when there is nothing. Its events are copied before: who reads those alone
 * would miss one that the log overtakes, since what the log has delivered is not copied any more. Rejects when the line breaks.
 */
export async function sendBatch(
  { store, world, tracer }: Pick<SendContext, 'store' | 'world' | 'tracer'>,
  { centre, beside }: Ways,
  { last, after }: Resumed,
  share: BatchShare,
  isAhead = false,
): Promise<Batch | undefined> {
  const records = store.log.readAfter(after, share.records, share.bytes);
  const end = records.at(-1);
  if (!end) return undefined;
  await beside.sendEvents(share, end.seq);
  const epoch = store.epoch();
  const traces = tracer && records.map((record) => tracer.traceOf(record));
  const answer = centre.append(
    last,
    records.map((record, at) => toEntry(epoch, record, traces?.[at]?.traceparent)),
  );
  const sentMs = world.clock.monotonicMs();
  const noteLanded = ({ landed }: Appended): void => {
    if (traces) traceAppend(traces.slice(0, landed), sentMs, world.clock.monotonicMs());
  };
  answer.then(noteLanded, () => {});
  return { records, last: { epoch, seq: end.seq }, isAhead, sentMs, answer };
}

function traceAppend(traces: readonly (RecordTrace | undefined)[], startMs: number, endMs: number): void {
  const attributes = { 'webscada.batch_records': traces.length };
  for (const trace of traces) trace?.add({ name: 'centre.append', startMs, endMs, attributes });
}

/**
 * Sends what follows `batch`, where that is as much again: what comes live waits for its turn. Not where bytes are counted, and not
 * in a Cluster, where a batch that is sent on to another node would be overtaken.
 */
export async function sendBehind(
  context: SendContext,
  ways: Ways,
  { records, last }: Batch,
  share: BatchShare,
): Promise<Batch | undefined> {
  const { cursor, isQuick, meter, config } = context;
  const isBacklog = cursor.state().pending >= records.length + share.records;
  if (!isBacklog || !isQuick || meter.isBounded || config.clusterNodes) return undefined;
  return sendBatch(context, ways, { last, after: last.seq }, share, true);
}
