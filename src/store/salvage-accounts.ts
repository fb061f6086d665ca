/** The second part of a repair: with the kept records in the new file, who loses what, and the record that says so. */
import { randomUUID } from 'node:crypto';
import type { World } from '../model/world.ts';
import { prepareCodecRow } from './codecs.ts';
import type { Place } from './cursors.ts';
import { prepareDeviceRow } from './devices.ts';
import { KINDS } from './kinds.ts';
import { encodeMeta } from './meta.ts';
import { putNetworkRows } from './network.ts';
import type { Receipt } from './receipt.ts';
import { checkOf } from './record-check.ts';
import type { Remains } from './remains.ts';
import type { Sqlite } from './sqlite.ts';

const MAX_RANGES = 100;

/** Within a transaction on the new file, which holds the kept records and nothing else. */
export function writeAccounts(db: Sqlite, remains: Remains, world: World, reason: string): Receipt {
  const kept = db.prepare('SELECT count(*) FROM log').pluck().get() as number;
  const newest = (db.prepare('SELECT max(seq) FROM log').pluck().get() as number | null) ?? 0;
  const newestMs = (db.prepare('SELECT max(time) FROM log').pluck().get() as number | null) ?? 0;
  const lastSeq = Math.max(newest, remains.lastSeq);
  const { ranges, moreRanges, lost } = findLost(db, remains, lastSeq);
  const epoch = remains.epoch + 1;
  const receipt = { reason, epoch, kept, lost, ranges, moreRanges, keysFrom: remains.keysFrom };
  putKnown(db, remains);
  putDevices(db, remains);
  const put = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
  const set = (key: string, value: unknown) => put.run(key, encodeMeta(key, value));
  set('store_id', remains.storeId ?? randomUUID());
  set('epoch', epoch);
  set('known_seq', lastSeq);
  set('removed', { ...remains.removed, count: lastSeq - kept, sparseTo: lastSeq });
  for (const [name, place] of remains.cursors) set(`cursor.${name}`, settle(db, place, lastSeq));
  const row = {
    seq: lastSeq + 1,
    // Nobody has said yet whether the clock is right; what happened before was not later than this.
    time: Math.max(world.clock.nowMs(), newestMs),
    kind: KINDS.indexOf('system'),
    device: null,
    next: null,
    key: null,
    body: JSON.stringify({ event: 'salvaged', ...receipt }),
  };
  db.prepare('INSERT INTO log (seq, time, kind, crc, body) VALUES (?, ?, ?, ?, ?)').run(
    ...[row.seq, row.time, row.kind, checkOf(row), row.body],
  );
  return receipt;
}

/**
 * Missing numbers. Where retention has been, only the count tells: what it left there were single events. Above, every
 * missing number is a lost record.
 */
function findLost(db: Sqlite, { removed }: Remains, lastSeq: number) {
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

function putKnown(db: Sqlite, { known, countersSeq }: Remains): void {
  const put = db.prepare(
    'INSERT OR REPLACE INTO known (id, dev_eui, next_fcnt_up, last_seq, last_seen) VALUES (?, ?, ?, 0, 0)',
  );
  const ids = new Set(known.map(({ id }) => id));
  for (const { id, devEui, nextFCntUp } of known) put.run(id, devEui, nextFCntUp);
  const newest = db
    .prepare('SELECT device, max(seq) AS seq, time FROM log WHERE device IS NOT NULL GROUP BY device')
    .all() as { device: number; seq: number; time: number }[];
  const update = db.prepare('UPDATE known SET last_seq = ?, last_seen = ? WHERE id = ?');
  for (const { device, seq, time } of newest) {
    // Who it was is lost with its row; its records are not.
    if (!ids.has(device)) put.run(device, `unknown-${device}`, 0);
    update.run(seq, time, device);
  }
  const counters = db
    .prepare(
      'SELECT device, max(seq) AS seq, next FROM log WHERE seq > ? AND next IS NOT NULL AND device IS NOT NULL GROUP BY device',
    )
    .all(countersSeq) as { device: number; next: number }[];
  const count = db.prepare('UPDATE known SET next_fcnt_up = ? WHERE id = ?');
  for (const { device, next } of counters) count.run(next, device);
}

function putDevices(db: Sqlite, { devices, network, quarantine, codecs }: Remains): void {
  const put = prepareDeviceRow(db);
  for (const row of devices) put(row);
  putNetworkRows(db, network);
  const putCodec = prepareCodecRow(db);
  for (const codec of codecs) putCodec(codec);
  const set = db.prepare('INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (const row of quarantine) set.run(...row);
}

/** A reader's place with the lost records in front of it counted as expired. */
function settle(db: Sqlite, place: Place, lastSeq: number): Place {
  const present = db.prepare('SELECT count(*) FROM log WHERE seq > ?').pluck().get(place.seq) as number;
  const holes = lastSeq - place.seq - present;
  return { ...place, holes, expired: Math.max(0, place.expired + holes - place.holes) };
}
