/** Retention on real files: bounded, in the right order, told, and every reader's account holding all the while. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewRecord } from '../../src/model/record.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore, type StoreOptions } from '../../src/store/store.ts';
import { uplinkRecord } from '../support/memory-store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const DAY_MS = 86_400_000;
const MAX_BYTES = 256 * 1024;
const DEVICE = '0011223344556677';

let folder: ReturnType<typeof temporaryFolder>;
let world: TestWorld;
let store: Store;
const open = (options: Partial<StoreOptions> = {}) =>
  openStore({ dir: folder.path, world, maxBytes: MAX_BYTES, freeBytes: () => 1e12, ...options });

beforeEach(() => {
  folder = temporaryFolder();
  world = createTestWorld();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const reading = (n: number): NewRecord =>
  uplinkRecord(DEVICE, world.clock.nowMs(), { n, text: 'x'.repeat(500) });
const event = (n: number): NewRecord => ({
  kind: 'gateway',
  timeMs: world.clock.nowMs(),
  device: null,
  body: { gateway: `${n}`, state: 'online', reason: 'test' },
});

/** Appends and lets retention do all that is due. */
async function append(records: readonly NewRecord[]): Promise<void> {
  const done = store.commit({ records });
  store.flush();
  await done;
  await settle();
}

async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    world.advance(100);
  }
}

function present(after = 0) {
  return store.log.readAfter(after, 1_000_000, Number.POSITIVE_INFINITY);
}

function expectAccount(name: string): void {
  const { accepted, delivered, pending, quarantined, expired, seq } = store.cursor(name).state();
  expect(accepted).toBe(delivered + pending + quarantined + expired);
  expect(accepted).toBe(store.log.lastSeq());
  expect(pending).toBe(present(seq).length);
  expect(Math.min(delivered, pending, quarantined, expired)).toBeGreaterThanOrEqual(0);
}

