/**
 * The engine behind the log: the same log gives the same alarm records, byte for byte, in batches of any size and over a kill at
 * each commit, before it is on disk and after.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/alarms/core/engine.ts';
import { emptyState } from '../../src/alarms/core/state.ts';
import type { Told } from '../../src/alarms/core/told.ts';
import { createFollower, type Follower, READER } from '../../src/alarms/follower.ts';
import { type AlarmBody, alarmBody, isTransition } from '../../src/model/alarm-record.ts';
import type { LogRecord, NewRecord } from '../../src/model/record.ts';
import {
  createMemoryLog,
  eui,
  gatewayRecord,
  MINUTE_MS,
  rule,
  START_MS,
  settled,
  siteOf,
  transitionsIn,
  uplink,
} from '../support/alarm-site.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const SITE = siteOf([
  { expectedMs: 2 * MINUTE_MS, area: 'North' },
  { expectedMs: 2 * MINUTE_MS },
  { expectedMs: 2 * MINUTE_MS },
]);
const RULES = [
  rule('high', { condition: { kind: 'limit', field: 't', side: 'high', limit: 5 }, scope: { kind: 'site' } }),
  rule('slow', {
    ...{ condition: { kind: 'limit', field: 't', side: 'high', limit: 5 }, scope: { kind: 'site' } },
    ...{ onDelayMs: MINUTE_MS, offDelayMs: 30_000, latched: true },
  }),
  rule('rate', {
    condition: { kind: 'rate', field: 't', perMinute: 3, direction: 'either', windowMs: MINUTE_MS },
  }),
  rule('mean', { condition: { kind: 'expression', expression: 'avg(t, 2m) > 4' }, scope: { kind: 'site' } }),
  rule('stale', { condition: { kind: 'stale', intervals: 2 }, scope: { kind: 'site' } }),
  rule('gate', { condition: { kind: 'gateway-offline' }, scope: { kind: 'site' } }),
];

type Log = ReturnType<typeof createMemoryLog>;

interface Box {
  readonly log: Log;
  readonly world: TestWorld;
  follower: Follower;
}

function follow({ store }: Log, world: TestWorld, batch: number): Follower {
  const limited: typeof store = {
    ...store,
    log: { ...store.log, readAfter: (after) => store.log.readAfter(after, batch) },
  };
  return createFollower({ store: limited, world, site: () => SITE, nowMs: world.clock.nowMs });
}

async function open(log: Log, world: TestWorld, batch: number): Promise<Box> {
  const follower = follow(log, world, batch);
  await follower.start();
  return { log, world, follower };
}

/** Runs everything that needs no time to pass, and brings up again what has died. */
async function run(box: Box, batch: number): Promise<void> {
  // A loop gives others their turn by a timer of no length.
  for (let turns = 0; turns < 400; turns++) {
    box.world.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
    if (box.log.isDead()) {
      box.log.revive();
      const follower = follow(box.log, box.world, batch);
      const started = follower.start();
      box.follower = follower;
      void started;
    }
    if (turns > 12 && isIdle(box)) return;
  }
  throw new Error('it does not come to rest');
}

function isIdle({ log, follower }: Box): boolean {
  return !log.isDead() && follower.engine().state.position === log.records.length;
}

/** What happens, one thing after another: a reading, a gateway, an acknowledgement; and how long it takes. */
type Happening =
  | { readonly kind: 'reading'; readonly device: number; readonly t: number; readonly lateMs: number }
  | { readonly kind: 'gateway'; readonly word: 'online' | 'offline' }
  | { readonly kind: 'ack' };
type Story = readonly { readonly what: readonly Happening[]; readonly takesMs: number }[];

