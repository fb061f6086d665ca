/** A centre and a site in memory, for the model of how they find one another again: disks that are copied, put back, replaced. */
import type { LogRecord } from '../../src/model/record.ts';
import type { Ancestor } from '../../src/store/contract.ts';
import { withClaim, withEnd } from '../../src/store/tables/ancestors.ts';
import { type EntryId, NO_ENTRY } from '../../src/sync/entry.ts';
import type { Centre } from '../../src/sync/site/centre.ts';
import type { Entry } from '../../src/sync/site/entry.ts';
import type { SyncStore } from '../../src/sync/site/resume.ts';

/** A stream in memory that obeys Redis: IDs only grow, and the last one outlives trimming. */
export function createModelCentre() {
  let entries: Entry[] = [];
  const read: Entry[] = [];
  let lastId: EntryId = NO_ENTRY;
  let owners = new Map<number, string>();
  const ends = new Map<number, number>();
  const of = (epoch: number) => entries.filter(({ id }) => id.epoch === epoch);
  const same = (a: EntryId, b: EntryId) => a.epoch === b.epoch && a.seq === b.seq;
  const centre: Centre = {
    async last() {
      const entry = entries.find(({ id }) => same(id, lastId));
      return entry ? { id: lastId, entry } : { id: lastId };
    },
    register: async () => ({ owners: new Map(owners), ends: new Map(ends) }),
    async claim(epoch, storeId, ended) {
      if (!owners.has(epoch)) owners.set(epoch, storeId);
      if (ended && !ends.has(ended.epoch)) ends.set(ended.epoch, ended.seq);
      return owners.get(epoch) ?? '';
    },
    entry: async (wanted) => entries.find(({ id }) => same(id, wanted)),
    async edges(epoch) {
      const [first, last] = [of(epoch)[0], of(epoch).at(-1)];
      return first && last ? { first, last } : undefined;
    },
    async append(expected, added) {
      if (!same(expected, lastId)) return { landed: 0, last: lastId, asExpected: false };
      for (const entry of added) {
        const greater =
          entry.id.epoch > lastId.epoch || (entry.id.epoch === lastId.epoch && entry.id.seq > lastId.seq);
        if (!greater) throw new Error(`refused: ${entry.id.epoch}-${entry.id.seq}`);
        entries.push(entry);
        lastId = entry.id;
      }
      return { landed: added.length, last: lastId, asExpected: true };
    },
  };
  return {
    centre,
    entries: () => entries,
    /** A fail-over to a replica that lacks the last `count` entries, and the epochs claimed for them. */
    failOver(count: number) {
      entries = entries.slice(0, Math.max(0, entries.length - count));
      lastId = entries.at(-1)?.id ?? NO_ENTRY;
      owners = new Map([...owners].filter(([epoch]) => epoch <= lastId.epoch));
      for (const epoch of ends.keys()) if (epoch >= lastId.epoch) ends.delete(epoch);
    },
    trim(keep: number) {
      const from = Math.max(0, entries.length - keep);
      read.push(...entries.slice(0, from));
      entries = entries.slice(from);
    },
    /** With those that were read and trimmed. */
    ever: () => [...read, ...entries],
  };
}

interface Disk {
  readonly storeId: string;
  epoch: number;
  records: LogRecord[];
  cursor: number;
  ancestors: readonly Ancestor[];
}

/** The store and the cursor that the site sees, of whichever disk is in it. */
function openDisk(disk: () => Disk) {
  const store: SyncStore = {
    epoch: () => disk().epoch,
    ancestors: () => disk().ancestors,
    setEpoch(epoch, deliveredSeq = 0) {
      disk().ancestors = withEnd(disk().ancestors, disk().epoch, deliveredSeq);
      disk().epoch = epoch;
    },
    noteClaim() {
      disk().ancestors = withClaim(disk().ancestors, disk().epoch);
    },
    storeId: () => disk().storeId,
    synced: async () => {},
    log: {
      readAfter: (after, limit) => disk().records.slice(after, after + limit),
      eventsAfter: (after) => ({ events: [], to: after }),
      readBefore: () => [],
      ofDevice: () => [],
      firstSeq: () => 1,
      lastSeq: () => disk().records.length,
      timeAfter: () => undefined,
      onAppend: () => () => {},
    },
  };
  const cursor = {
    name: 'centre',
    state() {
      const { cursor: seq, records } = disk();
      const pending = records.length - seq;
      return { seq, accepted: records.length, delivered: seq, pending, quarantined: 0, expired: 0 };
    },
    advance(seq: number) {
      if (seq < disk().cursor || seq > disk().records.length) throw new RangeError(`advance to ${seq}`);
      disk().cursor = seq;
    },
    rewind(seq: number) {
      disk().cursor = Math.min(disk().cursor, seq);
      return disk().cursor;
    },
  };
  return { store, cursor };
}

/** The site: a disk that can be copied, put back or replaced. */
export function createModelSite(backupsServe: 'once' | 'often' = 'often') {
  let made = 0;
  let stores = 1;
  let disk: Disk = {
    storeId: 'store-1',
    epoch: 1,
    records: [],
    cursor: 0,
    ancestors: [{ epoch: 1, seq: 0 }],
  };
  const copy = (from: Disk): Disk => ({ ...from, records: [...from.records] });
  let backup = copy(disk);
  let isUsed = false;
  const { store, cursor } = openDisk(() => disk);
  return {
    store,
    cursor,
    records: () => disk.records,
    append(count: number) {
      for (let i = 0; i < count; i++) {
        made += 1;
        disk.records.push({
          seq: disk.records.length + 1,
          timeMs: made,
          kind: 'system',
          device: null,
          body: '{}',
        });
      }
    },
    /** A crash: the place on disk lags behind. */
    crash(lag: number) {
      disk.cursor = Math.max(0, disk.cursor - lag);
    },
    save() {
      backup = copy(disk);
      isUsed = false;
    },
    restore() {
      disk = copy(backup);
    },
    /** As `backup restore` does it, on a new disk. */
    reincarnate() {
      if (isUsed && backupsServe === 'once') return;
      isUsed = true;
      disk = copy(backup);
      disk.ancestors = withEnd(disk.ancestors, disk.epoch, disk.records.length);
      disk.epoch += 1;
    },
    rebuild() {
      stores += 1;
      disk = {
        storeId: `store-${stores}`,
        epoch: 1,
        records: [],
        cursor: 0,
        ancestors: [{ epoch: 1, seq: 0 }],
      };
    },
  };
}
