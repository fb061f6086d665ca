/**
 * The log's table: appending, reading forwards for sinks, backwards for people, and one device's chain. `seq` is ours and
 * has no gaps: it is counted in memory, moves only with a commit, and is read back from the file after a rollback.
 */
import type { LogRecord, NewRecord, RecordKind } from '../model/record.ts';
import type { Log } from './contract.ts';
import type { KnownDevices } from './known.ts';
import type { Sqlite } from './sqlite.ts';

/** Stored as the index. Append only. */
export const KINDS: readonly RecordKind[] = ['uplink', 'gateway', 'system'];

interface Row {
  readonly seq: number;
  readonly time: number;
  readonly kind: number;
  readonly device: number | null;
  readonly body: string;
}

export interface LogTable extends Log {
  /** Within a transaction: the seq the record got. */
  append(record: NewRecord): number;
  /** Makes appended records visible and tells the listeners. */
  committed(): void;
  /** Forgets appended records. */
  rolledBack(): void;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/** The log over `db`. */
export function createLog(db: Sqlite, known: KnownDevices): LogTable {
  const insert = db.prepare(
    'INSERT INTO log (seq, time, kind, device, prev, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const after = db.prepare(
    'SELECT seq, time, kind, device, body FROM log WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const before = db.prepare(
    'SELECT seq, time, kind, device, body FROM log WHERE seq < ? ORDER BY seq DESC LIMIT ?',
  );
  const one = db.prepare('SELECT seq, time, kind, device, body, prev FROM log WHERE seq = ?');
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
    append(record) {
      const seq = appended + 1;
      const device = record.device === null ? undefined : known.touch(record.device);
      const kind = kindIndex.get(record.kind);
      insert.run(
        seq,
        record.timeMs,
        kind,
        device?.id ?? null,
        device?.lastSeq || null,
        JSON.stringify(record.body),
      );
      if (device) {
        device.lastSeq = seq;
        device.lastSeenMs = record.timeMs;
      }
      appended = seq;
      return seq;
    },
    committed() {
      if (appended === last) return;
      const from = last + 1;
      last = appended;
      for (const listener of listeners) listener(from, last);
    },
    rolledBack: readBounds,
    readAfter(afterSeq, limit, maxBytes = DEFAULT_MAX_BYTES) {
      const records: LogRecord[] = [];
      let bytes = 0;
      for (const row of after.iterate(afterSeq, limit) as IterableIterator<Row>) {
        if (row.seq > last) break;
        bytes += row.body.length;
        if (records.length > 0 && bytes > maxBytes) break;
        records.push(toRecord(row));
      }
      return records;
    },
    readBefore: (beforeSeq, limit) => (before.all(beforeSeq, limit) as Row[]).map(toRecord),
    ofDevice(devEui, beforeSeq, limit) {
      const records: LogRecord[] = [];
      let seq: number | null = known.get(devEui)?.lastSeq ?? null;
      while (seq !== null && seq > 0 && records.length < limit) {
        const row = one.get(seq) as (Row & { prev: number | null }) | undefined;
        if (!row) break;
        if (row.seq < beforeSeq) records.push(toRecord(row));
        seq = row.prev;
      }
      return records;
    },
    firstSeq: () => (last === 0 ? 1 : first),
    lastSeq: () => last,
    timeAfter: (afterSeq) => (after.get(afterSeq, 1) as Row | undefined)?.time,
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
