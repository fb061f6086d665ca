/**
 * The first part of a repair: every intact record and roll-up of a damaged file, page by page, into the new one. What a
 * roll-up lacks, or one that is lost, is merged again from the records after the start.
 */
import { classIndexOf } from '../log/kinds.ts';
import { type CheckedRow, isIntact } from '../log/record-check.ts';
import { prepareTakeRollup } from '../rollup/rollup-rows.ts';
import type { Sqlite } from '../sqlite.ts';
import type { PageFile } from './page-file.ts';
import { type ColumnValue, rowsOfPage } from './page-rows.ts';
import type { RecoveredTables } from './recovered-tables.ts';

/** Read between two commits, each of which waits for the disk; what a kill costs. */
const COMMIT_BYTES = 4 * 1024 * 1024;
/** Read in one step. */
const STEP_BYTES = 256 * 1024;

export interface CopyRecords {
  readonly db: Sqlite;
  readonly source: PageFile;
  readonly recovered: RecoveredTables;
  /** Records up to this one stay behind. */
  readonly fromSeq: number;
  /** The page image to begin with. */
  readonly begin: number;
  /** Notes in `db`, within its transaction, that the images before `done` are in it. */
  readonly save: (done: number) => void;
}

/** Copies every intact record above `fromSeq` that retention has not removed; yields how many page images are done. */
export function* copyRecords(options: CopyRecords): Generator<number, void> {
  const { db, source, recovered, fromSeq, begin, save } = options;
  const insert = db.prepare(
    'INSERT OR IGNORE INTO log (seq, time, kind, device, prev, next, key, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const takeRollup = prepareTakeRollup(db);
  const { frontier } = recovered.removed;
  const [step, commit] = [STEP_BYTES, COMMIT_BYTES].map((bytes) => Math.ceil(bytes / source.pageBytes));
  let done = begin;
  db.exec('BEGIN');
  try {
    for (const { number, page } of source.images(begin)) {
      for (const { rowid, values } of rowsOfPage(page, number, source)) {
        takeRollup(rowid, values);
        const row = toRow(rowid, values);
        if (!row || row.seq <= fromSeq || row.seq <= (frontier[classIndexOf(row.kind)] ?? 0)) continue;
        const { seq, time, kind, device, prev, next, key, crc, body } = row;
        insert.run(seq, time, kind, device, prev, next, key, crc, body);
      }
      done++;
      if (done % (commit ?? 1) === 0) {
        save(done);
        db.exec('COMMIT; BEGIN');
      }
      if (done % (step ?? 1) === 0) yield done;
    }
    save(done);
    db.exec('COMMIT');
  } finally {
    if (db.inTransaction) db.exec('ROLLBACK');
  }
}

/** The values as a record if they are one, whole and unchanged. */
function toRow(seq: number, values: readonly ColumnValue[]) {
  const [, time, kind, device, prev, next, key, crc, body] = values;
  if (values.length !== 9 || typeof time !== 'number' || typeof kind !== 'number') return undefined;
  if (typeof crc !== 'number' || !(typeof body === 'string' || Buffer.isBuffer(body))) return undefined;
  const row: CheckedRow & { crc: number; prev: number | null } = {
    seq,
    time,
    kind,
    device: typeof device === 'number' ? device : null,
    prev: typeof prev === 'number' && prev < seq ? prev : null,
    next: typeof next === 'number' ? next : null,
    key: typeof key === 'string' ? key : null,
    crc,
    body,
  };
  return isIntact(row) ? row : undefined;
}
