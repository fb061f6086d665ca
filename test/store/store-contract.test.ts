/**
 * What readers of the log rely on, asked of the real store and of the one in memory that stands in for it in other tests:
 * one suite, so that a test on the stand-in says something about the store.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogRecord, NewRecord } from '../../src/model/record.ts';
import type { CursorState, Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { createMemoryStore, uplinkRecord } from '../support/memory-store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

type Subject = Pick<Store, 'log' | 'cursor' | 'quarantine' | 'commit' | 'epoch' | 'setEpoch'> &
  Pick<Store, 'noteClaim' | 'ancestors'>;

interface Opened {
  readonly store: Subject;
  /** Lets the oldest records go, delivered or not; the seq of the newest that went. */
  expire(): Promise<number>;
  close(): Promise<void>;
}

function openReal(): Opened {
  const folder = temporaryFolder();
  const world = createTestWorld();
  const store = openStore({ dir: folder.path, world, maxBytes: 1024 * 1024 });
  return {
    store,
    async expire() {
      const large = { event: 'test', text: 'x'.repeat(20_000) };
      while (store.log.firstSeq() === 1) {
        await commit(store, { kind: 'system', timeMs: 1, device: null, body: large });
        world.advance(1_000);
      }
      return store.log.firstSeq() - 1;
    },
    async close() {
      await store.close();
      folder.remove();
    },
  };
}

function openMemory(): Opened {
  const store = createMemoryStore();
  return {
    store,
    async expire() {
      store.expireUpTo(5);
      return 5;
    },
    close: async () => {},
  };
}

const KINDS = [
  { name: 'on disk', open: openReal },
  { name: 'in memory', open: openMemory },
];

const record = (n: number, device: string | null = null): NewRecord => ({
  kind: 'system',
  timeMs: 1_000 + n,
  device,
  body: { event: 'test', n },
});
const uplink = (n: number): NewRecord => uplinkRecord('70b3d57ed0000001', 1_000 + n, { temperature_1: n });
const commit = (store: Subject, ...records: readonly NewRecord[]) => store.commit({ records, urgent: true });
const seqs = (records: readonly LogRecord[]) => records.map(({ seq }) => seq);

function recordAt(store: Subject, seq: number): LogRecord {
  const [found] = store.log.readAfter(seq - 1, 1);
  if (found?.seq !== seq) throw new Error(`no record ${seq}`);
  return found;
}

