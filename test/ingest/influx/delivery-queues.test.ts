/** The two queues against a plain set of what was settled, under random moves of theirs and of the store. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Batch,
  createDeliveryQueues,
  type DeliveryQueues,
  type QueueName,
} from '../../../src/ingest/influx/delivery-queues.ts';
import type { LogRecord } from '../../../src/model/record.ts';
import { openStore } from '../../../src/store/store.ts';
import { createMemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

function setUp() {
  const store = createMemoryStore();
  const cursor = store.cursor('influx');
  const queues = createDeliveryQueues({
    log: store.log,
    cursor,
    batchBytes: 1_000_000,
    toEntries: (records) => records.map((record) => ({ record, lines: 'x' })),
  });
  const append = (count: number) =>
    store.append(Array.from({ length: count }, (_, index) => uplinkRecord('a', 1_000 + index, { index })));
  return { store, cursor, queues, append };
}

const seqs = (batch: Batch | undefined) => batch?.entries.map(({ record }) => record.seq) ?? [];

test('fresh records have a queue of their own until the backlog has caught up', () => {
  const { queues, cursor, append } = setUp();
  append(4);
  queues.openLive();
  append(2);
  const fresh = queues.take('live', 10);
  expect(seqs(fresh)).toEqual([5, 6]);
  if (fresh) queues.ackBatch('live', fresh, false);
  expect(cursor.state().seq).toBe(0);
  expect(queues.state()).toMatchObject({ delivered: 2, pending: 4 });
  const old = queues.take('backlog', 10);
  expect(seqs(old)).toEqual([1, 2, 3, 4]);
  if (old) queues.ackBatch('backlog', old, false);
  expect(cursor.state()).toMatchObject({ seq: 6, delivered: 6 });
  expect(queues.isLive()).toBe(false);
});

test('quarantined fresh records are counted once, now and when the cursor passes them', () => {
  const { queues, cursor, append } = setUp();
  append(2);
  queues.openLive();
  append(1);
  const fresh = queues.take('live', 10);
  if (fresh) queues.ackBatch('live', fresh, true);
  expect(queues.state()).toMatchObject({ delivered: 0, pending: 2, quarantined: 1 });
  const old = queues.take('backlog', 10);
  if (old) queues.ackBatch('backlog', old, false);
  expect(cursor.state()).toMatchObject({ seq: 3, delivered: 2, quarantined: 1 });
});

interface Work {
  readonly kind: 'work';
  readonly queue: QueueName;
  readonly limit: number;
  readonly fate: Fate;
}
type Move =
  | Work
  | { readonly kind: 'append'; readonly count: number }
  | { readonly kind: 'expire'; readonly count: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'rewind' };
type Fate = 'delivered' | 'quarantined' | 'split' | 'back' | 'expired meanwhile' | 'rewound meanwhile';

const count = fc.integer({ min: 1, max: 6 });
const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), count }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), count }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rewind' as const) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('work' as const),
      queue: fc.constantFrom<QueueName>('backlog', 'live'),
      limit: fc.integer({ min: 1, max: 4 }),
      fate: fc.constantFrom<Fate>(
        'delivered',
        'delivered',
        'delivered',
        'quarantined',
        'split',
        'back',
        'expired meanwhile',
        'rewound meanwhile',
      ),
    }),
  },
);

/** What is settled since the last rewind, and what of it is in quarantine. */
interface Model {
  readonly delivered: Set<number>;
  readonly quarantined: Set<number>;
  readonly expired: Set<number>;
}

function check({ delivered, quarantined, expired }: Model, queues: DeliveryQueues, placeSeq: number): void {
  const state = queues.state();
  expect(state.accepted).toBe(state.delivered + state.pending + state.quarantined + state.expired);
  for (let seq = 1; seq <= placeSeq; seq += 1) {
    expect(delivered.has(seq) || quarantined.has(seq) || expired.has(seq), `${seq} was passed over`).toBe(
      true,
    );
  }
  expect(state).toMatchObject({
    delivered: delivered.size,
    quarantined: quarantined.size,
    expired: expired.size,
  });
}

