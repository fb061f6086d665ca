/**
 * The store's contract kept in memory, for tests of the parts that read the log: gapless seq, cursors that count,
 * quarantine that takes a repeat as the same record. Nothing survives the object.
 */
import type { FieldValue, LogRecord, NewRecord } from '../../src/model/record.ts';
import type {
  Ancestor,
  Change,
  Committed,
  Cursor,
  Log,
  Quarantine,
  QuarantinedRecord,
  Store,
} from '../../src/store/contract.ts';
import { type CursorPosition, stateOf } from '../../src/store/log/cursors.ts';
import { withClaim, withEnd } from '../../src/store/tables/ancestors.ts';

export interface MemoryStore extends Pick<Store, 'log' | 'cursor' | 'quarantine' | 'notes' | 'synced'> {
  epoch(): number;
  setEpoch(epoch: number, deliveredSeq?: number): void;
  noteClaim(): void;
  ancestors(): readonly Ancestor[];
  storeId(): string;
  /** Stores at once; the listeners of `onAppend` run before it returns. */
  append(records: readonly NewRecord[]): Committed;
  commit(change: Change): Promise<Committed>;
  /**
   * Forgets the records up to `seq`, delivered or not, as retention would; cursors behind count them as expired. Unlike the
   * store's they are moved on at once.
   */
  expireUpTo(seq: number): void;
  /** A store as a crash would leave it: the same records and quarantine, each cursor as it was at `savePlaces`. */
  reopen(): MemoryStore;
  /** What the real store does every few seconds: from now on a crash finds the cursors here. */
  savePlaces(): void;
}

interface Contents {
  records: LogRecord[];
  lastSeq: number;
  epoch: number;
  ancestors: readonly Ancestor[];
  readonly quarantined: Map<string, QuarantinedRecord>;
  readonly saved: Map<string, CursorPosition>;
  readonly notes: Map<string, string>;
}

/** An empty store; `contents` are those of an earlier one. */
export function createMemoryStore(contents: Contents = emptyContents()): MemoryStore {
  const positions = new Map([...contents.saved].map(([name, position]) => [name, { ...position }]));
  const listeners = new Set<(firstSeq: number, lastSeq: number) => void>();
  const log = createLog(contents, listeners);
  function open(name: string): CursorPosition {
    const gone = missingIn(0, contents.lastSeq, contents);
    const position = positions.get(name) ?? { seq: 0, quarantined: 0, expired: gone, holes: gone };
    positions.set(name, position);
    return position;
  }
  function append(records: readonly NewRecord[]): Committed {
    if (records.length === 0) return { firstSeq: 0 };
    const firstSeq = contents.lastSeq + 1;
    for (const { body, ...stamp } of records) {
      contents.lastSeq += 1;
      contents.records.push({ ...stamp, body: JSON.stringify(body), seq: contents.lastSeq });
    }
    for (const listener of listeners) listener(firstSeq, contents.lastSeq);
    return { firstSeq };
  }
  return {
    log,
    quarantine: createQuarantine(contents.quarantined),
    notes: {
      get: (name) => JSON.parse(contents.notes.get(name) ?? 'null') ?? undefined,
      put: (name, value) => void contents.notes.set(name, JSON.stringify(value)),
    },
    cursor: (name) => createCursor(name, open(name), contents, log),
    epoch: () => contents.epoch,
    ancestors: () => contents.ancestors,
    setEpoch(epoch, deliveredSeq = 0) {
      contents.ancestors = withEnd(contents.ancestors, contents.epoch, deliveredSeq);
      contents.epoch = epoch;
    },
    noteClaim() {
      contents.ancestors = withClaim(contents.ancestors, contents.epoch);
    },
    storeId: () => 'memory',
    synced: async () => {},
    append,
    async commit({ records = [], released }) {
      const committed = append(records);
      if (!released) return committed;
      const { sink, seqs, as } = released;
      const position = open(sink);
      const behind = seqs.filter((seq) => seq <= position.seq);
      const count = createQuarantine(contents.quarantined).remove(sink, behind);
      position.quarantined -= count;
      if (as === 'expired') position.expired += count;
      contents.saved.set(sink, { ...position });
      return { ...committed, released: count };
    },
    expireUpTo(seq) {
      contents.records = contents.records.filter((record) => record.seq > seq);
      for (const position of positions.values()) {
        if (position.seq >= seq) continue;
        position.expired += seq - position.seq - position.holes;
        Object.assign(position, { seq, holes: 0 });
      }
    },
    savePlaces() {
      for (const [name, position] of positions) contents.saved.set(name, { ...position });
    },
    reopen: () => createMemoryStore(contents),
  };
}

