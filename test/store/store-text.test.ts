/** I1: whatever text comes in, the store is as it was written after a clean stop, and its lists work. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseText } from '../../src/config/value.ts';
import { importDevices } from '../../src/devices/import.ts';
import { asText, parseJsonObject } from '../../src/gateway/bridge/json-value.ts';
import { flattenFields } from '../../src/ingest/codec/fields.ts';
import { understand } from '../../src/ingest/influx/outcome.ts';
import type { Store } from '../../src/store/contract.ts';
import { verifyStore } from '../../src/store/repair/inspect.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const SINK = 'influx';
const HALF = '\ud800';

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
const open = () => openStore({ dir: folder.path, world: createTestWorld() });

beforeEach(() => {
  folder = temporaryFolder();
  store = open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

/** Puts `text` wherever the store takes text. */
async function putEverywhere(text: string): Promise<void> {
  const devEui = `eui ${text}`;
  store.devices.put({ devEui, name: text, codec: text, origin: 'api', profile: text });
  store.codecs.put({ name: `codec ${text}`, source: text });
  store.profiles.put({ name: `profile ${text}`, codec: text, variables: { [text]: text } });
  const { firstSeq } = await store.commit({
    records: [{ kind: 'system', timeMs: 1, device: devEui, body: { event: text, [text]: text } }],
    counters: [{ devEui, nextFCntUp: 7 }],
    seen: [text],
    network: {
      sessions: [{ devEui, fCntDown: 1, joinNonce: 1, state: text }],
      nonces: [{ devEui, joinEui: text, devNonce: 1 }],
    },
    urgent: true,
  });
  const records = store.log.readAfter(firstSeq - 1, 1);
  store.quarantine.add(
    SINK,
    records.map((record) => ({ record: { ...record, body: text }, reason: text })),
    1,
  );
}

async function expectWholeAfterRestart(lists: number): Promise<void> {
  await store.close();
  expect(verifyStore(folder.path).problems).toEqual([]);
  store = open();
  expect(store.epoch()).toBe(1);
  expect(store.quarantine.list(SINK, 0, 1_000)).toHaveLength(lists);
  expect(store.devices.list()).toHaveLength(lists);
  expect(store.profiles.list()).toHaveLength(lists);
  expect(store.codecs.list()).toHaveLength(lists);
}

test('I1: half a character in every text does not make the store look damaged', async () => {
  await putEverywhere(`Tank ${HALF}`);
  await expectWholeAfterRestart(1);
  expect(store.devices.list()).toMatchObject([{ name: 'Tank \ufffd', nextFCntUp: 7 }]);
  expect(store.quarantine.list(SINK, 0, 10)).toMatchObject([{ reason: 'Tank \ufffd' }]);
});

test('I1: nor does any other text', async () => {
  const units = fc
    .array(fc.oneof(fc.constantFrom(0, 0xd800, 0xdfff, 0xfeff, 0xfffd), fc.integer({ min: 0, max: 0xffff })))
    .map((list) => String.fromCharCode(...list));
  const texts = fc.oneof(fc.string({ unit: 'binary' }), units);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 8 }), async (given) => {
      for (const text of given) await putEverywhere(`${count++} ${text}`);
      await expectWholeAfterRestart(count);
    }),
    { numRuns: 12 },
  );
});

test('I1: text is made well-formed where it enters: events, imports, codecs, settings, refusals', async () => {
  const event = parseJsonObject(Buffer.from('{"deviceName":"Tank \\ud800","\\udc00":1}'));
  expect(event).toEqual({ deviceName: 'Tank \ufffd', '\ufffd': 1 });
  expect(asText('ab😀', 3)).toBe('ab');
  expect(flattenFields({ [HALF]: HALF }).fields).toEqual({ '\ufffd': '\ufffd' });
  const file = `[{"devEui":"70b3d57ed0000001","name":"${'x'.repeat(199)}😀"},{"devEui":"70b3d57ed0000002","name":"\\ud800"}]`;
  const names = (await importDevices(file)).entries.map(({ name }) => name);
  expect(names).toEqual(['x'.repeat(199), '\ufffd']);
  expect(parseText({ type: 'tables' } as never, '[{"name":"\\ud800"}]')).toEqual([{ name: '\ufffd' }]);
  const body = JSON.stringify({ message: `${'x'.repeat(499)}😀` });
  const target = { server: 's', org: 'o', bucket: 'b' };
  expect(understand({ status: 400, body }, target, 0)).toMatchObject({ reason: 'x'.repeat(499) });
});

test('I1: a row of the quarantine that is not as it was written is left out of the list, and nothing ends', async () => {
  for (const text of ['a', 'b', 'c']) await putEverywhere(text);
  const db = new Database(join(folder.path, 'edge.db'));
  db.prepare("UPDATE quarantine SET reason = 'other' WHERE seq = 2").run();
  db.close();
  expect(store.quarantine.list(SINK, 0, 2).map(({ seq }) => seq)).toEqual([1, 3]);
  expect(store.status().state).toBe('ok');
  await putEverywhere('d');
});
