/**
 * Quarantine handling over the real store: drop, retype and retry through the writer, counts that add up at every moment
 * and after every restart, and every departure told in the log.
 */

import { cpSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInfluxWriter, type InfluxWriter } from '../../src/ingest/influx/writer.ts';
import {
  createQuarantineService,
  type QuarantineService,
  retyped,
} from '../../src/ingest/quarantine-service.ts';
import type { FieldValue, LogRecord } from '../../src/model/record.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { DEFAULTS } from '../support/config.ts';
import {
  createInfluxFake,
  type InfluxFake,
  type ParsedPoint,
  type ServedFake,
  serveInfluxFake,
} from '../support/influx-fake.ts';
import { uplinkRecord } from '../support/memory-store.ts';
import { eventually, temporaryFolder } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const START_MS = Date.UTC(2026, 0, 1);
const BY = { by: 'test' };

let folder: ReturnType<typeof temporaryFolder>;
let fake: InfluxFake;
let served: ServedFake;
let world: TestWorld;
let store: Store;
let writer: InfluxWriter;
let desk: QuarantineService;

async function boot(): Promise<void> {
  world = createTestWorld(START_MS);
  store = openStore({ dir: folder.path, world, commitMaxDelayMs: 1 });
  writer = createInfluxWriter({
    store,
    world,
    site: 'hill',
    config: {
      ...DEFAULTS.influx,
      url: served.url,
      org: 'org',
      bucket: 'bucket',
      token: 'secret-token',
    },
    deviceName: () => '',
  });
  desk = createQuarantineService({ store, world, sinks: { influx: writer.replay } });
  await writer.start();
}

async function halt(): Promise<void> {
  await writer.stop();
  await store.close();
}

beforeEach(async () => {
  folder = temporaryFolder();
  fake = createInfluxFake();
  fake.refuse = refuseUnknown;
  served = await serveInfluxFake(fake);
  await boot();
});

afterEach(async () => {
  await halt();
  await served.close();
  folder.remove();
});

async function append(device: string, ...values: readonly FieldValue[]): Promise<number> {
  const records = values.map((value, index) =>
    uplinkRecord(device, START_MS + index, { level: value, other: 1 }),
  );
  return (await store.commit({ records, urgent: true })).firstSeq;
}

function counts() {
  const { accepted, delivered, pending, quarantined, expired } = writer.status();
  expect(accepted).toBe(delivered + pending + quarantined + expired);
  return { accepted, delivered, pending, quarantined, expired };
}

async function settled(): Promise<ReturnType<typeof counts>> {
  await eventually('nothing is pending', () => {
    world.advance(50);
    return counts().pending === 0;
  });
  expect(counts().quarantined).toBe(store.quarantine.count('influx'));
  return counts();
}

/** A bucket with an explicit schema: its numbers are `level` and `other`, and it has no other column. */
function refuseUnknown({ measurement, fields }: ParsedPoint): string | undefined {
  const unknown = Object.keys(fields).find((key) => key !== 'level' && key !== 'other');
  if (measurement !== 'reading' || unknown === undefined) return undefined;
  return `schema: field "${unknown}" not permitted by schema`;
}

/** Three records of which the middle one has a text for `level`. */
async function flip(): Promise<number> {
  const first = await append('a', 1, 'high', 2);
  expect(await settled()).toMatchObject({ delivered: 2, quarantined: 1 });
  return first + 1;
}

const levels = () =>
  [...fake.points.values()]
    .filter(({ measurement }) => measurement === 'reading')
    .map(({ fields }) => fields.level);

function told(event: string): Record<string, unknown>[] {
  return store.log
    .readBefore(store.log.lastSeq() + 1, 100)
    .filter(({ kind }) => kind === 'system')
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    .filter((body) => body.event === event);
}