describe.each(KINDS)('a store $name', ({ open }) => {
  async function withStore(run: (store: Subject) => Promise<void>, count = 0): Promise<void> {
    const { store, close } = open();
    try {
      if (count > 0) await commit(store, ...Array.from({ length: count }, (_, index) => record(index + 1)));
      await run(store);
    } finally {
      await close();
    }
  }

  test('is empty at first', () =>
    withStore(async ({ log, cursor }) => {
      expect([log.firstSeq(), log.lastSeq(), log.timeAfter(0)]).toEqual([1, 0, undefined]);
      expect(log.readAfter(0, 10)).toEqual([]);
      const nothing = { accepted: 0, delivered: 0, pending: 0, quarantined: 0, expired: 0 };
      expect(cursor('x').state()).toEqual({ seq: 0, ...nothing });
    }));

  test('numbers records without gaps; an empty change has none', () =>
    withStore(async (store) => {
      const committed = await Promise.all([
        commit(store, record(1), record(2)),
        store.commit({}),
        commit(store, record(3)),
      ]);
      expect(committed.map(({ firstSeq }) => firstSeq)).toEqual([1, 0, 3]);
      expect(store.log.lastSeq()).toBe(3);
    }));

  test('reads forwards within a byte limit, backwards, and one device alone', () =>
    withStore(async (store) => {
      await commit(store, record(1, 'aa'), record(2, 'bb'), record(3, 'aa'), record(4));
      const { log } = store;
      expect(log.readAfter(2, 1)).toEqual([
        { seq: 3, kind: 'system', timeMs: 1_003, device: 'aa', body: '{"event":"test","n":3}' },
      ]);
      const { length } = recordAt(store, 1).body;
      expect(seqs(log.readAfter(0, 10, 1))).toEqual([1]);
      expect(seqs(log.readAfter(0, 10, 2 * length))).toEqual([1, 2]);
      expect(seqs(log.readAfter(0, 10, 2 * length + 1))).toEqual([1, 2]);
      expect(seqs(log.readBefore(4, 2))).toEqual([3, 2]);
      expect(seqs(log.ofDevice('aa', 100, 10))).toEqual([3, 1]);
      expect(seqs(log.ofDevice('aa', 3, 10))).toEqual([1]);
      expect(log.timeAfter(2)).toBe(1_003);
    }));

  test('finds what is no reading, within a byte limit, and says how far it looked', () =>
    withStore(async (store) => {
      await commit(store, record(1), uplink(2), uplink(3), record(4), uplink(5));
      const { log } = store;
      const found = (...args: Parameters<typeof log.eventsAfter>) => {
        const { events, to } = log.eventsAfter(...args);
        return [seqs(events), to];
      };
      expect(found(0, 10)).toEqual([[1, 4], 5]);
      expect(found(0, 3)).toEqual([[1], 3]);
      expect(found(1, 2)).toEqual([[], 3]);
      expect(found(5, 10)).toEqual([[], 5]);
      expect(found(9, 10)).toEqual([[], 9]);
      expect(log.eventsAfter(3, 1).events).toEqual(log.readAfter(3, 1));
    }));

  test('an event beyond the byte limit is found the next time', () =>
    withStore(async (store) => {
      await commit(store, record(1), uplink(2), record(3), uplink(4));
      const { events, to } = store.log.eventsAfter(0, 10, 1);
      expect([seqs(events), to]).toEqual([[1], 1]);
    }));

  test('tells listeners what was appended until they leave', () =>
    withStore(async (store) => {
      const told: [number, number][] = [];
      const leave = store.log.onAppend((first, last) => told.push([first, last]));
      await commit(store, record(1), record(2));
      await store.commit({});
      await commit(store, record(3));
      leave();
      await commit(store, record(4));
      expect(told).toEqual([
        [1, 2],
        [3, 3],
      ]);
    }));

  test('refuses a cursor that goes back or beyond the end by advancing', () =>
    withStore(async (store) => {
      const cursor = store.cursor('x');
      cursor.advance(2);
      expect(() => cursor.advance(1)).toThrow(RangeError);
      expect(() => cursor.advance(4)).toThrow(RangeError);
      expect(store.cursor('x').state()).toMatchObject({ seq: 2, pending: 1 });
    }, 3));

  test('takes a repeat in quarantine as the same record', () =>
    withStore(async (store) => {
      const items = [2, 1].map((seq) => ({ record: recordAt(store, seq), reason: 'bad' }));
      expect(store.quarantine.add('x', items, 5)).toEqual([]);
      store.quarantine.add('x', [{ record: recordAt(store, 2), reason: 'worse' }], 6);
      expect(store.quarantine.list('x', 0, 10)).toEqual([
        { ...recordAt(store, 1), sink: 'x', reason: 'bad', quarantinedMs: 5 },
        { ...recordAt(store, 2), sink: 'x', reason: 'worse', quarantinedMs: 6 },
      ]);
      expect(seqs(store.quarantine.list('x', 1, 10))).toEqual([2]);
      expect([store.quarantine.count('x'), store.quarantine.count('y')]).toEqual([2, 0]);
      expect(store.quarantine.use()).toMatchObject({ records: 2, full: false });
      expect(store.quarantine.remove('x', [1, 3])).toBe(1);
      expect(store.quarantine.count('x')).toBe(1);
    }, 3));

  test('releases only what lies behind the cursor', () =>
    withStore(async (store) => {
      const items = [1, 2, 3].map((seq) => ({ record: recordAt(store, seq), reason: 'bad' }));
      store.quarantine.add('x', items, 5);
      store.cursor('x').advance(2, 2);
      const released = { sink: 'x', seqs: [1, 2, 3] } as const;
      const first = { released: { ...released, seqs: [1], as: 'delivered' as const }, urgent: true };
      expect(await store.commit(first)).toMatchObject({ released: 1 });
      expect(store.cursor('x').state()).toMatchObject({ delivered: 1, quarantined: 1, expired: 0 });
      const rest = { released: { ...released, as: 'expired' as const }, urgent: true };
      expect(await store.commit(rest)).toMatchObject({ released: 1 });
      expect(store.cursor('x').state()).toMatchObject({ delivered: 1, quarantined: 0, expired: 1 });
      expect(seqs(store.quarantine.list('x', 0, 10))).toEqual([3]);
    }, 4));

  test('counts records that retention took as expired, for readers that had not passed them', async () => {
    const { store, expire, close } = open();
    await commit(store, ...Array.from({ length: 9 }, (_, index) => record(index + 1)));
    store.cursor('behind').advance(2);
    const gone = await expire();
    expect(gone).toBeGreaterThan(2);
    const { log } = store;
    const left = () => log.readAfter(0, 10_000).length;
    expect([log.firstSeq(), left()]).toEqual([gone + 1, log.lastSeq() - gone]);
    const accepted = log.lastSeq();
    const counts = { accepted, delivered: 2, pending: left(), quarantined: 0, expired: gone - 2 };
    // The position may stay or be moved on: nothing is left to read in between.
    expect(store.cursor('behind').state()).toMatchObject(counts);
    const never = { ...counts, delivered: 0, expired: gone };
    expect(store.cursor('new').state()).toEqual({ ...never, seq: 0 });
    store.cursor('behind').advance(gone + 1);
    expect(store.cursor('behind').state()).toMatchObject({ delivered: 3, pending: left() - 1 });
    expect(store.cursor('behind').rewind(0)).toBe(gone);
    expect(store.cursor('behind').state()).toEqual({ ...counts, seq: gone });
    await close();
  });

  test('keeps the epoch it was given', () =>
    withStore(async (store) => {
      expect(store.epoch()).toBe(1);
      store.setEpoch(7);
      expect(store.epoch()).toBe(7);
    }));

  test('keeps which epochs were its own, and what it had delivered in them; one it was never known by is not', () =>
    withStore(async (store) => {
      expect(store.ancestors()).toEqual([{ epoch: 1, seq: 0 }]);
      store.setEpoch(2, 40);
      store.setEpoch(3, 50);
      store.noteClaim();
      store.noteClaim();
      expect(store.ancestors()).toEqual([
        { epoch: 1, seq: 40 },
        { epoch: 3, seq: 0 },
      ]);
      store.setEpoch(4, 60);
      expect(store.ancestors().at(-1)).toEqual({ epoch: 3, seq: 60 });
    }));
});

