/** What the writer makes in InfluxDB by itself, and what it says where it may not. */

import { afterEach, expect, test } from 'vitest';
import type { InfluxConfig } from '../../src/config/schema.ts';
import { aggregateFlux, fluxString } from '../../src/ingest/influx/aggregate-flux.ts';
import { createInfluxWriter, type InfluxWriter } from '../../src/ingest/influx/writer.ts';
import { DEFAULTS } from '../support/config.ts';
import { createInfluxAdmin, type InfluxAdmin } from '../support/influx-admin.ts';
import { createInfluxFake, serveInfluxFake } from '../support/influx-fake.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../support/memory-store.ts';
import { eventually } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Site {
  readonly writer: InfluxWriter;
  readonly world: TestWorld;
  readonly store: MemoryStore;
  until(what: string, check: () => boolean): Promise<unknown>;
}

/** A writer with one reading to write. */
async function start(admin: InfluxAdmin, changes: Partial<InfluxConfig> = {}): Promise<Site> {
  const fake = createInfluxFake();
  const served = await serveInfluxFake(fake, 0, admin);
  ends.push(served.close);
  const store = createMemoryStore();
  store.append([uplinkRecord('a', Date.UTC(2026, 0, 1), { level: 1 })]);
  const world = createTestWorld();
  const settings = {
    ...DEFAULTS.influx,
    url: served.url,
    org: 'org',
    bucket: 'bucket',
    token: 'secret-token',
  };
  const writer = createInfluxWriter({
    store,
    world,
    config: { ...settings, ...changes },
    site: 'hill',
    deviceName: () => '',
  });
  await writer.start();
  ends.push(writer.stop);
  const until = (what: string, check: () => boolean) =>
    eventually(what, () => {
      world.advance(20);
      return check();
    });
  return { writer, world, store, until };
}

function emptyAdmin(): InfluxAdmin {
  const admin = createInfluxAdmin();
  admin.buckets.clear();
  admin.tasks.clear();
  return admin;
}

test('makes the bucket with its retention, the aggregates and their task, and then writes at once', async () => {
  const admin = emptyAdmin();
  const { writer, world, until } = await start(admin, { retentionDays: 30 });
  await until('written', () => writer.status().pending === 0);
  await until('made', () => admin.tasks.size === 1);
  // Nobody waited for the minute after which a missing bucket is looked for again.
  expect(world.clock.monotonicMs()).toBeLessThan(30_000);
  expect([...admin.buckets]).toEqual([
    ['bucket', 30 * 86_400],
    ['bucket_1y', 365 * 86_400],
  ]);
  expect(admin.tasks.get('bucket hourly aggregates')).toContain('|> to(bucket: "bucket_1y")');
  await until('told', () => world.logged.some(({ event }) => event === 'influx.provisioned'));
  expect(writer.status().hint).toBeUndefined();
});

test('I11: the first set-up is no alarm: nothing is down while the bucket is being made', async () => {
  const admin = emptyAdmin();
  const { writer, world, until } = await start(admin);
  await until('written', () => writer.status().pending === 0);
  const events = world.logged.map(({ event }) => event);
  expect(events).toContain('influx.ok');
  expect(events).not.toContain('influx.down');
});

test('I7: a bucket that is deleted while the box runs is made again, and nothing waits for a minute', async () => {
  const admin = emptyAdmin();
  const { writer, world, store, until } = await start(admin);
  await until('written and made', () => writer.status().pending === 0 && admin.tasks.size === 1);
  for (let round = 1; round <= 2; round += 1) {
    admin.buckets.clear();
    const beforeMs = world.clock.monotonicMs();
    store.append([uplinkRecord('a', Date.UTC(2026, 0, 1) + round, { level: 2 })]);
    await until('written again', () => writer.status().pending === 0);
    expect(world.clock.monotonicMs() - beforeMs).toBeLessThan(30_000);
    expect([...admin.buckets.keys()]).toEqual(['bucket', 'bucket_1y']);
  }
  expect(writer.status()).toMatchObject({ state: 'ok', delivered: 3 });
});

