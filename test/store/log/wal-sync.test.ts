/**
 * The store on a card that takes its time, refuses a sync, or loses what it was to write: nobody reads or hears of a record
 * before it is on disk, and nothing on the event loop waits.
 */
import { copyFileSync, fdatasyncSync, readFileSync, readlinkSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewRecord } from '../../../src/model/record.ts';
import type { Store } from '../../../src/store/contract.ts';
import type { StoreError } from '../../../src/store/errors.ts';
import { readWal } from '../../../src/store/repair/wal-file.ts';
import { openStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

interface Card {
  /** The next syncs fail so. */
  refusals: { readonly code: string; readonly before?: (fd: number) => void }[];
  /** Syncs end when they are told to. */
  slow: boolean;
  end: (() => void) | undefined;
  syncs: number;
}

let folder: ReturnType<typeof temporaryFolder>;
let world: TestWorld;
let card: Card;
let store: Store;
let lost: StoreError[];

beforeEach(() => {
  folder = temporaryFolder();
  world = createTestWorld();
  card = { refusals: [], slow: false, end: undefined, syncs: 0 };
  lost = [];
  store = openStore({
    ...{ dir: folder.path, world, syncData, onLost: (error) => lost.push(error) },
  });
});
afterEach(async () => {
  card.slow = false;
  card.end?.();
  await store.close();
  folder.remove();
});

async function syncData(fd: number): Promise<void> {
  card.syncs += 1;
  if (card.slow)
    await new Promise<void>((resolve) => {
      card.end = resolve;
    });
  const refusal = card.refusals.shift();
  refusal?.before?.(fd);
  if (refusal) throw Object.assign(new Error(`${refusal.code}: input/output error`), refusal);
  fdatasyncSync(fd);
}

const event = (n: number, device: string | null = null): NewRecord => ({
  ...{ kind: 'system', timeMs: 1_000 + n, device },
  body: { event: 'test', n },
});
const commit = (n: number, device?: string) => store.commit({ records: [event(n, device)], urgent: true });
/** In the file as SQLite has it, synced or not. */
function writtenRecords(): number {
  const db = new Database(join(folder.path, 'edge.db'), { readonly: true });
  try {
    return db.prepare('SELECT count(*) FROM log').pluck().get() as number;
  } finally {
    db.close();
  }
}
const isUnderWay = () => expect.poll(() => card.end !== undefined).toBe(true);

test('nobody reads a record that is not on disk, in any way there is', async () => {
  await commit(1, '0011223344556677');
  const heard: number[] = [];
  store.log.onAppend((first, last) => heard.push(first, last));
  // Its device is seen for the first time: the copy of the keys asks for a sync of its own.
  await new Promise((resolve) => setImmediate(resolve));
  await store.synced();
  card.slow = true;
  const second = commit(2, '0011223344556677');
  await isUnderWay();
  expect(writtenRecords()).toBe(2);
  const { log } = store;
  const seen = () => ({
    lastSeq: log.lastSeq(),
    status: store.status().lastSeq,
    after: log.readAfter(0, 10).map(({ seq }) => seq),
    before: log.readBefore(Number.MAX_SAFE_INTEGER, 10).map(({ seq }) => seq),
    device: log.ofDevice('0011223344556677', Number.MAX_SAFE_INTEGER, 10).map(({ seq }) => seq),
    time: log.timeAfter(1),
    accepted: store.cursor('influx').state().accepted,
    heard: [...heard],
  });
  expect(seen()).toEqual({
    ...{
      lastSeq: 1,
      status: 1,
      after: [1],
      before: [1],
      device: [1],
      time: undefined,
      accepted: 1,
      heard: [],
    },
  });
  card.slow = false;
  card.end?.();
  await second;
  expect(seen()).toEqual({
    ...{ lastSeq: 2, status: 2, after: [1, 2], before: [2, 1], device: [2, 1], time: 1_002, accepted: 2 },
    heard: [2, 2],
  });
});

test('a change that cannot be stored is taken back without showing one whose sync is under way', async () => {
  await commit(1);
  card.slow = true;
  const second = commit(2);
  await isUnderWay();
  expect(() => store.devices.put({ devEui: 'x' } as never)).toThrow();
  expect(store.log.lastSeq()).toBe(1);
  card.slow = false;
  card.end?.();
  await second;
  expect((await commit(3)).firstSeq).toBe(3);
});

test('changes beside the commits come back at once, and are awaited by `synced`', async () => {
  card.slow = true;
  store.profiles.put({ name: 'tank' } as never);
  let isSynced = false;
  const synced = store.synced().then(() => {
    isSynced = true;
  });
  await isUnderWay();
  expect([store.profiles.list().length, isSynced]).toEqual([1, false]);
  card.slow = false;
  card.end?.();
  await synced;
});

test('the log has its size from the first commit on: no sync has a new one to write down', async () => {
  const size = () => statSync(join(folder.path, 'edge.db-wal')).size;
  await commit(1);
  const before = size();
  for (let n = 2; n < 50; n++) await commit(n);
  expect(size()).toBe(before);
  await store.close();
  store = openStore({ dir: folder.path, world });
  expect(store.log.readAfter(0, 100).length).toBe(49);
  expect(world.logged).toEqual([]);
});

describe('a sync that fails', () => {
  test('acknowledges nothing, says so, and is made good by writing once more what it was to bring to disk', async () => {
    await commit(1);
    const written: Buffer[] = [];
    // As the system does it: what could not be written is dropped, and counts as clean.
    card.refusals = [{ code: 'EIO' }, { code: 'EIO' }];
    let isStored = false;
    const second = commit(2).then((committed) => {
      isStored = true;
      return committed;
    });
    await expect.poll(() => store.status().state).toBe('degraded');
    expect(store.status()).toMatchObject({ hint: 'the disk refused: check the card and `dmesg`' });
    await expect(store.synced()).rejects.toThrow('EIO');
    world.advance(1_000);
    await expect.poll(() => card.refusals.length).toBe(0);
    expect([isStored, store.log.lastSeq()]).toEqual([false, 1]);
    written.push(readFileSync(join(folder.path, 'edge.db-wal')));
    world.advance(1_000);
    expect((await second).firstSeq).toBe(2);
    expect(store.status().state).toBe('ok');
    expect(readFileSync(join(folder.path, 'edge.db-wal'))).toEqual(written[0]);
    expect(world.logged.map(({ event: name }) => name)).toEqual([
      'store.commit_refused',
      'store.commit_recovered',
    ]);
  });

  test('with nothing left of what it was to write: nothing is acknowledged any more, and a new start is asked for', async () => {
    await commit(1);
    const dropLastFrame = (fd: number) => {
      const wal = readFileSync(join(folder.path, 'edge.db-wal'));
      writeSync(fd, Buffer.alloc(24), 0, 24, wal.indexOf('unwrittn') - 2_072);
    };
    card.refusals = [{ code: 'EIO', before: dropLastFrame }];
    const second = commit(2);
    const refused = expect(second).rejects.toThrow('was closed before');
    await expect.poll(() => store.status().state).toBe('degraded');
    world.advance(1_000);
    await expect.poll(() => lost.map(({ message }) => message)).toHaveLength(1);
    expect(lost[0]?.message).toMatch(/can be read back/);
    world.advance(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect([store.log.lastSeq(), card.syncs]).toEqual([1, 2]);
    await store.close();
    await refused;
  });

  test('for want of room says so', async () => {
    card.refusals = [{ code: 'ENOSPC' }];
    const first = commit(1);
    await expect.poll(() => store.status().hint).toContain('the disk is full');
    world.advance(1_000);
    expect((await first).firstSeq).toBe(1);
  });
});

test('a closing waits for the sync under way, and for what is queued behind it', async () => {
  card.slow = true;
  const first = commit(1);
  await isUnderWay();
  const second = commit(2);
  const closed = store.close();
  card.slow = false;
  card.end?.();
  expect(await Promise.all([first, second])).toMatchObject([{ firstSeq: 1 }, { firstSeq: 2 }]);
  await closed;
  await expect(commit(3)).rejects.toThrow('the store is closed');
  store = openStore({ dir: folder.path, world });
  expect(store.log.lastSeq()).toBe(2);
});

describe('carrying the log over', () => {
  const wal = () => readFileSync(join(folder.path, 'edge.db-wal'));
  const reopen = () => openStore({ dir: folder.path, world, syncData, walBytes: 16 * 1024 });

  test('keeps the log short, begins it anew behind a head that says so, and loses nothing over a kill at any time', async () => {
    await store.close();
    store = reopen();
    const size = [];
    for (let n = 1; n <= 60; n++) {
      await commit(n);
      size.push(wal().length);
      const killed = temporaryFolder();
      for (const name of ['edge.db', 'edge.db-wal', 'device.key', 'keys.json'])
        copyFileSync(join(folder.path, name), join(killed.path, name));
      const logged = createTestWorld();
      const copy = openStore({ dir: killed.path, world: logged });
      expect(copy.log.readAfter(0, 100).map(({ seq }) => seq)).toEqual(
        Array.from({ length: n }, (_, index) => index + 1),
      );
      expect([copy.epoch(), logged.logged]).toEqual([1, []]);
      await copy.close();
      killed.remove();
    }
    expect(Math.max(...size)).toBeLessThan(48 * 1024);
  });

  test('a page of the database that does not reach the disk: the log stays whole, and a new start is asked for', async () => {
    await store.close();
    store = openStore({
      ...{ dir: folder.path, world, walBytes: 16 * 1024, onLost: (error) => lost.push(error) },
      syncData: async (fd) => {
        if (readlinkSync(`/proc/self/fd/${fd}`).endsWith('.db'))
          throw Object.assign(new Error('EIO: input/output error'), { code: 'EIO' });
      },
    });
    for (let n = 1; n <= 40; n++) await commit(n);
    expect(lost.map(({ message }) => message)).toEqual([expect.stringMatching(/^sync .*edge\.db: EIO/)]);
    // All of it from the log: the pages in the database may not be there.
    const before = wal();
    expect(readWal(before, 2_048).frames.length).toBeGreaterThan(40);
    await store.close();
    expect(readWal(wal(), 2_048).frames.length).toBeGreaterThan(40);
  });
});
