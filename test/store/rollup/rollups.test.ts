/**
 * Roll-ups against all records worked out anew: readings late and in order, with a clock that is set right later, whatever
 * commits, roll-backs, kills and power cuts come between the steps of merging and writing.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NewRecord } from '../../../src/model/record.ts';
import { timeOf } from '../../../src/model/time.ts';
import { createLog } from '../../../src/store/log/log.ts';
import { readHistory } from '../../../src/store/rollup/history.ts';
import { createRollupRows } from '../../../src/store/rollup/rollup-rows.ts';
import { createRollups } from '../../../src/store/rollup/rollups.ts';
import { migrate } from '../../../src/store/schema.ts';
import { openSqlite, type Sqlite } from '../../../src/store/sqlite.ts';
import { createClockBookTable } from '../../../src/store/tables/clock-book-table.ts';
import { createDeviceStates } from '../../../src/store/tables/device-states.ts';
import { createMeta } from '../../../src/store/tables/meta.ts';
import { createTestWorld } from '../../support/world.ts';
import { bucketsOf, type DatedReading, expectSame, fieldsOf } from './history-model.ts';

const START_MS = Date.UTC(2026, 2, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEVICES = ['00000000000000a1', '00000000000000a2', '00000000000000a3'];
const BOOTS = ['b'.repeat(16), 'c'.repeat(16)];
/** Rows are written all the time, one or two at once. */
const PACE = { readingsARow: 1, leastRecords: 4, rowsAStep: 1, recordsAStep: 3 };

type Step =
  | { readonly do: 'read'; readonly device: number; readonly hour: number; readonly value: number }
  | { readonly do: 'undated'; readonly device: number; readonly boot: number; readonly value: number }
  | { readonly do: 'set'; readonly boot: number; readonly hour: number }
  | { readonly do: 'commit' | 'refuse' | 'tick' | 'busy' | 'kill' | 'cut' | 'stop' };

const COMMON = ['commit', 'tick', 'tick', 'tick'] as const;
const hours = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -30, max: 60 }));
const values = fc.oneof(
  fc.integer({ min: -40, max: 400 }).map((value) => value / 10),
  fc.constantFrom(0, -0.001, 1 / 3, 1e12, 123_456.789, -7.25e-9),
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('read' as const), device: fc.nat(2), hour: hours, value: values }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('undated' as const),
      device: fc.nat(2),
      boot: fc.nat(1),
      value: values,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set' as const), boot: fc.nat(1), hour: hours }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...COMMON, ...COMMON, 'refuse', 'busy', 'kill', 'kill', 'cut', 'stop')
      .map((name): Step => ({ do: name as 'commit' })),
  },
);

/** Everything that a kill takes with it. */
function startOn(db: Sqlite) {
  const world = createTestWorld(START_MS);
  const meta = createMeta(db);
  const states = createDeviceStates(db, meta);
  const log = createLog(db, states);
  const clockBook = createClockBookTable(db);
  const rows = createRollupRows(db, meta);
  const flags = { busy: false, refuses: false };
  const rollups = createRollups({
    ...{ rows, log, states, world, maxAgeDays: 10_000, maxBytes: 1e9, pace: PACE },
    busy: () => flags.busy,
    write(work) {
      if (flags.refuses) return false;
      db.transaction(work)();
      return true;
    },
    guard: (_, run) => run(),
  });
  rollups.start();
  return { db, world, meta, states, log, clockBook, rows, rollups, flags };
}

type Started = ReturnType<typeof startOn>;

function fresh(): Started {
  const db = openSqlite(':memory:');
  migrate(db);
  return startOn(db);
}

function append({ db, log, states, clockBook, rollups }: Started, records: readonly NewRecord[]): void {
  db.transaction(() => {
    for (const record of records) {
      const seq = log.append(record, null, null);
      clockBook.note(seq, record);
      rollups.note(seq, record);
    }
    states.save(log.appendedSeq());
    clockBook.save();
  })();
  clockBook.committed();
}

