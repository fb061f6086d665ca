/**
 * Records a sink refused for good, kept whole with the reason until somebody releases or drops them. Every row read is
 * checked, since one that is listed may be written after all; one that is not as it was written is left out of the list
 * and told in the log of the program, and the next opening of the store takes it out with its loss report. Bounded in records and
 * in bytes of the file.
 */
import type { Logger } from '../../model/world.ts';
import type { Quarantine, QuarantinedRecord, QuarantineUse } from '../contract.ts';
import { KINDS } from '../log/kinds.ts';
import { PAGE_BYTES, type Sqlite } from '../sqlite.ts';
import { CHECKED_TABLES, prepareChecked, rowCheck } from './row-check.ts';

const MAX_RECORDS = 10_000;
/** A row of more than so many bytes goes on in pages of its own. */
const LOCAL_BYTES = 488;
const OVERFLOW_BYTES = PAGE_BYTES - 4;
/** What a row has beside body and reason. */
const OTHER_BYTES = 80;
/** A body and a reason as they usually are. */
const USUAL_BYTES = 1_000;

/** So many corrupt rows are named. */
const MAX_TOLD = 20;

interface Row {
  readonly sink: string;
  readonly seq: number;
  readonly time: number;
  readonly kind: number;
  readonly dev_eui: string | null;
  readonly body: string;
  readonly reason: string;
  readonly at: number;
  readonly crc: number;
}

export interface QuarantineTable extends Quarantine {
  /** How many of the sink's records lie in (from, to]. */
  countIn(sink: string, from: number, to: number): number;
}

interface QuarantineSum {
  readonly records: number;
  readonly bytes: number;
}

interface QuarantineContext extends QuarantineStatements {
  readonly logger: Pick<Logger, 'warn'>;
  readonly maxBytes: number;
  /** Forgotten whenever rows change, since that may be rolled back, and summed up again when asked for. */
  sum: QuarantineSum | undefined;
  /** seqs of corrupt rows told already. */
  readonly told: Set<number>;
}

type Items = Parameters<Quarantine['add']>[1];

/** Quarantine over `db`, of at most `maxBytes`; every call is its own transaction. */
export function createQuarantine(
  db: Sqlite,
  logger: Pick<Logger, 'warn'>,
  maxBytes = Number.POSITIVE_INFINITY,
): QuarantineTable {
  const statements = prepareStatements(db);
  const context: QuarantineContext = { ...statements, logger, maxBytes, sum: undefined, told: new Set() };
  const { total, between, drop } = statements;
  const addAll = db.transaction((sink: string, items: Items, nowMs: number) =>
    addItems(context, sink, items, nowMs),
  );
  const remove = db.transaction((sink: string, seqs: readonly number[]) =>
    seqs.reduce((removed, seq) => removed + drop.run(sink, seq).changes, 0),
  );
  return {
    add(...given) {
      try {
        return addAll(...given);
      } catch (error) {
        context.sum = undefined;
        throw error;
      }
    },
    use: () => useOf(context),
    list: (sink, afterSeq, limit) => list(context, sink, afterSeq, limit),
    count: (sink) => total.get(sink) as number,
    countIn: (sink, from, to) => between.get(sink, from, to) as number,
    remove(sink, seqs) {
      context.sum = undefined;
      return remove(sink, seqs);
    },
  };
}

type QuarantineStatements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Sqlite) {
  return {
    insert: prepareChecked(db, 'quarantine', 'INSERT OR REPLACE'),
    select: db.prepare('SELECT * FROM quarantine WHERE sink = ? AND seq > ? ORDER BY seq LIMIT ?'),
    total: db.prepare('SELECT count(*) FROM quarantine WHERE sink = ?').pluck(),
    between: db.prepare('SELECT count(*) FROM quarantine WHERE sink = ? AND seq > ? AND seq <= ?').pluck(),
    drop: db.prepare('DELETE FROM quarantine WHERE sink = ? AND seq = ?'),
    lengths: db
      .prepare('SELECT length(CAST(body AS BLOB)) + length(CAST(reason AS BLOB)) FROM quarantine')
      .pluck(),
    length: db
      .prepare(
        'SELECT length(CAST(body AS BLOB)) + length(CAST(reason AS BLOB)) FROM quarantine WHERE sink = ? AND seq = ?',
      )
      .pluck(),
  };
}

