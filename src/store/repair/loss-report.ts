/** The second part of a repair: with the kept records in the new file, who loses what, and the record that says so. */
import { randomUUID } from 'node:crypto';
import type { World } from '../../model/world.ts';
import type { CursorPosition } from '../log/cursors.ts';
import { KINDS } from '../log/kinds.ts';
import { checkOf } from '../log/record-check.ts';
import type { Sqlite } from '../sqlite.ts';
import { prepareCodecRow } from '../tables/codecs.ts';
import { prepareDeviceRow } from '../tables/devices.ts';
import { encodeMeta } from '../tables/meta.ts';
import { prepareProfileRow } from '../tables/profiles.ts';
import { prepareChecked, reseal } from '../tables/row-check.ts';
import { putSessionsRows } from '../tables/sessions-table.ts';
import type { CorruptRow, RecoveredTables } from './recovered-tables.ts';
import type { RepairReport } from './repair-report.ts';

const MAX_RANGES = 100;

/** Within a transaction on the new file, which holds the kept records and nothing else. */
export function writeLossReport(
  db: Sqlite,
  recovered: RecoveredTables,
  world: World,
  reason: string,
): RepairReport {
  const kept = db.prepare('SELECT count(*) FROM log').pluck().get() as number;
  const newest = (db.prepare('SELECT max(seq) FROM log').pluck().get() as number | null) ?? 0;
  const newestMs = (db.prepare('SELECT max(time) FROM log').pluck().get() as number | null) ?? 0;
  const lastSeq = Math.max(newest, recovered.lastSeq);
  const { ranges, moreRanges, lost } = findLost(db, recovered, lastSeq);
  const epoch = recovered.epoch + 1;
  const told = { reason, epoch, kept, lost, ranges, moreRanges, keysFrom: recovered.keysFrom };
  const report =
    recovered.corruptRows.length > 0 ? { ...told, badRows: countTables(recovered.corruptRows) } : told;
  putDeviceStates(db, recovered);
  putDevices(db, recovered);
  const put = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
  const set = (key: string, value: unknown) => put.run(key, encodeMeta(key, value));
  set('store_id', recovered.storeId ?? randomUUID());
  set('epoch', epoch);
  set('known_seq', lastSeq);
  set('removed', { ...recovered.removed, count: lastSeq - kept, sparseTo: lastSeq });
  for (const [name, position] of recovered.cursors) {
    const refused = recovered.corruptRows.filter((row) => isRefusedBy(row, name, position)).length;
    set(`cursor.${name}`, positionAfterLoss(db, position, lastSeq, refused));
  }
  const row = {
    seq: lastSeq + 1,
    // Nobody has said yet whether the clock is right; what happened before was not later than this.
    time: Math.max(world.clock.nowMs(), newestMs),
    kind: KINDS.indexOf('system'),
    device: null,
    next: null,
    key: null,
    body: JSON.stringify({ event: 'salvaged', ...report }),
  };
  db.prepare('INSERT INTO log (seq, time, kind, crc, body) VALUES (?, ?, ?, ?, ?)').run(
    ...[row.seq, row.time, row.kind, checkOf(row), row.body],
  );
  return report;
}

function countTables(corruptRows: readonly CorruptRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { table } of corruptRows) counts[table] = (counts[table] ?? 0) + 1;
  return counts;
}

/** Whether a row is a refused record of the reader `name` behind its position, as far as the row can be believed. */
function isRefusedBy(
  { table, values: [sink, seq] }: CorruptRow,
  name: string,
  position: CursorPosition,
): boolean {
  return table === 'quarantine' && sink === name && typeof seq === 'number' && seq <= position.seq;
}

/**
 * Missing numbers. Where retention has been, only the count tells: what it left there were single events. Above, every
 * missing number is a lost record.
 */
function findLost(db: Sqlite, { removed }: RecoveredTables, lastSeq: number) {
  const ranges: [number, number][] = [];
  const dense = Math.max(0, removed.sparseTo);
  let expected = dense + 1;
  let lost = 0;
  let moreRanges = 0;
  const gap = (to: number): void => {
    if (to < expected) return;
    lost += to - expected + 1;
    if (ranges.length < MAX_RANGES) ranges.push([expected, to]);
    else moreRanges++;
  };
  const seqs = db.prepare('SELECT seq FROM log WHERE seq > ? ORDER BY seq').pluck();
  for (const seq of seqs.iterate(dense) as IterableIterator<number>) {
    gap(seq - 1);
    expected = seq + 1;
  }
  gap(lastSeq);
  const below = db.prepare('SELECT count(*) FROM log WHERE seq <= ?').pluck().get(dense) as number;
  const lostBelow = Math.max(0, dense - removed.count - below);
  if (lostBelow > 0) ranges.unshift([1, dense]);
  return { ranges, moreRanges, lost: lost + lostBelow };
}

function putDeviceStates(db: Sqlite, { states, countersSeq }: RecoveredTables): void {
  const put = prepareChecked(db, 'known', 'INSERT OR REPLACE');
  const ids = new Set(states.map(({ id }) => id));
  for (const { id, devEui, nextFCntUp } of states) put([id, devEui, nextFCntUp, 0, 0]);
  const newest = db
    .prepare('SELECT device, max(seq) AS seq, time FROM log WHERE device IS NOT NULL GROUP BY device')
    .all() as { device: number; seq: number; time: number }[];
  const update = db.prepare('UPDATE known SET last_seq = ?, last_seen = ? WHERE id = ?');
  for (const { device, seq, time } of newest) {
    // Who it was is lost with its row; its records are not.
    if (!ids.has(device)) put([device, `unknown-${device}`, 0, 0, 0]);
    update.run(seq, time, device);
  }
  const counters = db
    .prepare(
      'SELECT device, max(seq) AS seq, next FROM log WHERE seq > ? AND next IS NOT NULL AND device IS NOT NULL GROUP BY device',
    )
    .all(countersSeq) as { device: number; next: number }[];
  const count = db.prepare('UPDATE known SET next_fcnt_up = ? WHERE id = ?');
  for (const { device, next } of counters) count.run(next, device);
  reseal(db, 'known');
}

function putDevices(
  db: Sqlite,
  { devices, network, quarantine, downlinks, codecs, profiles }: RecoveredTables,
): void {
  const put = prepareDeviceRow(db);
  for (const row of devices) put(row);
  putSessionsRows(db, network);
  const putCodec = prepareCodecRow(db);
  for (const codec of codecs) putCodec(codec);
  const putProfile = prepareProfileRow(db);
  for (const profile of profiles) putProfile(profile);
  const refused = prepareChecked(db, 'quarantine', 'INSERT OR IGNORE');
  for (const row of quarantine) refused(row);
  const queued = prepareChecked(db, 'downlinks', 'INSERT OR IGNORE');
  for (const row of downlinks) queued(row);
}

/** A reader's position with the lost records in front of it, and those it had set aside, counted as expired. */
function positionAfterLoss(
  db: Sqlite,
  position: CursorPosition,
  lastSeq: number,
  lostRefused: number,
): CursorPosition {
  const present = db.prepare('SELECT count(*) FROM log WHERE seq > ?').pluck().get(position.seq) as number;
  const holes = lastSeq - position.seq - present;
  const refused = Math.min(lostRefused, position.quarantined);
  const expired = Math.max(0, position.expired + holes - position.holes) + refused;
  return { ...position, holes, quarantined: position.quarantined - refused, expired };
}