/** The transaction fails at its end. */
function refuse(started: Started, records: readonly NewRecord[]): void {
  const { db, log, states, clockBook, rollups } = started;
  const failing = db.transaction(() => {
    for (const record of records) {
      const seq = log.append(record, null, null);
      clockBook.note(seq, record);
      rollups.note(seq, record);
    }
    throw new Error('refused');
  });
  expect(() => failing()).toThrow('refused');
  clockBook.rolledBack();
  states.reload();
  log.rolledBack();
  rollups.rolledBack();
}

function recordOf(step: Step, monoMs: number): NewRecord | undefined {
  if (step.do === 'set') {
    const body = {
      event: 'clock_set',
      boot: BOOTS[step.boot] ?? '',
      offsetMs: START_MS + step.hour * HOUR_MS,
      source: 'ntp',
      uncertaintyMs: null,
    };
    return { kind: 'system', timeMs: START_MS, device: null, body };
  }
  if (step.do !== 'read' && step.do !== 'undated') return undefined;
  const stamp = step.do === 'undated' ? { clock: clockOf(step.boot, monoMs) } : {};
  const timeMs = step.do === 'read' ? START_MS + step.hour * HOUR_MS + monoMs : Date.UTC(2025, 5, 1);
  return {
    kind: 'uplink',
    timeMs,
    device: DEVICES[step.device] ?? '',
    body: {
      fields: { t: step.value, open: step.value > 5, state: 'on', [`f${step.device}`]: step.value * 2 },
      ...{ data: '', fPort: 1, fCnt: 1, devAddr: '01020304', confirmed: false, freq: 868e6, dr: 'SF7' },
      ...{ rx: [], codec: 'raw', via: 'bridge', ...stamp },
    },
  };
}

function clockOf(boot: number, monoMs: number) {
  return { boot: BOOTS[boot] ?? '', monoMs, source: 'last_known' } as const;
}

/** All readings whose time is known, by device, in the order of merging: where their set is, or they are themselves. */
function modelOf({ log }: Started): Map<string, DatedReading[]> {
  const records = log.readAfter(0, 100_000, 1e9);
  const sets = records.filter(({ body }) => body.includes('"clock_set"'));
  const placed = records.flatMap((record) => {
    if (record.kind !== 'uplink' || record.device === null) return [];
    const { clock } = JSON.parse(record.body) as { clock?: { boot: string } };
    const dated = { device: record.device, fields: fieldsOf(record) };
    if (!clock) return [{ ...dated, timeMs: record.timeMs, at: record.seq }];
    const set = sets.find(({ seq, body }) => seq > record.seq && body.includes(clock.boot));
    if (!set) return [];
    const own = { ...(JSON.parse(set.body) as { boot: string; offsetMs: number }), seq: set.seq };
    const book = {
      setFor: () => ({ ...own, source: 'ntp' as const, uncertaintyMs: null }),
      ...{ open: () => [], lastSet: () => undefined, firstOpenSeq: () => Number.POSITIVE_INFINITY },
    };
    return [{ ...dated, timeMs: timeOf(record, book).timeMs, at: set.seq }];
  });
  const byDevice = new Map<string, DatedReading[]>();
  for (const { device, ...reading } of placed.toSorted((a, b) => a.at - b.at))
    byDevice.set(device, [...(byDevice.get(device) ?? []), reading]);
  return byDevice;
}

async function expectAsModel(started: Started): Promise<void> {
  const model = modelOf(started);
  const fromMs = START_MS - 4 * DAY_MS;
  for (const device of DEVICES) {
    const { rows, rollups, log, states, clockBook } = started;
    const history = await readHistory(
      { rows, rollups, log, states, book: clockBook.book, guard: (_, run) => run(), maxReadings: 0 },
      device,
      { fromMs, toMs: START_MS + 8 * DAY_MS, buckets: 2_000 },
    );
    expect(history.behind).toBe(0);
    const readings = model.get(device) ?? [];
    expectSame(history.series, bucketsOf(readings, fromMs, HOUR_MS));
  }
}

