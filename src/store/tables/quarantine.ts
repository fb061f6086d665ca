/**
 * Records a sink refused for good, kept whole with the reason until somebody mends or drops them. Every row read is
 * checked, since one that is listed may be written after all; one that is not as it was written is left out of the list
 * and told in the log of the program, and the next opening of the store takes it out with its account. Bounded in records and
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

/** So many unsound rows are named. */
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

/** Quarantine over `db`, of at most `maxBytes`; every call is its own transaction. */
export function createQuarantine(
  db: Sqlite,
  logger: Pick<Logger, 'warn'>,
  maxBytes = Number.POSITIVE_INFINITY,
): QuarantineTable {
  const insert = prepareChecked(db, 'quarantine', 'INSERT OR REPLACE');
  const select = db.prepare('SELECT * FROM quarantine WHERE sink = ? AND seq > ? ORDER BY seq LIMIT ?');
  const total = db.prepare('SELECT count(*) FROM quarantine WHERE sink = ?').pluck();
  const between = db
    .prepare('SELECT count(*) FROM quarantine WHERE sink = ? AND seq > ? AND seq <= ?')
    .pluck();
  const drop = db.prepare('DELETE FROM quarantine WHERE sink = ? AND seq = ?');

  const lengths = db
    .prepare('SELECT length(CAST(body AS BLOB)) + length(CAST(reason AS BLOB)) FROM quarantine')
    .pluck();
  const has = db.prepare('SELECT 1 FROM quarantine WHERE sink = ? AND seq = ?').pluck();
  /** Forgotten whenever rows change, since that may be rolled back, and summed up again when asked for. */
  let sum: { records: number; bytes: number } | undefined;

  function summed(): { records: number; bytes: number } {
    if (sum) return sum;
    sum = { records: 0, bytes: 0 };
    for (const length of lengths.iterate() as IterableIterator<number>) {
      sum.records += 1;
      sum.bytes += bytesOf(length);
    }
    return sum;
  }

  const hasRoom = (more: number): boolean => {
    const { records, bytes } = summed();
    return records < MAX_RECORDS && bytes + more <= maxBytes;
  };

  const addAll = db.transaction((sink: string, items: Parameters<Quarantine['add']>[1], nowMs: number) => {
    const left: number[] = [];
    for (const { record, reason } of items) {
      const { seq, timeMs, device, body } = record;
      const bytes = bytesOf(Buffer.byteLength(body) + Buffer.byteLength(reason));
      const isKnown = has.get(sink, seq) !== undefined;
      if (!isKnown && !hasRoom(bytes)) {
        left.push(seq);
        continue;
      }
      const before = summed();
      insert([sink, seq, timeMs, KINDS.indexOf(record.kind), device, body, reason, nowMs]);
      sum = isKnown ? undefined : { records: before.records + 1, bytes: before.bytes + bytes };
    }
    return left;
  });
  const remove = db.transaction((sink: string, seqs: readonly number[]) =>
    seqs.reduce((sum, seq) => sum + drop.run(sink, seq).changes, 0),
  );

  /** seqs of unsound rows told already. */
  const told = new Set<number>();
  function tellUnsound({ sink, seq }: Row): void {
    if (told.has(seq) || told.size >= MAX_TOLD) return;
    told.add(seq);
    logger.warn('store.quarantined_record_unsound', { sink, seq });
  }

  function list(sink: string, afterSeq: number, limit: number): QuarantinedRecord[] {
    const found: QuarantinedRecord[] = [];
    for (let after = afterSeq; found.length < limit; ) {
      const wanted = limit - found.length;
      const rows = select.all(sink, after, wanted) as Row[];
      for (const row of rows) {
        if (isSound(row)) found.push(toRecord(row));
        else tellUnsound(row);
      }
      after = rows.at(-1)?.seq ?? after;
      if (rows.length < wanted) break;
    }
    return found;
  }

  return {
    add(...given) {
      try {
        return addAll(...given);
      } catch (error) {
        sum = undefined;
        throw error;
      }
    },
    use(): QuarantineUse {
      const { records, bytes } = summed();
      return { records, bytes, maxRecords: MAX_RECORDS, maxBytes, full: !hasRoom(bytesOf(USUAL_BYTES)) };
    },
    list,
    count: (sink) => total.get(sink) as number,
    countIn: (sink, from, to) => between.get(sink, from, to) as number,
    remove(sink, seqs) {
      sum = undefined;
      return remove(sink, seqs);
    },
  };
}

/** What a row with `length` bytes of text takes of the file: at least what it really is. */
function bytesOf(length: number): number {
  const row = length + OTHER_BYTES;
  const overflow = row > LOCAL_BYTES ? Math.ceil(row / OVERFLOW_BYTES) * PAGE_BYTES : 0;
  return Math.ceil(1.5 * Math.min(row, LOCAL_BYTES)) + overflow;
}

function isSound(row: Row): boolean {
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
