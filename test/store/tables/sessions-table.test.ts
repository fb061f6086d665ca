/** What the network server wrote down: back after a restart, kept through a repair, never with a smaller counter. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { QueuedDownlink } from '../../../src/model/downlink.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/store.ts';
import { mergeSessionsRows } from '../../../src/store/tables/sessions-table.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const EUI = '70b3d57ed0000001';
const JOIN_EUI = '70b3d57ed0000abc';
const SESSION = { devEui: EUI, fCntDown: 7, joinNonce: 3, state: '{"joined":{"appSKey":"secret"}}' };
const ORDER: QueuedDownlink = {
  ...{ id: 'a', devEui: EUI, fPort: 1, data: '01', confirmed: true, retries: 0 },
  ...{ queuedMs: 0, tries: 0, state: 'waiting' },
};

let folder: ReturnType<typeof temporaryFolder>;
let world: ReturnType<typeof createTestWorld>;
let store: Store;
beforeEach(() => {
  folder = temporaryFolder();
  world = createTestWorld();
  store = open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

function open(): Store {
  return openStore({ dir: folder.path, world, commitMaxDelayMs: 0 });
}

async function written(): Promise<void> {
  const otaa = { joinEui: JOIN_EUI, appKey: 'ab'.repeat(16) };
  store.devices.put({ devEui: EUI, name: 'Valve', codec: 'raw', origin: 'api', otaa });
  const nonces = [5, 9].map((devNonce) => ({ devEui: EUI, joinEui: JOIN_EUI, devNonce }));
  const second = { ...ORDER, id: 'b' };
  await store.commit({ network: { sessions: [SESSION], nonces, downlinks: [ORDER, second] }, urgent: true });
  const later = { ...ORDER, state: 'sent' as const };
  await store.commit({ network: { downlinks: [later], finished: ['b'] }, urgent: true });
}

test('sessions, DevNonces and the queue are back after a restart', async () => {
  await written();
  await store.close();
  store = open();
  expect(store.network.sessions()).toEqual([SESSION]);
  expect(store.network.downlinks()).toEqual([{ ...ORDER, state: 'sent' }]);
  const { last, used } = store.network.devNonces(EUI, JOIN_EUI);
  expect([last, used.has(5), used.has(6), used.has(9)]).toEqual([9, true, false, true]);
  expect(store.network.devNonces(EUI, '0000000000000000').last).toBeNull();
});

test('a database that is gone comes back from its copy, with counters that leap ahead', async () => {
  await written();
  world.advance(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  await store.commit({ network: { sessions: [{ ...SESSION, fCntDown: 8 }] }, urgent: true });
  const copy = readdirSync(folder.path).includes('keys.json');
  expect(copy).toBe(true);
  await store.close();
  for (const name of ['edge.db', 'edge.db-wal', 'edge.db-shm'])
    rmSync(join(folder.path, name), { force: true });
  writeFileSync(join(folder.path, 'damaged.txt'), 'test');
  store = open();
  expect(store.epoch()).toBe(2);
  const [session] = store.network.sessions();
  expect(session?.state).toBe(SESSION.state);
  expect(session?.fCntDown).toBeGreaterThan(4_000);
  expect(session?.joinNonce).toBeGreaterThan(4_000);
  expect(store.network.devNonces(EUI, JOIN_EUI).used.has(5)).toBe(true);
  expect(store.devices.get(EUI)?.otaa?.appKey).toBe('ab'.repeat(16));
});

test('another root key makes every DevNonce new, another name does not', async () => {
  await written();
  const device = { devEui: EUI, name: 'Other', codec: 'raw', origin: 'api' } as const;
  store.devices.put({ ...device, otaa: { joinEui: JOIN_EUI, appKey: 'ab'.repeat(16) } });
  expect(store.network.devNonces(EUI, JOIN_EUI).used.has(5)).toBe(true);
  store.devices.put({ ...device, otaa: { joinEui: JOIN_EUI, appKey: 'cd'.repeat(16) } });
  expect(store.network.devNonces(EUI, JOIN_EUI).used.has(5)).toBe(false);
});

test('a store with keys does not open without its key file, and loses nothing by that', async () => {
  await written();
  await store.close();
  const key = join(folder.path, 'device.key');
  const moved = join(folder.path, 'elsewhere.key');
  const { readFileSync } = await import('node:fs');
  writeFileSync(moved, readFileSync(key));
  rmSync(key);
  expect(open).toThrow(/key file .* is missing/);
  store = openStore({ dir: folder.path, world, keyFile: moved });
  expect(store.devices.get(EUI)?.otaa?.appKey).toBe('ab'.repeat(16));
});

test('of a copy and a damaged file the later join counts, and the greater counter', () => {
  const copy = { sessions: [[EUI, 20, 3, 'copied']], nonces: [[EUI, JOIN_EUI, 1]] } as const;
  const found = { sessions: [[EUI, 4, 4, 'found']], nonces: [[EUI, JOIN_EUI, 2]] } as const;
  expect(mergeSessionsRows(copy, found)).toEqual({
    sessions: [[EUI, 20, 4, 'found']],
    nonces: [...copy.nonces, ...found.nonces],
  });
  expect(mergeSessionsRows(found, copy).sessions).toEqual([[EUI, 20, 4, 'found']]);
});
