/**
 * Records a sink refused for good, kept whole with the reason until somebody mends or drops them. Every row read is
 * checked, since one that is listed may be written after all; one that is not as it was written is left out of the list
 * and told in the log of the program, and the next opening of the store takes it out with its account.
 */
import type { Logger } from '../model/world.ts';
import type { Quarantine, QuarantinedRecord } from './contract.ts';
import { KINDS } from './kinds.ts';
import { CHECKED_TABLES, prepareChecked, rowCheck } from './row-check.ts';
import type { Sqlite } from './sqlite.ts';

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

/** Quarantine over `db`; every call is its own transaction. */
export function createQuarantine(db: Sqlite, logger: Pick<Logger, 'warn'>): QuarantineTable {
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
    add,
    list,
    count: (sink) => total.get(sink) as number,
    countIn: (sink, from, to) => between.get(sink, from, to) as number,
    remove,
  };
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