describe('a quarantined record', () => {
  test('is listed with reason, device and payload, page by page', async () => {
    const seq = await flip();
    const [record] = desk.list('influx', 0, 10);
    expect(record).toMatchObject({ seq, device: 'a', sink: 'influx' });
    expect(record?.reason).toContain('not permitted by schema');
    expect(JSON.parse(record?.body ?? '').fields).toEqual({ level: 'high', other: 1 });
    expect(desk.list('influx', seq, 10)).toEqual([]);
    expect(desk.list('influx', 0, 10, { reason: 'no such' })).toEqual([]);
    expect(desk.list('influx', 0, 10, { device: 'a', reason: 'schema', seqs: [seq] })).toHaveLength(1);
  });

  test('that is dropped counts as expired, and the log says who and why, also after a restart', async () => {
    const seq = await flip();
    const outcome = await desk.act('influx', {}, { action: 'drop' }, { by: 'user ada', note: 'a test' });
    expect(outcome).toMatchObject({ matched: 1, dropped: 1 });
    expect(counts()).toMatchObject({ quarantined: 0, expired: 1 });
    expect(told('quarantine_dropped')).toEqual([
      {
        event: 'quarantine_dropped',
        sink: 'influx',
        records: 1,
        seqs: `${seq}`,
        by: 'user ada',
        note: 'a test',
      },
    ]);
    const before = await settled();
    await halt();
    await boot();
    expect(await settled()).toMatchObject({ ...before, delivered: before.accepted - 1 });
    expect(store.quarantine.count('influx')).toBe(0);
  });

  test('whose field is made a number is written, once, and counts as delivered', async () => {
    await append('a', 1, '7.5', 'high');
    await settled();
    const act = () => desk.act('influx', {}, { action: 'retype', field: 'level', to: 'number' }, BY);
    expect(await act()).toMatchObject({ matched: 2, delivered: 1, unfit: 1 });
    expect(counts()).toMatchObject({ quarantined: 1, expired: 0 });
    expect(levels()).toEqual([1, 7.5]);
    expect(await act()).toMatchObject({ matched: 1, delivered: 0, unfit: 1 });
    expect(
      await desk.act('influx', {}, { action: 'retype', field: 'level', to: 'remove' }, BY),
    ).toMatchObject({ delivered: 1 });
    expect(levels()).toEqual([1, 7.5, undefined]);
    expect(await settled()).toMatchObject({ quarantined: 0, expired: 0 });
    expect(told('quarantine_replayed')).toHaveLength(2);
  });

  test('with two bad fields is mended one after the other', async () => {
    await store.commit({ records: [uplinkRecord('a', START_MS, { level: 1, other: 1 })], urgent: true });
    await settled();
    await store.commit({
      records: [uplinkRecord('a', START_MS + 1, { level: '2', other: '3' })],
      urgent: true,
    });
    await settled();
    const retype = (field: string) =>
      desk.act('influx', { device: 'a' }, { action: 'retype', field, to: 'number' }, BY);
    expect(await retype('level')).toMatchObject({ matched: 1, refused: 1 });
    expect(desk.list('influx', 0, 1)[0]?.reason).toContain('"other_text"');
    expect(await retype('other')).toMatchObject({ delivered: 1 });
    expect(levels()).toEqual([1, 2]);
  });

  test('stays when it is refused again, and when InfluxDB is away', async () => {
    await flip();
    expect(await desk.act('influx', {}, { action: 'retry' }, BY)).toMatchObject({ matched: 1, refused: 1 });
    fake.script.push({ status: 503, headers: { 'retry-after': '60' } });
    const outcome = await desk.act('influx', {}, { action: 'retry' }, BY);
    expect(outcome).toMatchObject({ matched: 1, delivered: 0, refused: 0 });
    expect(outcome.stopped).toContain('busy');
    expect(await desk.act('influx', {}, { action: 'retry' }, BY)).toMatchObject({ stopped: outcome.stopped });
    expect(counts()).toMatchObject({ quarantined: 1 });
  });

  test('is written again after a crash between answer and commit, over itself', async () => {
    const seq = await flip();
    fake.refuse = () => undefined;
    const [record] = desk.list('influx', 0, 1);
    const mended = record && retyped(record, 'level', 'boolean');
    expect(mended).toBeUndefined();
    const removed = record && retyped(record, 'level', 'remove');
    expect((await writer.replay(removed ? [removed] : [])).delivered).toEqual([seq]);
    const points = fake.points.size;
    expect(
      await desk.act('influx', {}, { action: 'retype', field: 'level', to: 'remove' }, BY),
    ).toMatchObject({ delivered: 1 });
    await settled();
    // One more point: the record of the replay itself.
    expect(fake.points.size).toBe(points + 1);
  });

  test('that the server takes after a rewind is in quarantine no more', async () => {
    await append('a', 1, 'high', 2);
    await settled();
    store.cursor('influx').rewind(0);
    fake.script.push('healthy', 'healthy');
    expect(counts()).toMatchObject({ pending: 3, quarantined: 0 });
    fake.points.clear();
    const taking = createInfluxFake();
    fake.receive = taking.receive;
    taking.refuse = () => undefined;
    // A server that has forgotten the type takes the text first.
    await append('b', 'high');
    writer.wake();
    await eventually('passed', () => {
      world.advance(50);
      return counts().pending === 0;
    });
    expect(counts().quarantined).toBe(store.quarantine.count('influx'));
  });
});

