/**
 * The store's contract kept in memory, for tests of the parts that read the log: gapless seq, cursors that count,
 * quarantine that takes a repeat as the same record. Nothing survives the object.
 */
import type { FieldValue, LogRecord, NewRecord } from '../../src/model/record.ts';
import type {
  Change,
  Committed,
  Cursor,
  Log,
  Quarantine,
  QuarantinedRecord,
  Store,
} from '../../src/store/contract.ts';

export interface MemoryStore extends Pick<Store, 'log' | 'cursor' | 'quarantine'> {
  epoch(): number;
  setEpoch(epoch: number): void;
  storeId(): string;
  /** Stores at once; the listeners of `onAppend` run before it returns. */
  append(records: readonly NewRecord[]): Committed;
  commit(change: Change): Promise<Committed>;
  /** Forgets the records up to `seq`, delivered or not, as retention would; cursors behind count them as expired. */
  expireUpTo(seq: number): void;
  /** A store as a crash would leave it: the same records and quarantine, each cursor as it was at `savePlaces`. */
  reopen(): MemoryStore;
  /** What the real store does every few seconds: from now on a crash finds the cursors here. */
  savePlaces(): void;
}

interface Place {
  seq: number;
  quarantined: number;
  expired: number;
}

interface Contents {
  records: LogRecord[];
  lastSeq: number;
  epoch: number;
  readonly quarantined: Map<string, QuarantinedRecord>;
  readonly saved: Map<string, Place>;
}

/** An empty store; `contents` are those of an earlier one. */
export function createMemoryStore(contents: Contents = emptyContents()): MemoryStore {
  const places = new Map([...contents.saved].map(([name, place]) => [name, { ...place }]));
  const listeners = new Set<(firstSeq: number, lastSeq: number) => void>();
  const log = createLog(contents, listeners);
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
    cursor(name) {
      const place = places.get(name) ?? { seq: 0, quarantined: 0, expired: 0 };
      places.set(name, place);
      return createCursor(name, place, contents, log);
    },
    epoch: () => contents.epoch,
    setEpoch(epoch) {
      contents.epoch = epoch;
    },
    storeId: () => 'memory',
    append,
    async commit({ records = [], released: mended }) {
      const committed = append(records);
      if (!mended) return committed;
      const place = places.get(mended.sink) ?? { seq: 0, quarantined: 0, expired: 0 };
      const behind = mended.seqs.filter((seq) => seq <= place.seq);
      const count = createQuarantine(contents.quarantined).remove(mended.sink, behind);
      place.quarantined -= count;
      if (mended.as === 'expired') place.expired += count;
      contents.saved.set(mended.sink, { ...place });
      return { ...committed, released: count };
    },
    expireUpTo(seq) {
      contents.records = contents.records.filter((record) => record.seq > seq);
      for (const place of places.values()) {
        if (place.seq >= seq) continue;
        place.expired += seq - place.seq;
        place.seq = seq;
      }
    },
    savePlaces() {
      for (const [name, place] of places) contents.saved.set(name, { ...place });
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
  return { records: [], lastSeq: 0, epoch: 1, quarantined: new Map(), saved: new Map() };
}

function createLog(contents: Contents, listeners: Set<(firstSeq: number, lastSeq: number) => void>): Log {
  const firstSeq = () => contents.records[0]?.seq ?? contents.lastSeq + 1;
  /** Index of the first record with a seq above `after`. */
  const indexAfter = (after: number) => Math.max(0, after + 1 - firstSeq());
  return {
    readAfter(after, limit, maxBytes = Number.POSITIVE_INFINITY) {
      const found: LogRecord[] = [];
      let bytes = 0;
      for (let index = indexAfter(after); found.length < limit && bytes < maxBytes; index += 1) {
        const record = contents.records[index];
        if (!record) break;
        bytes += record.body.length;
        found.push(record);
      }
      return found;
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

function createCursor(name: string, place: Place, contents: Contents, log: Log): Cursor {
  return {
    name,
    state: () => ({
      seq: place.seq,
      accepted: contents.lastSeq,
      delivered: place.seq - place.quarantined - place.expired,
      pending: contents.lastSeq - place.seq,
      quarantined: place.quarantined,
      expired: place.expired,
    }),
    advance(seq, quarantined = 0, expired = 0) {
      if (seq < place.seq || seq > contents.lastSeq) {
        throw new RangeError(`cursor ${name}: advance from ${place.seq} to ${seq} of ${contents.lastSeq}`);
      }
      if (quarantined + expired > seq - place.seq)
        throw new RangeError(`cursor ${name}: more quarantined than passed`);
      place.seq = seq;
      place.quarantined += quarantined;
      place.expired += expired;
    },
    rewind(seq) {
      const target = Math.max(seq, log.firstSeq() - 1);
      if (target < place.seq) {
        const again = [...contents.quarantined.values()].filter(
          (item) => item.sink === name && item.seq > target && item.seq <= place.seq,
        );
        place.seq = target;
        place.expired = Math.min(place.expired, target);
        place.quarantined = Math.min(place.quarantined - again.length, target - place.expired);
        contents.saved.set(name, { ...place });
      }
      return place.seq;
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