test('leaves what is there as it is, and looks once', async () => {
  const admin = createInfluxAdmin();
  const { writer, world, until } = await start(admin);
  await until('looked', () => admin.asked.includes('GET /api/v2/tasks'));
  await until('written', () => writer.status().pending === 0);
  world.advance(7_200_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(admin.asked.filter((asked) => asked.startsWith('POST'))).toEqual([]);
  // Besides, it looks up whether what was delivered is there.
  expect(admin.asked.filter((asked) => !asked.endsWith('/query')).length).toBe(5);
  expect(admin.buckets.get('bucket')).toBe(0);
});

test('I6: the rights the documentation names are enough: buckets and tasks, not organisations', async () => {
  const admin = emptyAdmin();
  admin.rights.read = false;
  const { writer, until } = await start(admin);
  await until('made', () => admin.tasks.size === 1 && writer.status().pending === 0);
  expect([...admin.buckets.keys()]).toEqual(['bucket', 'bucket_1y']);
  expect(writer.status().hint).toBeUndefined();
});

test('I6: what is missing and may not be made is asked for, and only that, until somebody has made it', async () => {
  const admin = createInfluxAdmin();
  admin.buckets.delete('bucket_1y');
  admin.rights.buckets = false;
  const { writer, world, until } = await start(admin);
  await until('hint', () => writer.status().hint !== undefined && writer.status().pending === 0);
  const { hint = '' } = writer.status();
  expect(hint).toContain('influx bucket create --org org --name bucket_1y --retention 365d\n');
  expect(hint).toContain("influx task create --org org 'import");
  expect(hint).not.toContain('--name bucket --retention');
  admin.buckets.set('bucket_1y', 0);
  await eventually('no hint any more', () => {
    world.advance(60_000);
    return writer.status().hint === undefined;
  });
});

test.each(['list', 'tasks'] as const)(
  'I6: a token without the right to %s: the commands are told once, and no hint stays after they were run',
  async (right) => {
    const admin = createInfluxAdmin();
    admin.tasks.clear();
    Object.assign(admin.rights, { [right]: false, read: right !== 'list' });
    if (right === 'list') admin.rights.buckets = false;
    const { writer, world, until } = await start(admin);
    const told = () => world.logged.filter(({ event }) => event === 'influx.setup_unseen');
    await until('told', () => told().length > 0 && writer.status().pending === 0);
    expect(JSON.stringify(told()[0]?.fields)).toContain('influx task create --org org');
    expect(writer.status().state).toBe('ok');
    expect(writer.status().hint).toBeUndefined();
    const asked = admin.asked.length;
    await eventually('looked again', () => {
      world.advance(60_000);
      return admin.asked.length > asked + 3;
    });
    expect(told().length).toBe(1);
  },
);

test('I6: a write-only token whose bucket is missing gets the commands', async () => {
  const admin = emptyAdmin();
  Object.assign(admin.rights, { list: false, read: false, buckets: false });
  const { writer, until } = await start(admin);
  await until('down', () => writer.status().state === 'down' && writer.status().hint !== undefined);
  await until('commands', () => writer.status().hint?.includes('--name bucket --retention 90d') === true);
});

test('I6: an organisation that is not there is named, and the token is not blamed', async () => {
  const { writer, until } = await start(createInfluxAdmin(), { org: 'other' });
  await until('down', () => writer.status().state === 'down');
  const { detail, hint } = writer.status();
  expect(detail).toContain('has no organisation "other"');
  expect(hint).toBe('Correct the organisation (influx.org) in the settings.');
});

test('a server that is no InfluxDB is written to, and its own setting is named', async () => {
  const admin = createInfluxAdmin();
  admin.rights.isInflux = false;
  const { writer, until } = await start(admin);
  await until('written', () => writer.status().pending === 0);
  await until('hint', () => writer.status().hint?.includes('-retentionPeriod=90d') === true);
  expect(writer.status().state).toBe('ok');
});

test('a token that is none is said once, by the writer', async () => {
  const { writer, until } = await start(createInfluxAdmin(), { token: 'wrong' });
  await until('paused', () => writer.status().state === 'down');
  expect(writer.status().hint).not.toContain('influx bucket create');
});

test('names go into Flux as the text they are', () => {
  expect(fluxString('a "b" \\ $' + '{c}\n')).toBe('"a \\"b\\" \\\\ \\$' + '{c}\\n"');
  const flux = aggregateFlux({ task: 't', bucket: 'in', aggregates: 'out', measurement: 'm "1"' });
  expect(flux).toContain('r._measurement == "m \\"1\\""');
});
