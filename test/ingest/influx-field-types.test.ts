/** A field that changes its type, through the writer into an InfluxDB that holds one type per field and day (I3). */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInfluxWriter, type InfluxWriter } from '../../src/ingest/influx/writer.ts';
import type { FieldValue } from '../../src/model/record.ts';
import { DEFAULTS } from '../support/config.ts';
import {
  createInfluxFake,
  type InfluxFake,
  type ServedFake,
  serveInfluxFake,
} from '../support/influx-fake.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../support/memory-store.ts';
import { eventually } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

let fake: InfluxFake;
let served: ServedFake;
let store: MemoryStore;
let world: TestWorld;
let writer: InfluxWriter | undefined;

beforeEach(async () => {
  fake = createInfluxFake();
  served = await serveInfluxFake(fake);
  store = createMemoryStore();
  world = createTestWorld(START_MS);
});

afterEach(async () => {
  await writer?.stop();
  await served.close();
});

async function start(): Promise<InfluxWriter> {
  await writer?.stop();
  const config = { ...DEFAULTS.influx, url: served.url, org: 'org', bucket: 'bucket', token: 'secret-token' };
  writer = createInfluxWriter({ store, world, config, site: 'hill', deviceName: () => '' });
  await writer.start();
  return writer;
}

function append(timeMs: number, ...values: readonly FieldValue[]): void {
  store.append(
    values.map((pressure, index) => uplinkRecord(`d${index % 5}`, timeMs + index, { pressure, other: 1 })),
  );
}

/** All is written and none is in quarantine. */
async function drained(): Promise<void> {
  await eventually('nothing pending', () => {
    world.advance(20);
    return writer?.status().pending === 0;
  });
  expect(writer?.status()).toMatchObject({ quarantined: 0, expired: 0 });
  expect(store.quarantine.count('influx')).toBe(0);
}

/** Where the pressures of a day are, in order of time. */
function valuesOf(field: string, dayMs = START_MS): FieldValue[] {
  return [...fake.points.values()]
    .filter(({ measurement, fields }) => measurement === 'reading' && Object.hasOwn(fields, field))
    .filter(({ time }) => Math.floor(Number(time / 1_000_000n) / DAY_MS) * DAY_MS === dayMs)
    .sort((a, b) => Number(a.time - b.time))
    .flatMap(({ fields }) => fields[field] ?? []);
}