/** One step of a reader of ten records; `part` says how much of what is there it concerns. */
type Step =
  | { readonly do: 'advance'; readonly part: number; readonly refused: number; readonly expired: number }
  | { readonly do: 'rewind'; readonly part: number }
  | { readonly do: 'release'; readonly as: 'delivered' | 'expired' };

async function takeStep(store: Subject, step: Step): Promise<CursorState> {
  const cursor = store.cursor('x');
  const { seq, accepted } = cursor.state();
  if (step.do === 'rewind') cursor.rewind(Math.floor(seq * step.part));
  else if (step.do === 'advance') {
    const to = seq + Math.floor((accepted - seq) * step.part);
    const passed = store.log.readAfter(seq, to - seq).filter((one) => one.seq <= to);
    const refused = to === seq ? [] : passed.slice(0, step.refused);
    store.quarantine.add(
      'x',
      refused.map((one) => ({ record: one, reason: 'bad' })),
      5,
    );
    cursor.advance(to, refused.length, Math.min(step.expired, passed.length - refused.length));
  } else {
    const found = seqs(store.quarantine.list('x', 0, 3));
    await store.commit({ released: { sink: 'x', seqs: found, as: step.as }, urgent: true });
  }
  return cursor.state();
}

test('what retention takes from a batch on its way, and what is refused of it, counts once', async () => {
  const { store, expire, close } = openReal();
  await commit(store, ...Array.from({ length: 9 }, (_, index) => record(index + 1)));
  const cursor = store.cursor('x');
  const refused = store.log.readAfter(0, 3).map((one) => ({ record: one, reason: 'bad' }));
  const gone = await expire();
  store.quarantine.add('x', refused, 5);
  cursor.advance(3, 3);
  expect(cursor.state()).toMatchObject({ delivered: 0, quarantined: 3, expired: gone - 3 });
  await close();
});

test('a rewind past what was given up leaves the counts of quarantine whole', async () => {
  for (const { open } of KINDS) {
    const { store, close } = open();
    await commit(store, ...Array.from({ length: 4 }, (_, index) => record(index + 1)));
    const cursor = store.cursor('x');
    const bad = (seq: number) => [{ record: recordAt(store, seq), reason: 'bad' }];
    store.quarantine.add('x', bad(1), 5);
    cursor.advance(1, 1);
    cursor.advance(4, 0, 2);
    cursor.rewind(1);
    expect(cursor.state()).toMatchObject({ delivered: 0, pending: 3, quarantined: 1, expired: 0 });
    cursor.rewind(0);
    expect(cursor.state()).toMatchObject({ delivered: 0, pending: 4, quarantined: 0, expired: 0 });
    await close();
  }
});

test('both count alike whatever a reader does, and every record is accounted for', async () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const few = fc.nat(2);
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('advance' as const), part, refused: few, expired: few }),
    fc.record({ do: fc.constant('rewind' as const), part }),
    fc.record({ do: fc.constant('release' as const), as: fc.constantFrom('delivered', 'expired') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const both = [openReal(), openMemory()];
      try {
        const records = Array.from({ length: 10 }, (_, index) => record(index + 1));
        for (const { store } of both) await commit(store, ...records);
        for (const one of steps) {
          const [real, memory] = await Promise.all(both.map(({ store }) => takeStep(store, one)));
          expect(memory).toEqual(real);
          const { accepted, delivered, pending, quarantined, expired } = real as CursorState;
          expect(delivered + pending + quarantined + expired).toBe(accepted);
          const aside = both[0]?.store.quarantine.list('x', 0, 100) ?? [];
          expect(quarantined).toBe(aside.filter(({ seq }) => seq <= (real as CursorState).seq).length);
        }
        const [real, memory] = both.map(({ store }) => store.quarantine.list('x', 0, 100));
        expect(memory).toEqual(real);
      } finally {
        for (const { close } of both) await close();
      }
    }),
    { numRuns: 40 },
  );
});
