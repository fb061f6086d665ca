/** Raw entries of a site's streams as records, and what is no entry as poison: one site's rubbish stays its own. Pure. */
import { type EntryRead, parseId, readAgain, readEntry } from '../entry.ts';
import { tracesIn } from '../entry-traces.ts';
import type { EpochRange, Poison, SiteRecord, StreamName } from './batch.ts';
import { explainedBy } from './explained.ts';
import { listOf, type Reply, textOf } from './redis-link.ts';

/** More of an entry that is set aside is not kept. */
const RAW_CHARACTERS = 16_384;
const MAX_BLOCK_RECORDS = 10_000;

export interface ReadEntries {
  readonly records: SiteRecord[];
  readonly poison: Poison[];
  readonly delivered: EpochRange[];
  readonly explained: EpochRange[];
  /** Of every entry that was taken, also of those that are gone from the stream. */
  readonly ids: string[];
  /** As they came. */
  bytes: number;
  /** Characters of the records' bodies, unpacked. */
  held: number;
}

/** What one read may hold; an entry is never split. */
export interface MostRead {
  readonly records: number;
  readonly bytes: number;
}

/** Nothing read yet. */
export function noEntries(): ReadEntries {
  return { records: [], poison: [], delivered: [], explained: [], ids: [], bytes: 0, held: 0 };
}

/**
 * Adds `entries` of one stream (as XREADGROUP and XAUTOCLAIM list them) to `into`. False when it was full before the last of
 * them: a block may hold thousands of records, and nobody knows before it is unpacked.
 */
export function addEntries(
  into: ReadEntries,
  site: string,
  stream: StreamName,
  entries: readonly Reply[],
  most: MostRead,
  isTracing = false,
): boolean {
  for (const entry of entries) {
    if (into.records.length >= most.records || into.held >= most.bytes) return false;
    const [id, fields] = listOf(entry);
    const name = textOf(id);
    if (name === '') continue;
    into.ids.push(name);
    // Removed from the stream while it was with a copy: nobody has it, and the gap will tell.
    if (fields === null || fields === undefined) continue;
    into.bytes += listOf(fields).reduce<number>(
      (sum, value) => sum + (Buffer.isBuffer(value) ? value.length : 0),
      0,
    );
    const read = stream === 'again' ? readAgain(fields) : readEntry(id, fields);
    if (!read.ok) addPoison(into, site, stream, name, listOf(fields), read);
    else {
      const traces = isTracing && stream === 'log' ? tracesIn(listOf(fields), read.id.seq) : undefined;
      addRecords(into, site, stream, read, traces);
    }
  }
  return true;
}

function addRecords(
  into: ReadEntries,
  site: string,
  stream: StreamName,
  { id: { epoch, seq: last }, firstSeq, records }: EntryRead & { ok: true },
  traces: ReadonlyMap<number, string> | undefined,
): void {
  for (const record of records) {
    const { seq, timeMs, kind, device, body } = record;
    const read = { site, epoch, seq, timeMs, kind, device, body };
    into.held += body.length;
    const traceparent = traces?.get(seq);
    if (traceparent !== undefined) into.records.push({ ...read, traceparent });
    else into.records.push(stream === 'again' ? { ...read, isAgain: true } : read);
    if (stream !== 'events') into.explained.push(...explainedBy(epoch, record));
  }
  if (stream !== 'events') addRange(into.delivered, epoch, firstSeq, last);
}

/** Neighbours become one range as they come. */
function addRange(ranges: EpochRange[], epoch: number, first: number, last: number): void {
  const before = ranges.at(-1);
  if (before?.epoch === epoch && first === before.range[1] + 1)
    ranges[ranges.length - 1] = { epoch, range: [before.range[0], last] };
  else ranges.push({ epoch, range: [first, last] });
}

function addPoison(
  into: ReadEntries,
  site: string,
  stream: StreamName,
  id: string,
  fields: readonly Reply[],
  { code, detail }: EntryRead & { ok: false },
): void {
  const raw = fields.map((value) =>
    Buffer.isBuffer(value) ? value.subarray(0, RAW_CHARACTERS).toString('utf8') : String(value),
  );
  into.poison.push({
    site,
    stream,
    id,
    reason: `${code}: ${detail}`,
    raw: JSON.stringify(raw).slice(0, RAW_CHARACTERS),
  });
  const at = parseId(id);
  if (stream !== 'log' || !at || at.seq === 0) return;
  // A block stands for all its numbers, and they go aside with it.
  const first = Number(raw[raw.indexOf('first') + 1]);
  const isBlock = raw.includes('block') && raw.includes('first') && Number.isSafeInteger(first);
  const isPlausible = isBlock && first > 0 && first <= at.seq && at.seq - first < MAX_BLOCK_RECORDS;
  addRange(into.delivered, at.epoch, isPlausible ? first : at.seq, at.seq);
}
