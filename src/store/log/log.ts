/**
 * The log's table: appending, reading forwards for sinks, backwards for people, and one device's chain. `seq` is ours and
 * has no gaps when it is given out: it is counted in memory, moves only with a commit, and is read back from the file
 * after a rollback. Retention may remove rows later (never the newest). Every row read is checked.
 *
 * Nobody reads beyond what is synced: a power cut may take the rest back, and its numbers would be given out twice.
 */
import type { LogRecord, NewRecord, RecordKind } from '../../model/record.ts';
import { createEncodeBody, type EncodeBody } from '../body/encode.ts';
import type { Log } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';
import type { DeviceStates } from '../tables/device-states.ts';
import { KINDS, NO_SIGN_OF_LIFE } from './kinds.ts';
import { bodyOf, type CheckedRow, checkOf } from './record-check.ts';

interface Row extends CheckedRow {
  readonly crc: number;
  readonly prev: number | null;
}

export interface LogTable extends Log {
  /** Within a transaction: the seq the record got. `next` is its device's uplink counter from now on. */
  append(record: NewRecord, next: number | null, key: string | null): number;
  /** seq of the newest record, committed and synced or not. */
  appendedSeq(): number;
  /** Records up to `seq` are on disk: makes them visible and tells the listeners. */
  publish(seq: number): void;
  /**
   * Records along a device's chain backwards, from `fromSeq` down to `downTo`, at most `limit`; `prev` is the next one, null
   * when none is left. `broken` where the chain leads to a record that is gone.
   */
  chain(
    fromSeq: number,
    downTo: number,
    limit: number,
  ): { readonly records: LogRecord[]; readonly prev: number | null; readonly broken: boolean };
  /** Forgets appended records. */
  rolledBack(): void;
  /** After records were removed. */
  trimmed(): void;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
/** How far one device's records are looked for, row by row, where its chain is broken by rows that went. */
const SEARCHED_ROWS = 20_000;
const COLUMNS = 'seq, time, kind, device, prev, next, key, crc, body';

interface LogContext extends LogStatements {
  readonly states: DeviceStates;
  readonly listeners: Set<(firstSeq: number, lastSeq: number) => void>;
  readonly encodeBody: EncodeBody;
  first: number;
  /** Of records on disk. */
  last: number;
  /** seq of the newest record, committed and synced or not. */
  appended: number;
}

const KIND_INDEX: ReadonlyMap<RecordKind, number> = new Map(KINDS.map((kind, index) => [kind, index]));

/** The log over `db`. Reading throws an error with code SQLITE_CORRUPT_RECORD for a row that fails its checksum. */
export function createLog(db: Sqlite, states: DeviceStates): LogTable {
  const statements = prepareStatements(db);
  const context: LogContext = {
    ...{ ...statements, states, listeners: new Set(), encodeBody: createEncodeBody() },
    ...readBounds(statements),
  };
  const { listeners } = context;
  return {
    append: (record, next, key) => append(context, record, next, key),
    appendedSeq: () => context.appended,
    chain: (fromSeq, downTo, limit) => walkChain(context, fromSeq, downTo, limit),
    publish: (seq) => publish(context, seq),
    rolledBack() {
      const { first, appended } = readBounds(context);
      Object.assign(context, { first, appended });
    },
    trimmed() {
      context.first = readBounds(context).first;
    },
    readAfter: (afterSeq, limit, maxBytes) => readAfter(context, afterSeq, limit, maxBytes),
    eventsAfter: (afterSeq, records, maxBytes) => eventsAfter(context, afterSeq, records, maxBytes),
    readBefore: (beforeSeq, limit) =>
      (context.before.all(Math.min(beforeSeq, context.last + 1), limit) as Row[]).map((row) =>
        toRecord(context, row),
      ),
    ofDevice: (devEui, beforeSeq, limit) => readDevice(context, devEui, beforeSeq, limit),
    firstSeq: () => (context.last === 0 ? 1 : context.first),
    lastSeq: () => context.last,
    timeAfter: (afterSeq) => context.time.get(afterSeq, context.last) as number | undefined,
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type LogStatements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Sqlite) {
  return {
    insert: db.prepare(`INSERT INTO log (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    after: db.prepare(`SELECT ${COLUMNS} FROM log WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`),
    events: db.prepare(
      `SELECT ${COLUMNS} FROM log WHERE seq > ? AND seq <= ? AND kind <> ${KINDS.indexOf('uplink')} ORDER BY seq`,
    ),
    before: db.prepare(`SELECT ${COLUMNS} FROM log WHERE seq < ? ORDER BY seq DESC LIMIT ?`),
    one: db.prepare(`SELECT ${COLUMNS} FROM log WHERE seq = ?`),
    search: db.prepare(
      `SELECT * FROM (SELECT ${COLUMNS} FROM log WHERE seq < ? ORDER BY seq DESC LIMIT ${SEARCHED_ROWS}) WHERE device = ? LIMIT 1`,
    ),
    time: db.prepare('SELECT time FROM log WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1').pluck(),
    bounds: db.prepare('SELECT (SELECT min(seq) FROM log) AS first, (SELECT max(seq) FROM log) AS last'),
  };
}

/** As the file has them. */
function readBounds({
  bounds,
}: Pick<LogStatements, 'bounds'>): Pick<LogContext, 'first' | 'last' | 'appended'> {
  const row = bounds.get() as { first: number | null; last: number | null };
  const last = row.last ?? 0;
  return { first: row.first ?? last + 1, last, appended: last };
}

function append(context: LogContext, record: NewRecord, next: number | null, key: string | null): number {
  const seq = context.appended + 1;
  const device = record.device === null ? undefined : context.states.touch(record.device);
  const kind = KIND_INDEX.get(record.kind) ?? 0;
  const body = storedBody(context, record);
  const row = { seq, time: record.timeMs, kind, device: device?.id ?? null, next, key, body };
  const prev = device?.lastSeq || null;
  context.insert.run(seq, row.time, kind, row.device, prev, next, key, checkOf(row), body);
  if (device) {
    device.lastSeq = seq;
    if (!NO_SIGN_OF_LIFE.has(record.kind)) device.lastSeenMs = record.timeMs;
    if (next !== null) device.nextFCntUp = next;
  }
  context.appended = seq;
  return seq;
}

/** Readings are what fills a log. One with a doubtful clock stays JSON: the clock book looks for it (clock-book-table.ts). */
function storedBody({ encodeBody }: LogContext, { kind, body, timeMs }: NewRecord): string | Uint8Array {
  const coded = kind === 'uplink' && body.clock === undefined ? encodeBody(body, timeMs) : undefined;
  return coded ?? JSON.stringify(body);
}

function publish(context: LogContext, seq: number): void {
  if (seq <= context.last) return;
  const from = context.last + 1;
  context.last = seq;
  for (const listener of context.listeners) listener(from, context.last);
}

function readAfter(
  context: LogContext,
  afterSeq: number,
  limit: number,
  maxBytes = DEFAULT_MAX_BYTES,
): LogRecord[] {
  return takeRecords(context, context.after.iterate(afterSeq, context.last, limit), maxBytes).records;
}

function eventsAfter(
  context: LogContext,
  afterSeq: number,
  count: number,
  maxBytes = DEFAULT_MAX_BYTES,
): ReturnType<Log['eventsAfter']> {
  const end = Math.max(afterSeq, Math.min(afterSeq + count, context.last));
  const { records, cut } = takeRecords(context, context.events.iterate(afterSeq, end), maxBytes);
  return { events: records, to: cut ? (records.at(-1)?.seq ?? end) : end };
}

/** As many as have about `maxBytes`, but at least one; `cut`: there were more. */
function takeRecords(context: LogContext, rows: IterableIterator<unknown>, maxBytes: number) {
  const records: LogRecord[] = [];
  let bytes = 0;
  for (const row of rows as IterableIterator<Row>) {
    const record = toRecord(context, row);
    bytes += record.body.length;
    if (records.length > 0 && bytes > maxBytes) return { records, cut: true };
    records.push(record);
  }
  return { records, cut: false };
}

/** Follows the device's chain backwards: from `beforeSeq` where that is one of its own, so that pages do not begin anew. */
function readDevice(context: LogContext, devEui: string, beforeSeq: number, limit: number): LogRecord[] {
  const { states, one, search, first } = context;
  const records: LogRecord[] = [];
  const device = states.get(devEui);
  const known = device && beforeSeq <= context.last ? (one.get(beforeSeq) as Row | undefined) : undefined;
  let seq: number | null = (known && known.device === device?.id ? known.prev : device?.lastSeq) ?? null;
  while (device && seq !== null && seq >= first && records.length < limit) {
    const row = (one.get(seq) ?? search.get(seq, device.id)) as Row | undefined;
    if (!row) break;
    if (row.seq < beforeSeq && row.seq <= context.last) records.push(toRecord(context, row));
    seq = row.prev;
  }
  return records;
}

function walkChain(context: LogContext, fromSeq: number, downTo: number, limit: number) {
  const records: LogRecord[] = [];
  let seq: number | null = fromSeq;
  let broken = false;
  while (!broken && seq !== null && seq >= downTo && records.length < limit) {
    const row = context.one.get(seq) as Row | undefined;
    broken = !row;
    if (row && row.seq <= context.last) records.push(toRecord(context, row));
    seq = row?.prev ?? null;
  }
  return { records, prev: seq !== null && seq >= downTo ? seq : null, broken };
}

function toRecord({ states }: LogContext, row: Row): LogRecord {
  return {
    seq: row.seq,
    timeMs: row.time,
    kind: KINDS[row.kind] ?? 'system',
    device: row.device === null ? null : (states.byId(row.device)?.devEui ?? null),
    body: bodyOf(row),
  };
}
