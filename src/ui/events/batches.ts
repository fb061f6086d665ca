/** Records of the log as messages, several at a time, and the place where a client goes on. */
import type { SSEMessage } from 'hono/streaming';
import { parseRecordId, recordId } from '../shapes/position.ts';
import { recordView } from '../shapes/views.ts';
import type { LiveSite } from './live-site.ts';

const MAX_RECORDS = 200;
const MAX_BYTES = 64 * 1024;

export interface Batch {
  /** Undefined where the log holds none. */
  readonly message: SSEMessage | undefined;
  readonly lastSeq: number;
}

export interface Batches {
  /** seq up to which records are to be sent. */
  gathered(): number;
  /** Takes in what has been appended since. */
  gather(): void;
  /** The records that follow `seq`. */
  after(seq: number): Batch;
}

/** Clients at the same place, as most are, share what was read for the first of them. */
export function createBatches(site: LiveSite): Batches {
  let shared: { readonly seq: number; readonly until: number; readonly batch: Batch } | undefined;
  let gathered = 0;
  return {
    gathered: () => gathered,
    gather() {
      gathered = site.store.log.lastSeq();
    },
    after(seq) {
      const until = site.store.log.lastSeq();
      if (shared?.seq !== seq || shared.until !== until) shared = { seq, until, batch: read(site, seq) };
      return shared.batch;
    },
  };
}

function read({ store, timeOf }: LiveSite, after: number): Batch {
  const records = store.log.readAfter(after, MAX_RECORDS, MAX_BYTES);
  const last = records.at(-1);
  if (!last) return { message: undefined, lastSeq: store.log.lastSeq() };
  const epoch = store.epoch();
  const data = JSON.stringify(records.map((record) => recordView(epoch, record, timeOf)));
  return { message: { id: recordId(epoch, last.seq), event: 'records', data }, lastSeq: last.seq };
}

/** Where a client that has seen the record `after` goes on, with the message that tells it of a gap. */
export function startingPlace(
  { store }: LiveSite,
  after: string | undefined,
): { readonly seq: number; readonly gap?: SSEMessage } {
  const last = store.log.lastSeq();
  const position = after === undefined ? undefined : parseRecordId(after);
  if (!position) return { seq: last };
  const oldest = store.log.firstSeq() - 1;
  const epoch = store.epoch();
  if (position.epoch === epoch && position.seq >= oldest && position.seq <= last)
    return { seq: position.seq };
  const expired = position.epoch === epoch && position.seq < oldest;
  const seq = expired ? oldest : last;
  const reason = expired ? 'expired' : 'other_store';
  const data = JSON.stringify({ after, resumesAfter: recordId(epoch, seq), reason });
  return { seq, gap: { event: 'gap', data } };
}
