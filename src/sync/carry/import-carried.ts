/**
 * Brings a carried export into the site's stream at the centre, by the rule the site itself appends by: only forward, only behind
 * the ID that was expected, a prefix or nothing (docs/sync.md). So a record has one ID whichever way it came, a stick and the line
 * never collide, a stick imported twice changes nothing, and collect accounts for both in the one watermark.
 */
import type { LogRecord } from '../../model/record.ts';
import { type EntryId, formatId } from '../entry.ts';
import type { Centre } from '../site/centre.ts';
import { holds, toEntry } from '../site/entry.ts';
import { inheritedSeq } from '../site/resume.ts';
import { type Carried, carriedRecords } from './read-carried.ts';

const BATCH_RECORDS = 500;
const BATCH_BYTES = 256 * 1024;
/** The site itself may append at the same time; more often than that somebody fights. */
const MAX_ROUNDS = 10;

export type ImportOutcome =
  /** `landed` came by this import; what lies before `after` was there. */
  | { readonly outcome: 'done'; readonly landed: number; readonly after: number; readonly last: EntryId }
  | {
      readonly outcome: 'refused';
      readonly reason: RefusedImport;
      readonly detail: string;
      readonly hint: string;
    }
  /** The centre stopped in the middle: what landed is a prefix, and the same import goes on there. */
  | { readonly outcome: 'stopped'; readonly landed: number; readonly detail: string };

export type RefusedImport = 'another_store' | 'epoch_passed' | 'gap' | 'differs' | 'conflict';

type Refused = Extract<ImportOutcome, { outcome: 'refused' }>;

/** Behind which seq the file goes on, and the stream's last ID. */
interface ImportPlace {
  readonly after: number;
  readonly last: EntryId;
}

/** `carried` was checked. Rejects with the centre's faults, and with BadCarriedRecord. */
export async function importCarried(centre: Centre, carried: Carried): Promise<ImportOutcome> {
  let landed = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const place = await placeOf(centre, carried);
    if ('outcome' in place) return place;
    const appended = await appendBehind(centre, carried, place);
    landed += appended.landed;
    if (appended.refusal !== undefined) return { outcome: 'stopped', landed, detail: appended.refusal };
    if (appended.isDone) return { outcome: 'done', landed, after: place.after, last: appended.last };
  }
  return refuse(
    'conflict',
    'the stream moved at each attempt: another writer is at work',
    'give each box its own site id, then import again',
  );
}

interface Appending {
  readonly landed: number;
  readonly last: EntryId;
  /** false: the stream was not where it was expected. */
  readonly isDone: boolean;
  readonly refusal?: string;
}

async function appendBehind(centre: Centre, carried: Carried, place: ImportPlace): Promise<Appending> {
  let { last } = place;
  let landed = 0;
  for await (const batch of batches(carriedRecords(carried, place.after))) {
    const entries = batch.map((record) => toEntry(carried.header.epoch, record));
    const appended = await centre.append(last, entries);
    landed += appended.landed;
    last = appended.last;
    if (appended.refusal !== undefined) return { landed, last, isDone: false, refusal: appended.refusal };
    if (!appended.asExpected || appended.landed < entries.length) return { landed, last, isDone: false };
  }
  return { landed, last, isDone: true };
}

async function* batches(records: AsyncIterable<LogRecord>): AsyncGenerator<LogRecord[]> {
  let batch: LogRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    batch.push(record);
    bytes += record.body.length;
    if (batch.length < BATCH_RECORDS && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** The table of cases. */
async function placeOf(centre: Centre, carried: Carried): Promise<ImportPlace | Refused> {
  const { epoch, storeId, first, last, oldest } = carried.header;
  const register = await centre.register();
  const { owners } = register;
  const stream = await centre.last();
  const at = stream.id;
  const owner = owners.get(epoch);
  if (owner !== undefined && owner !== storeId) return anotherStore(epoch, owner, storeId);
  if (at.epoch > epoch) return epochPassed(epoch, at);
  const isSameStore = owners.get(at.epoch) === storeId;
  const inFile = at.seq >= first && at.seq <= last;
  const shared = isSameStore && inFile && stream.entry ? await recordAt(carried, at.seq) : undefined;
  const isShared = shared !== undefined && stream.entry !== undefined && holds(stream.entry, shared);
  if (at.epoch === epoch) {
    if (shared !== undefined && !isShared) return differs(at);
    if (at.seq >= last) return { after: last, last: at };
    if (at.seq < first - 1 && first > oldest) return gap(at, first);
    return owner === undefined
      ? claimed(centre, carried, { after: at.seq, last: at })
      : { after: at.seq, last: at };
  }
  // The first of a new epoch: behind what an earlier one of this store has, where that can be shown; else from the beginning.
  const known = isShared ? at.seq : inheritedSeq(register, at, carried.header);
  if (known < first - 1 && first > oldest) return gap({ epoch, seq: Math.max(known, oldest - 1) }, first);
  return claimed(centre, carried, { after: Math.max(known, first - 1), last: at });
}

async function claimed(
  centre: Centre,
  { header }: Carried,
  place: ImportPlace,
): Promise<ImportPlace | Refused> {
  const ended = place.last.epoch > 0 && place.last.epoch < header.epoch ? place.last : undefined;
  const owner = await centre.claim(header.epoch, header.storeId, ended);
  return owner === header.storeId ? place : anotherStore(header.epoch, owner, header.storeId);
}

async function recordAt(carried: Carried, seq: number): Promise<LogRecord | undefined> {
  for await (const record of carriedRecords(carried, seq - 1)) return record.seq === seq ? record : undefined;
  return undefined;
}

function refuse(reason: RefusedImport, detail: string, hint: string): Refused {
  return { outcome: 'refused', reason, detail, hint };
}

function anotherStore(epoch: number, owner: string, storeId: string): Refused {
  return refuse(
    'another_store',
    `epoch ${epoch} of this site is store ${owner} at the centre, and the file is of store ${storeId}`,
    'two boxes have used one site id, or the box was rebuilt: connect it once, so that it takes an epoch of its own, and export again',
  );
}

function epochPassed(epoch: number, at: EntryId): Refused {
  return refuse(
    'epoch_passed',
    `the stream is at ${formatId(at)}, in a later epoch than the file (${epoch})`,
    'the box itself goes on in the later epoch: export again from it',
  );
}

function gap(at: EntryId, first: number): Refused {
  return refuse(
    'gap',
    `the stream ends at ${formatId(at)} and the file begins at ${first}: between them records would be missing`,
    `import the stick before this one first, or export again with --from-seq ${at.seq + 1}`,
  );
}

function differs(at: EntryId): Refused {
  return refuse(
    'differs',
    `the entry ${formatId(at)} at the centre is another record than the file has under this number`,
    'the box was put back from a backup or cloned: connect it once, so that it takes an epoch of its own, and export again',
  );
}
