/** The second part of a repair: with the kept records in the new file, who loses what, and the record that says so. */
import { randomUUID } from 'node:crypto';
import type { World } from '../../model/world.ts';
import type { CursorPosition } from '../log/cursors.ts';
import { KINDS } from '../log/kinds.ts';
import { checkOf } from '../log/record-check.ts';
import { newestInRollups } from '../rollup/rollup-rows.ts';
import type { Sqlite } from '../sqlite.ts';
import { ANCESTORS, withEnd } from '../tables/ancestors.ts';
import { prepareCodecRow } from '../tables/codecs.ts';
import { prepareDeviceRow } from '../tables/devices.ts';
import { prepareDocumentRow } from '../tables/documents.ts';
import { prepareKeptRow } from '../tables/kept.ts';
import { encodeMeta } from '../tables/meta.ts';
import { prepareProfileRow } from '../tables/profiles.ts';
import { prepareChecked, reseal } from '../tables/row-check.ts';
import { putSessionsRows } from '../tables/sessions-table.ts';
import { COPYING_PERCENT, type RepairSteps } from './progress.ts';
import type { CorruptRow, RecoveredTables } from './recovered-tables.ts';
import type { RepairReport } from './repair-report.ts';
import { forgetProgress } from './unfinished.ts';

const MAX_RANGES = 100;

/** Rows counted in one step. */
const STEP_ROWS = 10_000;

/** What is in the new file, found in one pass over it: it can be gigabytes on a slow card. */
export interface LogSummary {
  readonly kept: number;
  /** Of records. */
  readonly newestMs: number;
  /** The newest that is there or that we have heard of. */
  readonly lastSeq: number;
  readonly lost: number;
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly moreRanges: number;
  /** Newest record of each device. */
  readonly newest: ReadonlyMap<number, { readonly seq: number; readonly time: number }>;
  /** Next uplink counter of each device that has records above `countersSeq`. */
  readonly counters: ReadonlyMap<number, number>;
  /** Records behind the position of each reader, by its name. */
  readonly pending: ReadonlyMap<string, number>;
}

/** Counts the records in the new file, which holds them and nothing else; goes through all of them once. */
export function* summarizeLog(db: Sqlite, recovered: RecoveredTables): RepairSteps<LogSummary> {
  const { countersSeq } = recovered;
  const newest = new Map<number, { seq: number; time: number }>();
  const counters = new Map<number, number>();
  const positions = [...recovered.cursors].map(([name, { seq }]) => ({ name, seq, count: 0 }));
  const losses = countLosses(recovered);
  const total = Math.max(1, (db.prepare('SELECT max(seq) FROM log').pluck().get() as number | null) ?? 0);
  let kept = 0;
  let newestMs = 0;
  let lastSeq = 0;
  const rows = db.prepare('SELECT seq, time, device, next FROM log ORDER BY seq').raw();
  for (const row of rows.iterate() as IterableIterator<[number, number, number | null, number | null]>) {
    const [seq, time, device, next] = row;
    kept++;
    lastSeq = seq;
    newestMs = Math.max(newestMs, time);
    losses.present(seq);
    for (const position of positions) if (seq > position.seq) position.count++;
    if (device !== null) {
      newest.set(device, { seq, time });
      if (next !== null && seq > countersSeq) counters.set(device, next);
    }
    if (kept % STEP_ROWS === 0)
      yield { percent: COPYING_PERCENT + Math.floor(((100 - COPYING_PERCENT) * seq) / total) };
  }
  lastSeq = Math.max(lastSeq, recovered.lastSeq, newestInRollups(db));
  const pending = new Map(positions.map(({ name, count }) => [name, count]));
  return { kept, newestMs, lastSeq, ...losses.upTo(lastSeq), newest, counters, pending };
}

