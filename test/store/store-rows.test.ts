/** Rows beside the log that a failing card has changed: noticed, put right from the rolling copy, told. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import type { QueuedDownlink } from '../../src/model/downlink.ts';
import type { Store } from '../../src/store/contract.ts';
import { verifyStore } from '../../src/store/repair/inspect.ts';
import { migrate } from '../../src/store/schema.ts';
import { openSqlite, PAGE_BYTES } from '../../src/store/sqlite.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const DEVICE: Device = {
  devEui: '0011223344556677',
  name: 'Tank',
  codec: 'raw',
  origin: 'api',
  abp: { devAddr: '01020304', nwkSKey: 'a'.repeat(32), appSKey: 'b'.repeat(32) },
};
const SINK = 'influx';
const BEFORE_ROW_CHECKS = 5;
/** Of the write-ahead log: a page and its header. */
const FRAME_BYTES = 24 + PAGE_BYTES;

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
const open = () => openStore({ dir: folder.path, world: createTestWorld() });
const file = () => join(folder.path, 'edge.db');

beforeEach(async () => {
  folder = temporaryFolder();
  store = open();
  store.devices.put(DEVICE);
  for (let n = 1; n <= 10; n++) {
    await store.commit({
      records: [{ kind: 'system', timeMs: n, device: DEVICE.devEui, body: { event: 'test', n } }],
      counters: [{ devEui: DEVICE.devEui, nextFCntUp: n + 40 }],
      urgent: true,
    });
  }
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

/** Changes the closed file behind the program's back. */
function tamper(sql: string): void {
  const db = new Database(file());
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  db.close();
}

async function reopenAfter(sql: string): Promise<void> {
  await store.close();
  tamper(sql);
  expect(verifyStore(folder.path)).toMatchObject({ sound: false });
  store = open();
}

function lastBody(): Record<string, unknown> {
  return JSON.parse(store.log.readBefore(Number.MAX_SAFE_INTEGER, 1)[0]?.body ?? '{}');
}

describe('a changed row', () => {
  test.each([
    ['known', 'UPDATE known SET next_fcnt_up = 3'],
    ['known', 'UPDATE known SET last_seq = 4'],
    ['devices', "UPDATE devices SET name = 'Tanl'"],
    ['devices', "UPDATE devices SET dev_addr = '01020305'"],
  ])('of %s comes from the copy again, and a record says so: %s', async (table, sql) => {
    const before = store.devices.list();
    await reopenAfter(sql);
    expect(store.devices.list()).toEqual(before);
    expect(lastBody()).toMatchObject({
      event: 'salvaged',
      lost: 0,
      keysFrom: 'copy',
      badRows: { [table]: 1 },
    });
    expect(verifyStore(folder.path).problems).toEqual([]);
  });

  test('of a session or a DevNonce does not bring a used one back', async () => {
    const { devEui } = DEVICE;
    const joinEui = 'aabbccddeeff0011';
    await store.commit({
      network: {
        sessions: [{ devEui, fCntDown: 70, joinNonce: 5, state: 'session' }],
        nonces: [{ devEui, joinEui, devNonce: 9 }],
      },
      urgent: true,
    });
    await reopenAfter('UPDATE network SET fcnt_down = 0, join_nonce = 0');
    const [session] = store.network.sessions();
    expect(session?.fCntDown).toBeGreaterThanOrEqual(70);
    expect(session?.joinNonce).toBeGreaterThanOrEqual(5);
    await reopenAfter('UPDATE dev_nonces SET nonce = 8');
    expect(store.network.devNonces(devEui, joinEui).used.has(9)).toBe(true);
  });

  test('of the queue of downlinks goes, the others stay in their order', async () => {
    const queued = ['a', 'b', 'c'].map(
      (id) => ({ id, devEui: DEVICE.devEui, fPort: 1, data: '00' }) as unknown as QueuedDownlink,
    );
    await store.commit({ network: { downlinks: queued }, urgent: true });
    await reopenAfter("UPDATE downlinks SET body = replace(body, '00', '01') WHERE id = 'b'");
    expect(store.network.downlinks().map(({ id }) => id)).toEqual(['a', 'c']);
    expect(lastBody()).toMatchObject({ badRows: { downlinks: 1 } });
  });

  test('of the quarantine is given up and counted as expired', async () => {
    const records = store.log.readAfter(0, 3);
    store.quarantine.add(
      SINK,
      records.map((record) => ({ record, reason: 'no field' })),
      1,
    );
    store.cursor(SINK).advance(5, 3);
    await reopenAfter("UPDATE quarantine SET body = '{}' WHERE seq = 2");
    expect(store.quarantine.list(SINK, 0, 10).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(store.cursor(SINK).state()).toMatchObject({ quarantined: 2, expired: 1, delivered: 2 });
  });
});

test('a file of the program before row checksums gets them, and keeps everything', async () => {
  const old = temporaryFolder();
  const db = openSqlite(join(old.path, 'edge.db'));
  migrate(db, BEFORE_ROW_CHECKS);
  db.exec(`
    INSERT INTO devices VALUES ('${DEVICE.devEui}', 'Tank', 'raw', 'api', NULL, NULL, NULL, NULL, '{}');
    INSERT INTO known VALUES (1, '${DEVICE.devEui}', 17, 0, 0);
    INSERT INTO quarantine VALUES ('${SINK}', 1, 5, 0, '${DEVICE.devEui}', '{}', 'no field', 6);
    INSERT INTO downlinks VALUES (1, 'a', '${DEVICE.devEui}', '{"id":"a"}');
  `);
  db.close();
  const upgraded = openStore({ dir: old.path, world: createTestWorld() });
  expect(upgraded.epoch()).toBe(1);
  expect(upgraded.devices.list()).toMatchObject([{ name: 'Tank', nextFCntUp: 17 }]);
  expect(upgraded.quarantine.list(SINK, 0, 10)).toMatchObject([{ seq: 1, reason: 'no field' }]);
  expect(upgraded.network.downlinks()).toEqual([{ id: 'a' }]);
  await upgraded.close();
  expect(verifyStore(old.path).problems).toEqual([]);
  old.remove();
});

describe('a write-ahead log damaged in its last commit', () => {
  /** A copy of the folder as a kill would leave it, with a byte of the last page in the write-ahead log changed. */
  function killed(change: (wal: Buffer) => void): ReturnType<typeof temporaryFolder> {
    const copy = temporaryFolder();
    for (const name of ['edge.db', 'edge.db-wal', 'keys.json', 'device.key'])
      copyFileSync(join(folder.path, name), join(copy.path, name));
    const wal = join(copy.path, 'edge.db-wal');
    const bytes = readFileSync(wal);
    change(bytes.subarray(0, usedBytes(bytes)));
    writeFileSync(wal, bytes);
    return copy;
  }

  /** Up to the end of the last frame of the newest generation. */
  function usedBytes(wal: Buffer): number {
    let end = 32;
    while (wal.subarray(end + 8, end + 16).equals(wal.subarray(16, 24))) end += FRAME_BYTES;
    return end;
  }

  const eventsIn = (opened: Store) =>
    opened.log.readAfter(0, 100).map(({ body }) => (JSON.parse(body) as { event: string }).event);

  test.each([
    ['its page', (wal: Buffer) => wal.fill(0xff, wal.length - 100, wal.length - 90)],
    ['all of it', (wal: Buffer) => wal.fill(0, wal.length - FRAME_BYTES)],
    [
      'the mark of its generation',
      (wal: Buffer) => {
        const at = wal.length - FRAME_BYTES + 8;
        return wal.fill(~(wal[at] ?? 0) & 0xff, at, at + 1);
      },
    ],
  ])('in %s is told, since it may be more than a power cut', async (_, change) => {
    const copy = killed(change);
    const opened = openStore({ dir: copy.path, world: createTestWorld() });
    opened.flush();
    await opened.synced();
    expect(opened.log.lastSeq()).toBe(10);
    expect(eventsIn(opened)).toEqual([...Array.from({ length: 9 }, () => 'test'), 'wal_cut']);
    expect(JSON.parse(opened.log.readBefore(11, 1)[0]?.body ?? '{}')).toMatchObject({
      afterSeq: 9,
      frames: 1,
    });
    await opened.close();
    copy.remove();
  });

  test('and in its middle: the repair tells of the one, and of the other what a power cut may have been', async () => {
    const copy = killed((wal) => {
      wal.fill(0xff, wal.length - 100, wal.length - 90);
      wal.fill(0xff, wal.length - 4 * FRAME_BYTES - 100, wal.length - 4 * FRAME_BYTES - 90);
      return wal;
    });
    const opened = openStore({ dir: copy.path, world: createTestWorld() });
    opened.flush();
    await opened.synced();
    expect(eventsIn(opened)).toEqual(expect.arrayContaining(['salvaged', 'wal_cut']));
    await opened.close();
    copy.remove();
  });

  test('is not suspected after a kill', async () => {
    const copy = killed(() => {});
    const opened = openStore({ dir: copy.path, world: createTestWorld() });
    opened.flush();
    await opened.synced();
    expect(eventsIn(opened)).toEqual(Array.from({ length: 10 }, () => 'test'));
    await opened.close();
    copy.remove();
  });
});
