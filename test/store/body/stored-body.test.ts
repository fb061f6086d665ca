/** Coded bodies in a store: what leaves it is JSON to the letter, logs of earlier programs stay readable, damage is told. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewRecord } from '../../../src/model/record.ts';
import type { Store } from '../../../src/store/contract.ts';
import { KINDS } from '../../../src/store/log/kinds.ts';
import { checkOf } from '../../../src/store/log/record-check.ts';
import { checkStore, exportRecords, verifyStore } from '../../../src/store/repair/inspect.ts';
import { migrate } from '../../../src/store/schema.ts';
import { openSqlite, type Sqlite } from '../../../src/store/sqlite.ts';
import { openStore } from '../../../src/store/store.ts';
import { codedReading } from '../../support/coded-reading.ts';
import { germanSaid } from '../../support/german.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const BEFORE_CODED_BODIES = 7;
const DEVICE = '0011223344556677';
const FIRST_MS = Date.UTC(2026, 10, 26);

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
const open = (): Store => openStore({ dir: folder.path, world: createTestWorld() });
const reading = (n: number): NewRecord => codedReading(n, `Füllstand "${n}"`, FIRST_MS + n, DEVICE);

beforeEach(() => {
  folder = temporaryFolder();
  store = open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

async function fill(from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  await store.commitAll(numbers.map((n) => ({ records: [reading(n)], urgent: true })));
}

async function inClosedFile<T>(use: (db: Sqlite) => T): Promise<T> {
  await store.close();
  const db = openSqlite(join(folder.path, 'edge.db'));
  try {
    return use(db);
  } finally {
    db.close();
  }
}

const typesIn = (db: Sqlite): unknown =>
  db.prepare('SELECT typeof(body) FROM log ORDER BY seq').pluck().all();

test('what is read and exported is the JSON of what was stored', async () => {
  await fill(1, 5);
  const bodies = [1, 2, 3, 4, 5].map((n) => JSON.stringify(reading(n).body));
  expect(store.log.readAfter(0, 10).map(({ body }) => body)).toEqual(bodies);
  expect(store.log.ofDevice(DEVICE, 10, 10).map(({ body }) => body)).toEqual(bodies.toReversed());
  expect(await inClosedFile(typesIn)).toEqual(Array(5).fill('blob'));
  expect([...exportRecords(folder.path, 1, 5)].map(({ body }) => body)).toEqual(bodies);
  expect(verifyStore(folder.path)).toMatchObject({ sound: true });
});

test('events, and readings with a doubtful clock, stay JSON', async () => {
  const clock = { boot: '0011223344556677', monoMs: 5, source: 'wall' } as const;
  const { body, ...stamp } = reading(1);
  const doubtful = { ...stamp, body: { ...body, clock } } as NewRecord;
  const event: NewRecord = { kind: 'system', timeMs: FIRST_MS, device: null, body: { event: 'started' } };
  await store.commitAll([{ records: [doubtful, event], urgent: true }]);
  expect(await inClosedFile(typesIn)).toEqual(['text', 'text']);
});

test('a log of an earlier program is read on, and not written anew', async () => {
  await store.close();
  folder.remove();
  folder = temporaryFolder();
  const db = openSqlite(join(folder.path, 'edge.db'));
  migrate(db, BEFORE_CODED_BODIES);
  const insert = db.prepare('INSERT INTO log (seq, time, kind, crc, body) VALUES (?, ?, ?, ?, ?)');
  for (const seq of [1, 2]) {
    const { timeMs: time, kind, body } = reading(seq);
    const row = { seq, time, kind: KINDS.indexOf(kind), body: JSON.stringify(body) };
    insert.run(seq, time, row.kind, checkOf({ ...row, device: null, next: null, key: null }), row.body);
  }
  db.close();
  store = open();
  await fill(3, 4);
  const bodies = [1, 2, 3, 4].map((n) => JSON.stringify(reading(n).body));
  expect(store.log.readAfter(0, 10).map(({ body }) => body)).toEqual(bodies);
  expect(await inClosedFile(typesIn)).toEqual(['text', 'text', 'blob', 'blob']);
});

test('a body that cannot be read although its checksum fits is told by name, and left out by the repair', async () => {
  await fill(1, 20);
  await inClosedFile((db) => {
    const row = db.prepare('SELECT * FROM log WHERE seq = 7').get() as Parameters<typeof checkOf>[0];
    const body = Buffer.from([2, 0]);
    db.prepare('UPDATE log SET body = ?, crc = ? WHERE seq = 7').run(body, checkOf({ ...row, body }));
  });
  const { sound, problems } = verifyStore(folder.path);
  expect(sound).toBe(false);
  expect(problems).toContain('record 7 cannot be read: the body has the unknown format 2');
  store = open();
  const records = store.log.readAfter(0, 100);
  expect(JSON.parse(records.at(-1)?.body ?? '')).toMatchObject({
    event: 'salvaged',
    lost: 1,
    ranges: [[7, 7]],
  });
  expect(records).toHaveLength(20);
});

test('a bit of a coded body is noticed', async () => {
  await fill(1, 20);
  await inClosedFile((db) => {
    const body = db.prepare('SELECT body FROM log WHERE seq = 7').pluck().get() as Buffer;
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    db.prepare('UPDATE log SET body = ? WHERE seq = 7').run(body);
  });
  expect(verifyStore(folder.path).problems).toContain('record 7 does not match its checksum');
  const found = checkStore(folder.path).problems.find(({ detail }) => detail.startsWith('record 7'));
  expect(await germanSaid(found?.said ?? [])).toBe('Datensatz 7 passt nicht zu seiner Prüfsumme');
  store = open();
  expect(store.epoch()).toBe(2);
});