function sumOf(context: QuarantineContext): QuarantineSum {
  if (context.sum) return context.sum;
  let records = 0;
  let bytes = 0;
  for (const length of context.lengths.iterate() as IterableIterator<number>) {
    records += 1;
    bytes += bytesOf(length);
  }
  context.sum = { records, bytes };
  return context.sum;
}

function hasRoom(context: QuarantineContext, more: number): boolean {
  const { records, bytes } = sumOf(context);
  return records < MAX_RECORDS && bytes + more <= context.maxBytes;
}

function useOf(context: QuarantineContext): QuarantineUse {
  const { records, bytes } = sumOf(context);
  const full = !hasRoom(context, bytesOf(USUAL_BYTES));
  return { records, bytes, maxRecords: MAX_RECORDS, maxBytes: context.maxBytes, full };
}

/** Within a transaction: the seqs of those that found no room. */
function addItems(context: QuarantineContext, sink: string, items: Items, nowMs: number): number[] {
  const left: number[] = [];
  for (const { record, reason } of items) {
    const { seq, timeMs, device, body } = record;
    const bytes = bytesOf(Buffer.byteLength(body) + Buffer.byteLength(reason));
    const replaced = context.length.get(sink, seq) as number | undefined;
    if (replaced === undefined && !hasRoom(context, bytes)) {
      left.push(seq);
      continue;
    }
    const before = sumOf(context);
    context.insert([sink, seq, timeMs, KINDS.indexOf(record.kind), device, body, reason, nowMs]);
    // Reckoned, not summed up again: a remedy writes over thousands of rows, one after the other.
    context.sum =
      replaced === undefined
        ? { records: before.records + 1, bytes: before.bytes + bytes }
        : { records: before.records, bytes: before.bytes + bytes - bytesOf(replaced) };
  }
  return left;
}

function list(
  context: QuarantineContext,
  sink: string,
  afterSeq: number,
  limit: number,
): QuarantinedRecord[] {
  const found: QuarantinedRecord[] = [];
  for (let after = afterSeq; found.length < limit; ) {
    const wanted = limit - found.length;
    const rows = context.select.all(sink, after, wanted) as Row[];
    for (const row of rows) {
      if (isIntact(row)) found.push(toRecord(row));
      else tellCorrupt(context, row);
    }
    after = rows.at(-1)?.seq ?? after;
    if (rows.length < wanted) break;
  }
  return found;
}

function tellCorrupt({ told, logger }: QuarantineContext, { sink, seq }: Row): void {
  if (told.has(seq) || told.size >= MAX_TOLD) return;
  told.add(seq);
  logger.warn('store.quarantined_record_unsound', { sink, seq });
}

/** What a row with `length` bytes of text takes of the file: at least what it really is. */
function bytesOf(length: number): number {
  const row = length + OTHER_BYTES;
  const overflow = row > LOCAL_BYTES ? Math.ceil(row / OVERFLOW_BYTES) * PAGE_BYTES : 0;
  return Math.ceil(1.5 * Math.min(row, LOCAL_BYTES)) + overflow;
}

function isIntact(row: Row): boolean {
  return row.crc === rowCheck(CHECKED_TABLES.quarantine.map((column) => row[column]));
}

function toRecord(row: Row): QuarantinedRecord {
  return {
    seq: row.seq,
    timeMs: row.time,
    kind: KINDS[row.kind] ?? 'system',
    device: row.dev_eui,
    body: row.body,
    sink: row.sink,
    reason: row.reason,
    quarantinedMs: row.at,
  };
}