test('no record is passed over or counted twice, whatever the order of moves', () => {
  fc.assert(
    fc.property(fc.array(moves, { maxLength: 60, size: 'max' }), (all) => {
      const { store, cursor, queues, append } = setUp();
      const model: Model = { delivered: new Set(), quarantined: new Set(), expired: new Set() };
      const expire = (places: number) => {
        const to = Math.min(cursor.state().seq + places, store.log.lastSeq());
        for (let seq = cursor.state().seq + 1; seq <= to; seq += 1) {
          model.expired.add(seq);
          model.delivered.delete(seq);
          model.quarantined.delete(seq);
        }
        store.expireUpTo(to);
      };
      const rewind = () => {
        // Counts of a rewound cursor are the store's affair; only deliveries are taken back here.
        if (model.quarantined.size + model.expired.size > 0) return;
        const before = cursor.state().seq;
        const to = cursor.rewind(Math.floor(before / 2));
        if (to === before) return;
        for (const seq of [...model.delivered]) if (seq > to) model.delivered.delete(seq);
      };
      const work = ({ queue, limit, fate }: Work) => {
        const batch = queues.take(queue, limit);
        if (!batch) return;
        if (fate === 'back') return queues.putBack(queue, batch);
        if (fate === 'split') {
          const cut = batch.entries.length >> 1;
          const halves = [batch.entries.slice(0, cut), batch.entries.slice(cut)];
          const batches = halves.filter((half) => half.length > 0).map((entries) => ({ ...batch, entries }));
          return queues.putBack(queue, ...batches);
        }
        const before = cursor.state().seq;
        if (fate === 'rewound meanwhile') rewind();
        if (fate === 'expired meanwhile') expire(2);
        const isVoid = cursor.state().seq < before;
        queues.ackBatch(queue, batch, fate === 'quarantined');
        if (isVoid) return;
        const settled = fate === 'quarantined' ? model.quarantined : model.delivered;
        for (const seq of seqs(batch)) if (!model.expired.has(seq)) settled.add(seq);
      };
      for (const move of all) {
        queues.follow();
        if (move.kind === 'work') work(move);
        else if (move.kind === 'open') queues.openLive();
        else if (move.kind === 'rewind') rewind();
        else if (move.kind === 'append') append(move.count);
        else expire(move.count);
        queues.follow();
        check(model, queues, cursor.state().seq);
      }
      for (let round = 0; round < 2_000 && queues.state().pending > 0; round += 1) {
        for (const queue of ['live', 'backlog'] as const) {
          work({ kind: 'work', queue, limit: 5, fate: 'delivered' });
          queues.follow();
          check(model, queues, cursor.state().seq);
        }
      }
      expect(cursor.state().seq).toBe(store.log.lastSeq());
    }),
    { numRuns: 400 },
  );
});

test('what was written ahead of the cursor and then taken by retention is not pending below zero', async () => {
  const folder = temporaryFolder();
  const world = createTestWorld();
  const store = openStore({ dir: folder.path, world, maxBytes: 1024 * 1024 });
  const { log } = store;
  const commit = (text: string) =>
    store.commit({
      records: [{ kind: 'system', timeMs: 1, device: null, body: { event: 'test', text } }],
      urgent: true,
    });
  for (let n = 0; n < 9; n += 1) await commit('old');
  const toEntries = (records: readonly LogRecord[]) => records.map((record) => ({ record, lines: 'x' }));
  const queues = createDeliveryQueues({ log, cursor: store.cursor('influx'), batchBytes: 1e9, toEntries });
  queues.openLive();
  while (log.firstSeq() <= 12) {
    await commit('x'.repeat(20_000));
    const batch = queues.take('live', 10);
    if (batch) queues.ackBatch('live', batch, false);
    world.advance(1_000);
  }
  const { accepted, pending, delivered, quarantined, expired } = queues.state();
  expect(pending).toBe(0);
  expect(expired).toBe(log.firstSeq() - 1);
  expect(delivered + quarantined + expired).toBe(accepted);
  await store.close();
  folder.remove();
});