/** Within a transaction on the new file. */
export function writeLossReport(
  db: Sqlite,
  recovered: RecoveredTables,
  summary: LogSummary,
  world: World,
  reason: string,
): RepairReport {
  const { kept, newestMs, lastSeq, ranges, moreRanges, lost } = summary;
  const epoch = recovered.epoch + 1;
  const told = { reason, epoch, kept, lost, ranges, moreRanges, keysFrom: recovered.keysFrom };
  const report =
    recovered.corruptRows.length > 0 ? { ...told, badRows: countTables(recovered.corruptRows) } : told;
  forgetProgress(db);
  putDeviceStates(db, recovered, summary);
  putDevices(db, recovered);
  const put = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
  const set = (key: string, value: unknown) => put.run(key, encodeMeta(key, value));
  set('store_id', recovered.storeId ?? randomUUID());
  set('epoch', epoch);
  set(ANCESTORS, withEnd(recovered.ancestors, recovered.epoch, lastSeq));
  set('known_seq', lastSeq);
  set('removed', { ...recovered.removed, count: lastSeq - kept, sparseTo: lastSeq });
  for (const [name, position] of recovered.cursors) {
    const refused = recovered.corruptRows.filter((row) => isRefusedBy(row, name, position)).length;
    set(`cursor.${name}`, positionAfterLoss(position, lastSeq, summary.pending.get(name) ?? 0, refused));
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
function countLosses({ removed }: RecoveredTables) {
  const ranges: [number, number][] = [];
  const dense = Math.max(0, removed.sparseTo);
  let expected = dense + 1;
  let below = 0;
  let lost = 0;
  let moreRanges = 0;
  const gap = (to: number): void => {
    if (to < expected) return;
    lost += to - expected + 1;
    if (ranges.length < MAX_RANGES) ranges.push([expected, to]);
    else moreRanges++;
  };
  return {
    /** Numbers come in their order. */
    present(seq: number): void {
      if (seq <= dense) {
        below++;
        return;
      }
      gap(seq - 1);
      expected = seq + 1;
    },
    upTo(lastSeq: number) {
      gap(lastSeq);
      const lostBelow = Math.max(0, dense - removed.count - below);
      if (lostBelow > 0) ranges.unshift([1, dense]);
      return { ranges, moreRanges, lost: lost + lostBelow };
    },
  };
}

function putDeviceStates(db: Sqlite, { states }: RecoveredTables, { newest, counters }: LogSummary): void {
  const put = prepareChecked(db, 'known', 'INSERT OR REPLACE');
  const ids = new Set(states.map(({ id }) => id));
  for (const { id, devEui, nextFCntUp } of states) put([id, devEui, nextFCntUp, 0, 0]);
  const update = db.prepare('UPDATE known SET last_seq = ?, last_seen = ? WHERE id = ?');
  for (const [device, { seq, time }] of newest) {
    // Who it was is lost with its row; its records are not.
    if (!ids.has(device)) put([device, `unknown-${device}`, 0, 0, 0]);
    update.run(seq, time, device);
  }
  const count = db.prepare('UPDATE known SET next_fcnt_up = ? WHERE id = ?');
  for (const [device, next] of counters) count.run(next, device);
  reseal(db, 'known');
}

function putDevices(
  db: Sqlite,
  { devices, network, quarantine, downlinks, codecs, profiles, documents, kept }: RecoveredTables,
): void {
  const put = prepareDeviceRow(db);
  for (const row of devices) put(row);
  putSessionsRows(db, network);
  const putCodec = prepareCodecRow(db);
  for (const codec of codecs) putCodec(codec);
  const putProfile = prepareProfileRow(db);
  for (const profile of profiles) putProfile(profile);
  const putDocument = prepareDocumentRow(db);
  for (const document of documents) putDocument(document);
  const putKept = prepareKeptRow(db);
  for (const row of kept) putKept(row);
  const refused = prepareChecked(db, 'quarantine', 'INSERT OR IGNORE');
  for (const row of quarantine) refused(row);
  const queued = prepareChecked(db, 'downlinks', 'INSERT OR IGNORE');
  for (const row of downlinks) queued(row);
}

/** A reader's position with the lost records in front of it, and those it had set aside, counted as expired. */
function positionAfterLoss(
  position: CursorPosition,
  lastSeq: number,
  present: number,
  lostRefused: number,
): CursorPosition {
  const holes = lastSeq - position.seq - present;
  const refused = Math.min(lostRefused, position.quarantined);
  const expired = Math.max(0, position.expired + holes - position.holes) + refused;
  return { ...position, holes, quarantined: position.quarantined - refused, expired };
}