/** As a release without a memory of types would have left it: the day has `value` under `pressure`. */
function leave(value: FieldValue, dayMs = START_MS): void {
  const text = typeof value === 'string' ? `"${value}"` : value;
  fake.receive(`reading,device=old pressure=${text} ${BigInt(dayMs) * 1_000_000n}`);
  fake.points.clear();
  fake.requests.length = 0;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('I3: a field that changes its type', () => {
  test('I3: text first on a day costs no number, on that day or the next, also after a restart', async () => {
    append(START_MS, 1, 2, 3);
    await start();
    await drained();
    for (const dayMs of [START_MS + DAY_MS, START_MS + 2 * DAY_MS]) {
      append(dayMs, 'n/a');
      await drained();
      append(dayMs + 1_000, ...numbers(400));
      await drained();
      expect(valuesOf('pressure', dayMs)).toEqual(numbers(400));
      expect(valuesOf('pressure_text', dayMs)).toEqual(['n/a']);
      await start();
    }
    expect(valuesOf('other', START_MS + DAY_MS).length).toBe(401);
  });

  test('I3: a number in the same batch decides, though the text came first', async () => {
    append(START_MS, 'n/a', true, ...numbers(400));
    await start();
    await drained();
    expect(valuesOf('pressure')).toEqual(numbers(400));
    expect(valuesOf('pressure_text')).toEqual(['n/a']);
    expect(valuesOf('pressure_bool')).toEqual([true]);
    expect(fake.requests.length).toBe(1);
  });

  test.each([true, false])(
    'I3: what InfluxDB has as text already is found out with one request more (partial writes: %s)',
    async (partial) => {
      fake.partial = partial;
      leave('n/a');
      append(START_MS + 1, ...numbers(400), 'late');
      await start();
      await drained();
      expect(valuesOf('pressure_number')).toEqual(numbers(400));
      expect(valuesOf('pressure')).toEqual(['late']);
      expect(fake.requests.length).toBe(2);
      append(START_MS + DAY_MS, 7);
      await start();
      await drained();
      expect(valuesOf('pressure_number', START_MS + DAY_MS)).toEqual([7]);
      expect(fake.requests.length).toBe(3);
    },
  );

  test('I3: days that disagree with each other, in turns in one batch, lose nothing and come to an end', async () => {
    leave('n/a', START_MS);
    leave(1, START_MS + DAY_MS);
    leave(true, START_MS + 2 * DAY_MS);
    // Whatever type is taken for the field, a day has another one, until each request is about one day.
    for (let turn = 0; turn < 10; turn++) {
      for (let day = 0; day < 3; day++) append(START_MS + day * DAY_MS + 10 * (turn + 1), turn, `${turn}`);
    }
    await start();
    await drained();
    for (const dayMs of [0, 1, 2].map((day) => START_MS + day * DAY_MS)) {
      const landed = ['pressure', 'pressure_number', 'pressure_text'].flatMap((name) =>
        valuesOf(name, dayMs),
      );
      expect(new Set(landed)).toEqual(new Set(numbers(10).flatMap((turn) => [turn, `${turn}`])));
    }
    expect(fake.requests.length).toBeLessThan(90);
    expect(
      world.logged.filter(({ event, level }) => event === 'influx.field_type' && level === 'warn').length,
    ).toBe(1);
  });

  test('I3: many fields in conflict at once are settled one after the other', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
    const fieldsOf = (value: FieldValue) => Object.fromEntries(names.map((name) => [name, value]));
    fake.receive(
      `reading,device=old ${names.map((name) => `${name}="x"`).join(',')} ${BigInt(START_MS) * 1_000_000n}`,
    );
    store.append([
      uplinkRecord('a', START_MS + 1, fieldsOf(1)),
      uplinkRecord('b', START_MS + 2, fieldsOf(2)),
    ]);
    await start();
    await drained();
    expect(names.map((name) => valuesOf(`${name}_number`))).toEqual(names.map(() => [1, 2]));
  });

  test('I3: records that are written again by hand land in the field of their type, too', async () => {
    append(START_MS, 1);
    await start();
    await drained();
    leave('n/a', START_MS + DAY_MS);
    const body = JSON.stringify(uplinkRecord('z', 0, { pressure: 5 }).body);
    const records = [1, 2].map((seq) => {
      return { seq, kind: 'uplink' as const, device: 'z', timeMs: START_MS + DAY_MS + seq, body };
    });
    const replayed = await writer?.replay(records);
    expect(replayed).toEqual({ delivered: [1, 2], refused: [] });
    expect(valuesOf('pressure_number', START_MS + DAY_MS)).toEqual([5, 5]);
  });

  test('I3: a server that never has enough gets its requests counted, and the record is set aside', async () => {
    let asked = 0;
    // A number in text's way now, a text in a number's the next time: whatever is sent is wrong.
    fake.refuse = ({ tags, fields }) => {
      if (tags.device !== 'd1' || fields.f_cnt !== undefined) return undefined;
      asked += 1;
      const type = asked % 2 === 0 ? 'float' : 'string';
      return `input field "pressure" on measurement "reading" is type x, already exists as type ${type}`;
    };
    append(START_MS, 1, 2, 3);
    const started = await start();
    await eventually('passed', () => {
      world.advance(20);
      return started.status().pending === 0;
    });
    expect(started.status()).toMatchObject({ delivered: 2, quarantined: 1 });
    expect(store.quarantine.list('influx', 0, 9)[0]?.reason).toContain('already exists as type');
    expect(asked).toBeLessThan(60);
    const [record] = store.quarantine.list('influx', 0, 1);
    asked = 0;
    expect((await started.replay(record ? [record] : [])).refused.length).toBe(1);
    expect(asked).toBeLessThan(60);
  });

  test('I3: a store that cannot save the types sends no record to quarantine', async () => {
    const put = () => {
      throw new Error('SQLITE_FULL');
    };
    store = { ...store, notes: { ...store.notes, put } };
    append(START_MS, 'n/a', 1, 2);
    const started = await start();
    await drained();
    expect(started.status()).toMatchObject({ delivered: 3, state: 'ok' });
    expect(world.logged.map(({ event }) => event)).toContain('influx.field_types_unsaved');
  });

  test('I3: the types are saved when records are written, and at the end once more', async () => {
    append(START_MS, 1);
    const started = await start();
    await drained();
    const saved = () => JSON.stringify(store.notes.get('influx_field_types'));
    await eventually('saved', () => saved()?.includes('["pressure","number"]'));
    append(START_MS + 1, 'n/a');
    await drained();
    expect(saved()).not.toContain('pressure_text');
    await started.stop();
    expect(saved()).toContain('["pressure_text","text"]');
  });
});
