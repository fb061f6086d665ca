/** Whether the pieces of a backup's log are whole: every record by its checksum, and none missing of those that were there. */
import { join } from 'node:path';
import { type Told, tell, tellAll } from '../../model/said.ts';
import { type CheckedRow, faultOf } from '../../store/log/record-check.ts';
import { openReadOnly } from '../../store/sqlite.ts';
import { PRESENT, piecesAmong, rangesIn } from './pieces.ts';

const MAX_PROBLEMS = 20;

export interface CheckedPieces {
  readonly problems: readonly Told[];
  readonly records: number;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
}

/** `names`: the files of the backup. undefined for one that has its log in the database. */
export function checkPieces(folder: string, names: readonly string[]): CheckedPieces | undefined {
  if (!names.includes(PRESENT)) return undefined;
  const ranges = rangesIn(folder);
  const wanted = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const problems: Told[] = [];
  const ends = { oldestMs: null as number | null, newestMs: null as number | null };
  let records = 0;
  let at = 0;
  for (const { name } of piecesAmong(names)) {
    const db = openReadOnly(join(folder, name));
    try {
      for (const row of db.prepare('SELECT * FROM log ORDER BY seq').iterate() as Iterable<Row>) {
        while (at < ranges.length && row.seq > (ranges[at]?.[1] ?? 0)) at += 1;
        if (row.seq < (ranges[at]?.[0] ?? Number.POSITIVE_INFINITY)) continue;
        records += 1;
        ends.oldestMs ??= row.time;
        ends.newestMs = row.time;
        const fault = problems.length < MAX_PROBLEMS ? faultOf(row) : undefined;
        if (fault) problems.push(within(name, fault));
      }
    } finally {
      db.close();
    }
  }
  if (records !== wanted)
    problems.push(tell('restore.recordsMissing', { missing: wanted - records, wanted }));
  return { problems, records, ...ends };
}

/** Of one file of the backup. */
export function within(name: string, told: Told): Told {
  return tellAll([tell('damage.in', { name }), told]);
}

type Row = CheckedRow & { readonly crc: number };