const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('reading' as const),
      device: fc.integer({ min: 1, max: 3 }),
      t: fc.integer({ min: 0, max: 9 }),
      lateMs: fc.constantFrom(0, 0, 0, 40_000, 7_200_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('gateway' as const),
      word: fc.constantFrom('online' as const, 'offline' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ack' as const) }) },
);
const story: fc.Arbitrary<Story> = fc.array(
  fc.record({
    what: fc.array(happening, { minLength: 1, maxLength: 5 }),
    takesMs: fc.integer({ min: 1, max: 50_000 }),
  }),
  { minLength: 5, maxLength: 25 },
);

async function live(told: Story, batch: number, death?: { commit: number; isStored: boolean }): Promise<Log> {
  const log = createMemoryLog();
  const world = createTestWorld(START_MS);
  const box = await open(log, world, batch);
  const put = box.follower.tell(() => ({ do: 'put-rules', rules: RULES, by: 'test' }));
  await run(box, batch);
  await put;
  if (death) log.dieAt(death.commit, death.isStored);
  for (const { what, takesMs } of told) {
    const records: NewRecord[] = what.flatMap((one) => recordsOf(one, world.clock.nowMs()));
    if (records.length > 0) log.append(...records);
    await run(box, batch);
    if (what.some(({ kind }) => kind === 'ack')) await acknowledgeAll(box, batch);
    // A second at a time, so that timers go off when they are due, not all at the end.
    for (let ms = 0; ms < takesMs; ms += 1_000) {
      world.advance(1_000);
      if (box.follower.engine().nextMs() <= world.clock.nowMs()) await run(box, batch);
    }
    await run(box, batch);
  }
  await box.follower.stop();
  return log;
}

function recordsOf(one: Happening, nowMs: number): NewRecord[] {
  if (one.kind === 'reading') return [uplink(eui(one.device), nowMs - one.lateMs, { t: one.t })];
  return one.kind === 'gateway' ? [gatewayRecord('aa', nowMs, one.word)] : [];
}

/** Asked again where the answer did not come, as a person does: what was done is not done twice. */
async function acknowledgeAll(box: Box, batch: number): Promise<void> {
  for (let tries = 0; tries < 2; tries++) {
    const ids = [...box.follower.engine().subjects().byId.keys()];
    let answer: number | undefined;
    box.follower
      .tell(() => ({ do: 'acknowledge', ids, by: 'user ada' }))
      .then((count) => {
        answer = count;
      })
      .catch(() => {});
    await run(box, batch);
    if (answer !== undefined) return;
  }
}

/** The alarm records as they are on disk. */
function written({ records }: Log): string[] {
  return records.filter(({ kind }) => kind === 'alarm').map(({ timeMs, body }) => `${timeMs} ${body}`);
}

describe('the same log gives the same alarm records', () => {
  test('in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.integer({ min: 1, max: 7 }), async (told, batch) => {
        const whole = written(await live(told, 256));
        expect(written(await live(told, batch))).toEqual(whole);
        expect(whole.length).toBeGreaterThanOrEqual(RULES.length);
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  test('once more from the log alone', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const log = await live(told, 256);
        expect(replay(log.records)).toEqual(written(log));
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  test('over a kill at each commit, before it is on disk and after', async () => {
    const sample = fc.sample(story, { numRuns: 3, seed: 7 });
    for (const told of sample) {
      const undisturbed = await live(told, 256);
      const expected = written(undisturbed);
      for (let commit = 2; commit <= undisturbed.commits(); commit++)
        for (const isStored of [false, true])
          expect(
            written(await live(told, 256, { commit, isStored })),
            `commit ${commit} ${isStored}`,
          ).toEqual(expected);
      expect(undisturbed.commits()).toBeGreaterThan(5);
    }
  }, 300_000);
});

/** A new engine on the same records: told what the log says it was told, in the same places; time passes when the log says it did. */
function replay(records: readonly LogRecord[]): string[] {
  const engine = createEngine({ ...emptyState(), nowMs: START_MS }, SITE);
  const found: string[] = [];
  const take = (): void => {
    for (const { timeMs, body } of engine.take().output) found.push(`${timeMs} ${JSON.stringify(body)}`);
  };
  const script = records
    .filter(({ kind }) => kind === 'alarm')
    .map((record) => ({ record, body: alarmBody(record) }));
  let next = 0;
  const catchUp = (): void => {
    for (let one = script[next]; one && one.body.afterSeq === engine.state.sourceSeq; one = script[next]) {
      if (found.length <= next) {
        const told = toldBy(
          one.body,
          script.slice(next).map(({ body }) => body),
        );
        if (told) engine.tell(told, one.record.timeMs);
        else engine.advance(one.record.timeMs);
        take();
      }
      if (found.length <= next) return;
      next += 1;
    }
  };
  catchUp();
  for (const record of records) {
    engine.step(record);
    take();
    catchUp();
  }
  return found;
}

function toldBy(body: AlarmBody, rest: readonly AlarmBody[]): Told | undefined {
  if (body.event === 'rule-changed') {
    const rules = rest.flatMap((one) =>
      one.event === 'rule-changed' && one.afterSeq === body.afterSeq ? [one.rule] : [],
    );
    return { do: 'put-rules', rules, by: body.by };
  }
  if (isTransition(body) && body.by !== undefined && body.by !== 'box')
    return { do: 'acknowledge', ids: [body.alarm], by: body.by };
  return undefined;
}

describe('a life of the box', () => {
  const HOUR_MS = 60 * MINUTE_MS;

  test('what was off for hours raises no storm: silence counts from the start', async () => {
    const log = createMemoryLog();
    const world = createTestWorld(START_MS);
    const box = await open(log, world, 256);
    void box.follower.tell(() => ({ do: 'put-rules', rules: RULES, by: 'test' }));
    await run(box, 256);
    for (const device of [1, 2, 3]) log.append(uplink(eui(device), START_MS, { t: 1 }));
    await run(box, 256);
    await box.follower.stop();
    world.advance(5 * HOUR_MS);
    const again = await open(log, world, 256);
    await run(again, 256);
    expect(transitionsIn(log.records)).toEqual([]);
    world.advance(5 * MINUTE_MS);
    await run(again, 256);
    expect(transitionsIn(log.records).map(({ event, rule: id }) => `${event} ${id}`)).toEqual(
      Array(3).fill('raised stale'),
    );
    await again.follower.stop();
  });

  test('nothing is written, and no timer is set, while nothing is decided', async () => {
    const log = createMemoryLog();
    const world = createTestWorld(START_MS);
    const box = await open(log, world, 256);
    void box.follower.tell(() => ({ do: 'put-rules', rules: RULES.slice(0, 1), by: 'test' }));
    await run(box, 256);
    const before = log.commits();
    for (let n = 0; n < 200; n++) log.append(uplink(eui(1), world.clock.nowMs(), { t: 1 }));
    await run(box, 256);
    expect(log.commits()).toBe(before);
    expect(box.follower.engine().nextMs()).toBe(Number.POSITIVE_INFINITY);
    await box.follower.stop();
    // Where it stands is kept at the end.
    expect(log.kept.get('engine')).toMatchObject({ position: log.records.length });
    expect(READER).toBe('alarms');
  });

  test('what is told of is on disk when the answer comes', async () => {
    const log = createMemoryLog();
    const world = createTestWorld(START_MS);
    const box = await open(log, world, 256);
    const told = box.follower.tell(() => ({ do: 'put-rules', rules: RULES, by: 'test' }));
    void run(box, 256);
    expect(await told).toBe(RULES.length);
    expect(log.kept.get('r:high')).toMatchObject({ id: 'high' });
    await settled();
    await box.follower.stop();
    await expect(box.follower.tell(() => undefined)).rejects.toThrow('not running');
  });

  test('with rules for gateways only each word of one is heard', async () => {
    const log = createMemoryLog();
    const world = createTestWorld(START_MS);
    const box = await open(log, world, 256);
    void box.follower.tell(() => ({ do: 'put-rules', rules: RULES.slice(-1), by: 'test' }));
    await run(box, 256);
    for (const word of ['online', 'offline', 'online'] as const) {
      log.append(gatewayRecord('aa', world.clock.nowMs(), word));
      await run(box, 256);
    }
    expect(transitionsIn(log.records).map(({ event }) => event)).toEqual(['raised', 'cleared']);
    await box.follower.stop();
  });

  async function raisedHigh(rules = RULES.slice(0, 1)) {
    const log = createMemoryLog();
    const world = createTestWorld(START_MS);
    const box = await open(log, world, 256);
    void box.follower.tell(() => ({ do: 'put-rules', rules, by: 'test' }));
    await run(box, 256);
    log.append(uplink(eui(1), START_MS, { t: 9 }));
    await run(box, 256);
    return { log, world, box };
  }

  test('an alarm of a device that went while the engine was not there ends', async () => {
    const { log, world, box } = await raisedHigh();
    await box.follower.stop();
    const { store } = log;
    const follower = createFollower({ store, world, site: () => siteOf([]), nowMs: world.clock.nowMs });
    await follower.start();
    await run({ log, world, follower }, 256);
    expect(transitionsIn(log.records).map(({ event }) => event)).toEqual(['raised', 'ended']);
    await follower.stop();
  });

  test('a disk that refuses once moves nothing that is due', async () => {
    const log = createMemoryLog();
    const world = createTestWorld(START_MS);
    let refuses = 0;
    const { store } = log;
    const refusing: typeof store = {
      ...store,
      async commit(change) {
        if (refuses > 0) {
          refuses -= 1;
          throw new Error('database or disk is full');
        }
        return store.commit(change);
      },
    };
    const follower = createFollower({
      ...{ store: refusing, world, site: () => SITE, nowMs: world.clock.nowMs },
    });
    await follower.start();
    const box = { log, world, follower };
    void follower.tell(() => ({ do: 'put-rules', rules: RULES, by: 'test' }));
    await run(box, 256);
    log.append(uplink(eui(1), START_MS, { t: 1 }));
    await run(box, 256);
    refuses = 1;
    world.advance(5 * MINUTE_MS);
    await settled();
    world.advance(1_000);
    await run(box, 256);
    expect(world.logged.map(({ event }) => event)).toEqual(['alarms.not_stored']);
    expect(log.records.filter(({ body }) => body.includes('time-jumped'))).toEqual([]);
    const [raised] = transitionsIn(log.records);
    expect(raised).toMatchObject({ event: 'raised', rule: 'stale', timeMs: START_MS + 4 * MINUTE_MS });
    await follower.stop();
  });

  test('a reading dated by a clock that was ahead, read after that was set right, silences nobody', async () => {
    const DAY_MS = 24 * HOUR_MS;
    const { log, world, box } = await raisedHigh();
    world.setNow(START_MS - 300 * DAY_MS);
    // Received before the clock was set, stored after.
    log.append(uplink(eui(1), START_MS, { t: 9 }));
    await run(box, 256);
    log.append(uplink(eui(2), world.clock.nowMs(), { t: 9 }), uplink(eui(1), world.clock.nowMs(), { t: 1 }));
    await run(box, 256);
    const told = transitionsIn(log.records).map(({ event, subjectName }) => `${event} ${subjectName}`);
    expect(told).toEqual(['raised D1', 'raised D2', 'cleared D1']);
    await box.follower.stop();
  });
});
