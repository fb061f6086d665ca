/**
 * Records a sink refused for good, kept whole with the reason until somebody mends or drops them. Every row read is
 * checked: one that is listed may be written after all.
 */
import type { Quarantine, QuarantinedRecord } from './contract.ts';
import { KINDS } from './kinds.ts';
import { CHECKED_TABLES, prepareChecked, rowCheck } from './row-check.ts';
import type { Sqlite } from './sqlite.ts';

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

/**
 * Quarantine over `db`; every call is its own transaction. Listing throws an error with code SQLITE_CORRUPT_ROW for a row
 * that fails its checksum.
 */
export function createQuarantine(db: Sqlite): QuarantineTable {
  const insert = prepareChecked(db, 'quarantine', 'INSERT OR REPLACE');
  const select = db.prepare('SELECT * FROM quarantine WHERE sink = ? AND seq > ? ORDER BY seq LIMIT ?');
  const total = db.prepare('SELECT count(*) FROM quarantine WHERE sink = ?').pluck();
  const between = db
    .prepare('SELECT count(*) FROM quarantine WHERE sink = ? AND seq > ? AND seq <= ?')
    .pluck();
  const drop = db.prepare('DELETE FROM quarantine WHERE sink = ? AND seq = ?');

  const add = db.transaction((sink: string, items: Parameters<Quarantine['add']>[1], nowMs: number) => {
    for (const { record, reason } of items) {
      const kind = KINDS.indexOf(record.kind);
      insert([sink, record.seq, record.timeMs, kind, record.device, record.body, reason, nowMs]);
    }
  });
  const remove = db.transaction((sink: string, seqs: readonly number[]) =>
    seqs.reduce((sum, seq) => sum + drop.run(sink, seq).changes, 0),
  );

  return {
    add,
    list: (sink, afterSeq, limit) => (select.all(sink, afterSeq, limit) as Row[]).map(toRecord),
    count: (sink) => total.get(sink) as number,
    countIn: (sink, from, to) => between.get(sink, from, to) as number,
    remove,
  };
}

function toRecord(row: Row): QuarantinedRecord {
  if (row.crc !== rowCheck(CHECKED_TABLES.quarantine.map((column) => row[column]))) {
    const text = `the refused record ${row.seq} of ${row.sink} does not match its checksum`;
    throw Object.assign(new Error(text), { code: 'SQLITE_CORRUPT_ROW' });
  }
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