/** One run of the steps; gives the store as it is in the end, all merged. */
function run(given: readonly Step[]): Started {
  let started = fresh();
  let synced = started.db.serialize();
  let waiting: NewRecord[] = [];
  let monoMs = 0;
  const publish = () => {
    started.log.publish(started.log.appendedSeq());
    started.rollups.published(started.log.lastSeq());
    synced = started.db.serialize();
  };
  const restart = (file: Buffer | undefined) => {
    started.rollups.stop();
    waiting = [];
    started = startOn(file ? openFrom(file) : started.db);
  };
  for (const step of given) {
    monoMs += 1_000;
    const record = recordOf(step, monoMs);
    if (record) waiting.push(record);
    started.flags.busy = step.do === 'busy';
    if (step.do === 'tick' || step.do === 'busy') started.world.advance(10);
    if (step.do === 'busy') started.rollups.pause();
    if (step.do === 'refuse') refuse(started, waiting);
    if (step.do === 'commit') {
      append(started, waiting.splice(0));
      publish();
    }
    if (step.do === 'kill') restart(undefined);
    if (step.do === 'cut') restart(synced);
    if (step.do === 'stop') {
      started.db.transaction(() => started.rollups.saveAll())();
      restart(undefined);
    }
  }
  append(started, waiting.splice(0));
  publish();
  started.flags.busy = false;
  started.rollups.pause();
  started.world.advance(60_000);
  return started;
}

function openFrom(file: Buffer): Sqlite {
  const db = openSqlite(':memory:');
  const Database = db.constructor as new (file: Buffer) => Sqlite;
  const copy = new Database(file);
  migrate(copy);
  return copy;
}

test('say what all records say, whenever the process or the power goes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 40, maxLength: 200, size: 'max' }), async (given) => {
      const started = run(given);
      await expectAsModel(started);
      // And once more from the rows alone.
      started.rollups.stop();
      started.db.transaction(() => started.rollups.saveAll())();
      const again = startOn(started.db);
      expect(again.rollups.open.all()).toEqual([]);
      await expectAsModel(again);
    }),
    { numRuns: 150, interruptAfterTimeLimit: 5_000, markInterruptAsFailure: false },
  );
});

test('readings that a clock set dates count once, whenever the process ends while they are merged', async () => {
  const undated = (device: number): Step => ({ do: 'undated', device, boot: 0, value: device + 1 });
  const read = (device: number): Step => ({ do: 'read', device, hour: device, value: 20 });
  const some = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
  const all = [0, 1, 2];
  const before: Step[] = [
    ...[...all, ...all, ...all, ...all].map(undated),
    { do: 'commit' },
    ...[...all.map(read), { do: 'commit' } as const, ...some(30, { do: 'tick' })],
    ...[
      ...all.map(undated),
      ...all.map(read),
      { do: 'set', boot: 0, hour: 1 } as const,
      ...all.map(read),
      { do: 'commit' } as const,
    ],
  ];
  for (let first = 0; first < 20; first++) {
    for (let second = 0; second < 5; second++) {
      const kills = [first, second].flatMap((ticks): Step[] => [
        ...some(ticks, { do: 'tick' }),
        { do: 'kill' },
      ]);
      await expectAsModel(run([...before, ...kills]));
    }
  }
});

test('a row that the file refuses to take stays in memory, and is tried again', async () => {
  const started = fresh();
  started.flags.refuses = true;
  const reading = (hour: number): Step => ({ do: 'read', device: 0, hour, value: hour });
  const records = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((hour) => recordOf(reading(hour), 0));
  append(
    started,
    records.filter((record) => record !== undefined),
  );
  started.log.publish(9);
  started.rollups.published(9);
  started.world.advance(100);
  await expectAsModel(started);
  expect(started.rows.loadState().major).toBe(0);
  started.flags.refuses = false;
  started.world.advance(1_000);
  expect(started.rows.loadState().major).toBe(9);
  await expectAsModel(started);
});
