/**
 * The log's table: appending, reading forwards for sinks, backwards for people, and one device's chain. `seq` is ours and
 * has no gaps when it is given out: it is counted in memory, moves only with a commit, and is read back from the file
 * after a rollback. Retention may remove rows later (never the newest). Every row read is checked.
 */
import type { LogRecord, NewRecord } from '../../model/record.ts';
import type { Log } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';
import type { DeviceStates } from '../tables/device-states.ts';
import { KINDS } from './kinds.ts';
import { type CheckedRow, checkOf, isIntact } from './record-check.ts';

interface Row extends CheckedRow {
  readonly crc: number;
  readonly prev: number | null;
}

export interface LogTable extends Log {
  /** Within a transaction: the seq the record got. `next` is its device's uplink counter from now on. */
  append(record: NewRecord, next: number | null, key: string | null): number;
  /** seq of the newest record, committed or not. */
  appendedSeq(): number;
  /** Makes appended records visible and tells the listeners. */
  committed(): void;
  /** Forgets appended records. */
  rolledBack(): void;
  /** After records were removed. */
  trimmed(): void;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
/** How far one device's records are looked for, row by row, where its chain is broken by rows that went. */
const SEARCHED_ROWS = 20_000;
const COLUMNS = 'seq, time, kind, device, prev, next, key, crc, body';

/** The log over `db`. Reading throws an error with code SQLITE_CORRUPT_RECORD for a row that fails its checksum. */
export function createLog(db: Sqlite, known: DeviceStates): LogTable {
  const insert = db.prepare(`INSERT INTO log (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const after = db.prepare(`SELECT ${COLUMNS} FROM log WHERE seq > ? ORDER BY seq LIMIT ?`);
  const before = db.prepare(`SELECT ${COLUMNS} FROM log WHERE seq < ? ORDER BY seq DESC LIMIT ?`);
  const one = db.prepare(`SELECT ${COLUMNS} FROM log WHERE seq = ?`);
  const search = db.prepare(
    `SELECT * FROM (SELECT ${COLUMNS} FROM log WHERE seq < ? ORDER BY seq DESC LIMIT ${SEARCHED_ROWS}) WHERE device = ? LIMIT 1`,
  );
  const time = db.prepare('SELECT time FROM log WHERE seq > ? ORDER BY seq LIMIT 1').pluck();
  const bounds = db.prepare('SELECT (SELECT min(seq) FROM log) AS first, (SELECT max(seq) FROM log) AS last');
  const kindIndex = new Map(KINDS.map((kind, index) => [kind, index]));
  const listeners = new Set<(firstSeq: number, lastSeq: number) => void>();

  let first = 0;
  let last = 0;
  let appended = 0;

  function readBounds(): void {
    const row = bounds.get() as { first: number | null; last: number | null };
    last = row.last ?? 0;
    first = row.first ?? last + 1;
    appended = last;
  }

  function toRecord(row: Row): LogRecord {
    if (!isIntact(row)) {
      const code = { code: 'SQLITE_CORRUPT_RECORD' };
      throw Object.assign(new Error(`record ${row.seq} does not match its checksum`), code);
    }
    return {
      seq: row.seq,
      timeMs: row.time,
      kind: KINDS[row.kind] ?? 'system',
      device: row.device === null ? null : (known.byId(row.device)?.devEui ?? null),
      body: row.body,
    };
  }

  readBounds();
  return {
    append(record, next, key) {
      const seq = appended + 1;
      const device = record.device === null ? undefined : known.touch(record.device);
      const kind = kindIndex.get(record.kind) ?? 0;
      const body = JSON.stringify(record.body);
      const row = { seq, time: record.timeMs, kind, device: device?.id ?? null, next, key, body };
      insert.run(seq, row.time, kind, row.device, device?.lastSeq || null, next, key, checkOf(row), body);
      if (device) {
        device.lastSeq = seq;
        // What is sent to a device is no sign of life of it.
        if (record.kind !== 'downlink') device.lastSeenMs = record.timeMs;
        if (next !== null) device.nextFCntUp = next;
      }
      appended = seq;
      return seq;
    },
    appendedSeq: () => appended,
    committed() {
      if (appended === last) return;
      const from = last + 1;
      last = appended;
      for (const listener of listeners) listener(from, last);
    },
    rolledBack: readBounds,
    trimmed() {
      first = (bounds.get() as { first: number | null }).first ?? last + 1;
    },
    readAfter(afterSeq, limit, maxBytes = DEFAULT_MAX_BYTES) {
      const records: LogRecord[] = [];
      let bytes = 0;
      for (const row of after.iterate(afterSeq, limit) as IterableIterator<Row>) {
        bytes += row.body.length;
        if (records.length > 0 && bytes > maxBytes) break;
        records.push(toRecord(row));
      }
      return records;
    },
    readBefore: (beforeSeq, limit) => (before.all(beforeSeq, limit) as Row[]).map(toRecord),
    ofDevice(devEui, beforeSeq, limit) {
      const records: LogRecord[] = [];
      const device = known.get(devEui);
      let seq: number | null = device?.lastSeq ?? null;
      while (device && seq !== null && seq >= first && records.length < limit) {
        const row = (one.get(seq) ?? search.get(seq, device.id)) as Row | undefined;
        if (!row) break;
        if (row.seq < beforeSeq) records.push(toRecord(row));
        seq = row.prev;
      }
      return records;
    },
    firstSeq: () => (last === 0 ? 1 : first),
    lastSeq: () => last,
    timeAfter: (afterSeq) => time.get(afterSeq) as number | undefined,
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