describe('a log at its limit', () => {
  test('gives up what is delivered, oldest first, and says nothing of it', async () => {
    store = open();
    const cursor = store.cursor('influx');
    for (let n = 1; n <= 1_000; n++) {
      await append([reading(n)]);
      cursor.advance(store.log.lastSeq());
    }
    expect(store.status().sizeBytes).toBeLessThan(MAX_BYTES + 1_100_000);
    expect(store.log.firstSeq()).toBeGreaterThan(1);
    expect(cursor.state()).toMatchObject({ delivered: 1_000, expired: 0 });
    expect(present().map(({ kind }) => kind)).not.toContain('system');
    expectAccount('influx');
  });

  test('gives up undelivered readings before events, and tells which, how many, whose and why', async () => {
    store = open();
    store.cursor('influx');
    for (let n = 1; n <= 600; n++) await append(n % 10 === 0 ? [reading(n), event(n)] : [reading(n)]);
    world.advance(600_000);
    await append([reading(601)]);
    const kept = present();
    const told = kept.filter(({ kind }) => kind === 'system').map(({ body }) => JSON.parse(body));
    expect(told.length).toBeGreaterThan(0);
    expect(told[0]).toMatchObject({
      event: 'expired',
      from: 1,
      reason: 'max_bytes',
      kinds: { uplink: expect.any(Number) },
    });
    const sum = told.reduce((total, { cursors }) => total + cursors.influx, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(store.cursor('influx').state().expired);
    expect(kept.filter(({ kind }) => kind === 'gateway')).toHaveLength(60);
    expectAccount('influx');
  });

  test('keeps the account of a reader that passes the holes, is rewound into them, and of a new one', async () => {
    store = open();
    const cursor = store.cursor('influx');
    for (let n = 1; n <= 600; n++) await append(n % 10 === 0 ? [reading(n), event(n)] : [reading(n)]);
    const { expired } = cursor.state();
    expect(expired).toBeGreaterThan(0);
    for (const { seq } of present().slice(0, 100)) {
      cursor.advance(seq);
      expectAccount('influx');
    }
    expect(cursor.state().expired).toBe(expired);
    cursor.rewind(cursor.state().seq - 50);
    expectAccount('influx');
    cursor.rewind(0);
    expectAccount('influx');
    expectAccount('late');
    await store.close();
    store = open();
    expectAccount('influx');
    expectAccount('late');
  });

  test('is not held back by a reader nobody has opened, nor by one that is not configured', async () => {
    store = open({ readers: ['influx'] });
    store.cursor('centre');
    for (let n = 1; n <= 600; n++) {
      await append([reading(n)]);
      store.cursor('influx').advance(store.log.lastSeq());
    }
    expect(store.cursor('influx').state().expired).toBe(0);
    expect(present().map(({ kind }) => kind)).not.toContain('system');
    expectAccount('centre');
  });

  test("follows one device's records across the holes", async () => {
    store = open();
    store.cursor('influx');
    const own: NewRecord = { kind: 'system', timeMs: 1, device: DEVICE, body: { event: 'joined' } };
    await append([own]);
    for (let n = 1; n <= 600; n++) await append([reading(n)]);
    const history = store.log.ofDevice(DEVICE, Number.MAX_SAFE_INTEGER, 10_000);
    expect(history.at(-1)?.seq).toBe(1);
    expect(history).toHaveLength(present().filter(({ device }) => device === DEVICE).length);
  });
});

describe('the quarantine (I2)', () => {
  /** Ten refused records at a time, each larger than a page. */
  async function refuse(rounds: number): Promise<number> {
    let left = 0;
    for (let round = 0; round < rounds; round++) {
      await append(Array.from({ length: 10 }, (_, n) => reading(n)));
      const rows = present().slice(-10);
      left += store.quarantine.add(
        'influx',
        rows.map((record) => ({ record, reason: 'too old' })),
        world.clock.nowMs(),
      ).length;
      store.cursor('influx').advance(store.log.lastSeq(), 10);
    }
    return left;
  }

  test('has a bound of its own, says what it has no room for, and has room again', async () => {
    store = open();
    expect(store.quarantine.use()).toMatchObject({ records: 0, bytes: 0, full: false });
    const left = await refuse(20);
    const { records, bytes, maxBytes, full } = store.quarantine.use();
    expect({ full, sum: records + left }).toEqual({ full: true, sum: 200 });
    expect(maxBytes).toBe(MAX_BYTES / 16);
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(store.quarantine.count('influx')).toBe(records);
    const kept = store.quarantine.list('influx', 0, 1_000);
    // One that is there is replaced, however full it is.
    const again = kept.slice(0, 1).map((record) => ({ record, reason: 'again' }));
    expect(store.quarantine.add('influx', again, 0)).toEqual([]);
    expect(store.quarantine.list('influx', 0, 1)[0]?.reason).toBe('again');
    await store.close();
    store = open();
    expect(store.quarantine.use()).toMatchObject({ records, full: true });
    store.quarantine.remove(
      'influx',
      kept.map(({ seq }) => seq),
    );
    expect(store.quarantine.use()).toMatchObject({ records: 0, bytes: 0, full: false });
  });

  test('full or empty, leaves the log the same room for what another reader has not got', async () => {
    const ten = () => append(Array.from({ length: 10 }, (_, n) => reading(n)));
    const roomWith = async (refused: boolean): Promise<number> => {
      store = open({ maxBytes: 8 * MAX_BYTES });
      const centre = store.cursor('centre');
      if (refused) await refuse(20);
      else for (let round = 0; round < 20; round++) await ten();
      expect(store.quarantine.use().full).toBe(refused);
      while (centre.state().expired === 0) await ten();
      const { accepted } = centre.state();
      await store.close();
      folder.remove();
      folder = temporaryFolder();
      return accepted;
    };
    const [empty, full] = [await roomWith(false), await roomWith(true)];
    store = open();
    expect(empty).toBeGreaterThan(1_000);
    expect(full).toBeGreaterThanOrEqual(empty * 0.98);
  });
});

describe('age', () => {
  test('takes what is delivered and too old, once the clock has been steady', async () => {
    store = open({ maxAgeDays: 1 });
    const cursor = store.cursor('influx');
    for (let n = 1; n <= 50; n++) await append([reading(n)]);
    cursor.advance(40);
    world.advance(2 * DAY_MS);
    await append([reading(51)]);
    await append([reading(52)]);
    expect(store.log.firstSeq()).toBe(41);
    expectAccount('influx');
  });

  test('takes nothing after a jump of the clock', async () => {
    store = open({ maxAgeDays: 1 });
    const cursor = store.cursor('influx');
    for (let n = 1; n <= 50; n++) await append([reading(n)]);
    cursor.advance(50);
    world.setNow(world.clock.nowMs() + 50 * 365 * DAY_MS);
    world.advance(2_000);
    await append([reading(51)]);
    expect(store.log.firstSeq()).toBe(1);
  });
});

describe('a disk filled by somebody else', () => {
  test('is told while there is room yet, also where nothing is stored, and no longer when there is enough', () => {
    let free = 1e9;
    store = open({ maxBytes: 1e9, reserveBytes: 256 * 1024 * 1024, freeBytes: () => free });
    expect(store.status().state).toBe('ok');
    free = 200 * 1024 * 1024;
    expect(store.status()).toMatchObject({
      state: 'degraded',
      detail: 'the disk is nearly full: 200 MB are free, 256 MB should be (store.reserve_bytes)',
      hint: expect.stringContaining('what else fills this disk'),
      freeBytes: free,
    });
    // The store makes room for itself down to there: nothing to call anybody for.
    free = 250 * 1024 * 1024;
    expect(store.status().state).toBe('ok');
  });

  test('stops the intake, keeps what is undelivered, and lets in again by itself', async () => {
    let free = 1e9;
    store = open({ maxBytes: 1e9, reserveBytes: 8 * 1024 * 1024, freeBytes: () => free });
    store.cursor('influx');
    for (let n = 1; n <= 20; n++) await append([reading(n)]);
    free = 1_000;
    world.advance(1_100);
    const waiting = store.commit({ records: [reading(21)] });
    store.flush();
    expect(store.status()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('somebody else'),
    });
    expect(present()).toHaveLength(20);
    free = 1e9;
    world.advance(1_100);
    expect((await waiting).firstSeq).toBe(21);
    expect(store.status().state).toBe('ok');
    expectAccount('influx');
  });
});

test('every account holds after any mix of appends, moves, rewinds, refusals and restarts', async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    fc.record({ do: fc.constant('rewind' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ do: fc.constant('reopen' as const) }),
  );
  store = open();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      await store.close();
      folder.remove();
      folder = temporaryFolder();
      store = open({ maxBytes: 128 * 1024 });
      for (const action of steps) {
        const cursor = store.cursor('influx');
        const { seq } = cursor.state();
        if (action.do === 'append')
          await append(Array.from({ length: action.count }, (_, k) => (k % 7 ? reading(k) : event(k))));
        else if (action.do === 'advance') {
          const rows = present(seq).slice(0, Math.ceil(action.part * 200));
          const last = rows.at(-1)?.seq;
          if (last !== undefined) cursor.advance(last, action.part > 0.9 ? 1 : 0);
        } else if (action.do === 'rewind') cursor.rewind(Math.floor(seq * action.part));
        else {
          await store.close();
          store = open({ maxBytes: 128 * 1024 });
        }
        expectAccount('influx');
        expectAccount('other');
      }
    }),
    { numRuns: 30 },
  );
});