/** A record of kind 'uplink' with `fields`, every other value plausible. */
export function uplinkRecord(
  device: string,
  timeMs: number,
  fields: Readonly<Record<string, FieldValue>>,
): NewRecord {
  return {
    kind: 'uplink',
    device,
    timeMs,
    body: {
      fields,
      data: '00',
      fPort: 1,
      fCnt: 7,
      devAddr: '01020304',
      confirmed: false,
      freq: 868_100_000,
      dr: 'SF7BW125',
      rx: [{ gw: '0016c001f1500001', rssi: -101, snr: 7.5 }],
      codec: 'cayenne',
      via: 'bridge',
    },
  };
}

function emptyContents(): Contents {
  return {
    records: [],
    lastSeq: 0,
    epoch: 1,
    ancestors: [{ epoch: 1, seq: 0 }],
    quarantined: new Map(),
    saved: new Map(),
    notes: new Map(),
  };
}

function createLog(contents: Contents, listeners: Set<(firstSeq: number, lastSeq: number) => void>): Log {
  const firstSeq = () => contents.records[0]?.seq ?? contents.lastSeq + 1;
  /** Index of the first record with a seq above `after`. */
  const indexAfter = (after: number) => Math.max(0, after + 1 - firstSeq());
  return {
    readAfter(after, limit, maxBytes = Number.POSITIVE_INFINITY) {
      const found: LogRecord[] = [];
      let bytes = 0;
      for (let index = indexAfter(after); found.length < limit; index += 1) {
        const record = contents.records[index];
        if (!record) break;
        bytes += record.body.length;
        if (found.length > 0 && bytes > maxBytes) break;
        found.push(record);
      }
      return found;
    },
    eventsAfter(after, records, maxBytes = Number.POSITIVE_INFINITY) {
      const end = Math.max(after, Math.min(after + records, contents.lastSeq));
      const events: LogRecord[] = [];
      let bytes = 0;
      for (const record of contents.records) {
        if (record.seq <= after || record.seq > end || record.kind === 'uplink') continue;
        bytes += record.body.length;
        if (events.length > 0 && bytes > maxBytes) return { events, to: events.at(-1)?.seq ?? end };
        events.push(record);
      }
      return { events, to: end };
    },
    readBefore(before, limit) {
      const end = Math.min(contents.records.length, Math.max(0, before - firstSeq()));
      return contents.records.slice(Math.max(0, end - limit), end).reverse();
    },
    ofDevice: (devEui, before, limit) =>
      contents.records
        .filter((record) => record.device === devEui && record.seq < before)
        .reverse()
        .slice(0, limit),
    firstSeq,
    lastSeq: () => contents.lastSeq,
    timeAfter: (after) => contents.records[indexAfter(after)]?.timeMs,
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** How many records of (from, to] are gone. */
function missingIn(from: number, to: number, { records, lastSeq }: Contents): number {
  const gone = (records[0]?.seq ?? lastSeq + 1) - 1;
  return Math.max(0, Math.min(to, gone) - from);
}

function createCursor(name: string, position: CursorPosition, contents: Contents, log: Log): Cursor {
  return {
    name,
    state: () => stateOf(position, contents.lastSeq),
    advance(seq, quarantined = 0, expired = 0) {
      if (seq < position.seq || seq > contents.lastSeq) {
        throw new RangeError(`cursor ${name}: advance from ${position.seq} to ${seq} of ${contents.lastSeq}`);
      }
      const missing = missingIn(position.seq, seq, contents);
      if (quarantined + expired > seq - position.seq - missing)
        throw new RangeError(`cursor ${name}: more quarantined than passed`);
      position.holes -= missing;
      position.seq = seq;
      position.quarantined += quarantined;
      position.expired += expired;
    },
    rewind(seq) {
      const target = Math.max(seq, log.firstSeq() - 1);
      if (target < position.seq) {
        const again = [...contents.quarantined.values()].filter(
          (item) => item.sink === name && item.seq > target && item.seq <= position.seq,
        );
        position.seq = target;
        position.quarantined -= again.length;
        position.expired = Math.min(position.expired, target - position.quarantined);
        contents.saved.set(name, { ...position });
      }
      return position.seq;
    },
  };
}

function createQuarantine(items: Map<string, QuarantinedRecord>): Quarantine {
  const key = (sink: string, seq: number) => `${sink} ${seq}`;
  const ofSink = (sink: string) =>
    [...items.values()].filter((item) => item.sink === sink).sort((a, b) => a.seq - b.seq);
  return {
    add(sink, added, nowMs) {
      for (const { record, reason } of added) {
        items.set(key(sink, record.seq), { ...record, sink, reason, quarantinedMs: nowMs });
      }
      return [];
    },
    use: () => ({
      ...{ records: items.size, bytes: 0, full: false },
      ...{ maxRecords: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
    }),
    list: (sink, afterSeq, limit) =>
      ofSink(sink)
        .filter((item) => item.seq > afterSeq)
        .slice(0, limit),
    count: (sink) => ofSink(sink).length,
    remove: (sink, seqs) => seqs.filter((seq) => items.delete(key(sink, seq))).length,
  };
}