test('I3: one that an earlier release set aside for its type is written by a retry, in a field of its own', async () => {
  await flip();
  fake.refuse = () => undefined;
  expect(await desk.act('influx', {}, { action: 'retry' }, BY)).toMatchObject({ delivered: 1, refused: 0 });
  expect(levels()).toEqual([1, 2, undefined]);
  expect([...fake.points.values()].map(({ fields }) => fields.level_text)).toContain('high');
  expect(await settled()).toMatchObject({ quarantined: 0, expired: 0 });
});

test('I3: the types of fields are known after a restart, on a day when InfluxDB has none', async () => {
  fake.refuse = () => undefined;
  await append('a', 1);
  await settled();
  await halt();
  await boot();
  const record = uplinkRecord('a', START_MS + 86_400_000, { level: 'high', other: 1 });
  await store.commit({ records: [record], urgent: true });
  expect(await settled()).toMatchObject({ quarantined: 0 });
  expect(levels()).toEqual([1, undefined]);
});

test('many of one reason are dealt with in one go, while readings come in', async () => {
  await append('a', 1);
  await settled();
  await append('a', ...Array.from({ length: 450 }, (_, index) => `${index}`));
  expect(await settled()).toMatchObject({ quarantined: 450 });
  const acting = desk.act(
    'influx',
    { reason: 'not permitted by schema' },
    { action: 'retype', field: 'level', to: 'number' },
    BY,
  );
  await append('b', 5);
  expect(await acting).toMatchObject({ matched: 450, delivered: 450 });
  expect(await settled()).toMatchObject({ quarantined: 0 });
  expect(new Set(levels()).size).toBe(450);
  expect(told('quarantine_replayed').reduce((sum, { records }) => sum + Number(records), 0)).toBe(450);
});

test('a crash after a rewind finds no record behind the cursor that is not counted', async () => {
  await flip();
  await desk.act('influx', {}, { action: 'drop' }, BY);
  await settled();
  store.cursor('influx').rewind(0);
  writer.wake();
  // Refused and set aside again; the place itself is not saved for seconds, as a copy of the files shows.
  expect(await settled()).toMatchObject({ quarantined: 1, expired: 0 });
  const copy = temporaryFolder();
  cpSync(folder.path, copy.path, { recursive: true });
  const crashed = openStore({ dir: copy.path, world: createTestWorld(START_MS) });
  const state = crashed.cursor('influx').state();
  const behind = crashed.quarantine.list('influx', 0, 10).filter(({ seq }) => seq <= state.seq);
  await crashed.close();
  copy.remove();
  expect(behind.length).toBe(state.quarantined);
  expect(state.accepted).toBe(state.delivered + state.pending + state.quarantined + state.expired);
});

test('only records behind the cursor leave quarantine: the others are met again', async () => {
  const seq = await flip();
  store.cursor('influx').rewind(seq - 1);
  const { released: mended } = await store.commit({
    released: { sink: 'influx', seqs: [seq], as: 'expired' },
    urgent: true,
  });
  expect(mended).toBe(0);
  expect(store.quarantine.count('influx')).toBe(1);
  writer.wake();
  expect(await settled()).toMatchObject({ quarantined: 1, expired: 0 });
});

test.each<[FieldValue, 'number' | 'string' | 'boolean', FieldValue | undefined]>([
  ['7.5', 'number', 7.5],
  [' -1e3 ', 'number', -1000],
  ['', 'number', undefined],
  ['Infinity', 'number', undefined],
  ['high', 'number', undefined],
  [true, 'number', 1],
  [7.5, 'string', '7.5'],
  [false, 'string', 'false'],
  [0, 'boolean', false],
  [2, 'boolean', true],
  ['ON', 'boolean', true],
  ['no', 'boolean', false],
  ['perhaps', 'boolean', undefined],
])('%j as a %s is %j', (value, to, expected) => {
  const { body, ...stamp } = uplinkRecord('a', START_MS, { level: value, other: 1 });
  const record: LogRecord = { ...stamp, seq: 1, body: JSON.stringify(body) };
  const mended = retyped(record, 'level', to);
  const fields = mended && JSON.parse(mended.body).fields;
  expect(fields).toEqual(expected === undefined ? undefined : { level: expected, other: 1 });
  expect(retyped(record, 'nothing', to)).toBeUndefined();
  expect(retyped({ ...record, body: '{' }, 'level', to)).toBeUndefined();
});
