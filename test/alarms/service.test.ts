/** The alarms of a site over a real store: rules with revisions and as files, what is refused, previews and journal from the log, a restart. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAlarms } from '../../src/alarms/service.ts';
import { type AlarmRuleInput, MAX_ALARM_RULES } from '../../src/model/alarm.ts';
import type { AlarmsService } from '../../src/model/alarm-service.ts';
import { type SaidKey, tell } from '../../src/model/said.ts';
import type { ApplianceStatus, PartStatus } from '../../src/model/status.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { ruleFile } from '../../src/ui/shapes/alarm-input.ts';
import { eui, MINUTE_MS, START_MS, uplink } from '../support/alarm-site.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const HIGH: AlarmRuleInput = {
  ...{ name: 'Too full', enabled: true, scope: { kind: 'device', device: eui(1) }, priority: 'high' },
  condition: { kind: 'limit', field: 'level', side: 'high', limit: 5 },
  ...{ onDelayMs: 0, offDelayMs: 0, latched: false, action: 'open the valve' },
};
const FINE: PartStatus = { state: 'ok', detail: '', sinceMs: 0 };

let folder: ReturnType<typeof temporaryFolder>;
let world: TestWorld;
let store: Store;
let alarms: AlarmsService;
let freeBytes: number;

const status = () =>
  ({
    store: { ...FINE, freeBytes, takesReadings: true },
    broker: FINE,
    influx: { ...FINE, quarantined: 0 },
    centre: FINE,
  }) as ApplianceStatus;

async function begin(): Promise<void> {
  store = openStore({ dir: folder.path, world });
  alarms = createAlarms({ store, world, status, nowMs: world.clock.nowMs, refusedJoins: () => 0 });
  await inTime(alarms.start());
}

/**
 * Lets the timers of the store and of the engine go off until `promise` is settled. Here no time passes faster than outside:
 * a disk that takes a second would make it minutes.
 */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  promise.then(over, over);
  while (!isOver) {
    world.advance(1);
    await sleep(1);
  }
  return promise;
}

async function end(): Promise<void> {
  await inTime(alarms.stop());
  await inTime(store.close());
}

beforeEach(async () => {
  folder = temporaryFolder();
  world = createTestWorld(START_MS);
  freeBytes = 1e12;
  await begin();
  for (const n of [1, 2])
    store.devices.put({ devEui: eui(n), name: `Tank ${n}`, codec: 'raw', origin: 'api', area: 'North' });
});
afterEach(async () => {
  await end();
  folder.remove();
});

async function hear(level: number, device = 1): Promise<void> {
  await inTime(store.commit({ records: [uplink(eui(device), world.clock.nowMs(), { level })] }));
  await rested();
}

/** Until the engine has looked at everything: what it is told comes after that. */
async function rested(): Promise<void> {
  await inTime(alarms.unsuppressArea('nowhere', 'test'));
}

const put = (id: string, rule: AlarmRuleInput, revision = 0) =>
  inTime(alarms.putRule(id, rule, revision, 'user ada'));
const states = () => alarms.list().map(({ id, state }) => `${id.split(':')[0]} ${state}`);

test('who looks is told of changes, and the figures have another revision', async () => {
  let calls = 0;
  const leave = alarms.onChange(() => {
    calls += 1;
  });
  await put('high', HIGH);
  await hear(9);
  world.advance(100);
  const { revision, counts } = alarms.summary();
  expect(counts.active.high).toBe(1);
  expect(calls).toBeGreaterThan(0);
  const before = calls;
  await hear(1);
  await hear(9);
  world.advance(100);
  expect(calls).toBeGreaterThan(before);
  expect(alarms.summary().revision).toBeGreaterThan(revision);
  leave();
  const last = calls;
  await hear(1);
  world.advance(100);
  expect(calls).toBe(last);
});

describe('rules', () => {
  test('are changed by whom knows their revision, and no other', async () => {
    expect(await put('high', HIGH)).toMatchObject({
      isNew: true,
      rule: { revision: 1, changedBy: 'user ada' },
    });
    expect(await put('high', HIGH)).toMatchObject({ refused: 'stale' });
    expect(await put('high', { ...HIGH, name: 'Full' }, 1)).toMatchObject({
      isNew: false,
      rule: { revision: 2 },
    });
    expect(await put('high', HIGH, 1)).toMatchObject({
      refused: 'stale',
      detail: expect.stringContaining('revision 2'),
    });
    expect(await inTime(alarms.removeRule('high', 1, 'x'))).toMatchObject({ refused: 'stale' });
    expect(await inTime(alarms.removeRule('high', 2, 'x'))).toEqual({ done: true });
    expect(await inTime(alarms.removeRule('high', 2, 'x'))).toMatchObject({ refused: 'unknown' });
    expect(await put('Not an id', HIGH)).toMatchObject({ refused: 'invalid' });
  });

  test.each<[string, Partial<AlarmRuleInput>, string, string]>([
    [
      'an unknown field',
      { condition: { kind: 'limit', field: 'levl', side: 'high', limit: 5 } },
      '/condition/field',
      'there is no field levl',
    ],
    [
      'an expression with one',
      { condition: { kind: 'expression', expression: 'lvl > 3' } },
      '/condition/expression',
      'at 1: there is no field lvl',
    ],
    [
      'an expression that is none',
      { condition: { kind: 'expression', expression: 'level >' } },
      '/condition/expression',
      'at 8: something is missing',
    ],
    [
      'a device that is not named',
      { condition: { kind: 'expression', expression: 'pump.on' } },
      '/condition/expression',
      'no device is called pump',
    ],
    [
      'a device that is not there',
      { scope: { kind: 'device', device: eui(9) } },
      '/scope',
      'there is no device',
    ],
    [
      'a profile that is not there',
      { scope: { kind: 'profile', profile: 'X' } },
      '/scope',
      'there is no profile X',
    ],
    ['a box condition for a device', { condition: { kind: 'box', fact: 'disk' } }, '/scope', 'for the site'],
  ])('%s is told with its place', async (_, more, pointer, detail) => {
    await hear(1);
    const refusal = await put('r', { ...HIGH, ...more });
    expect(refusal).toMatchObject({
      refused: 'invalid',
      errors: [{ pointer, detail: expect.stringContaining(detail) }],
    });
  });

  test('units that do not fit', async () => {
    const fields = { level: { unit: 'm' }, wanted: { unit: 'bar' } };
    store.profiles.put({ name: 'Tank', codec: 'raw', fields });
    store.devices.put({ devEui: eui(1), name: 'Tank 1', codec: 'raw', origin: 'api', profile: 'Tank' });
    await rested();
    const expression = { kind: 'expression', expression: 'level > wanted' } as const;
    expect(await put('r', { ...HIGH, condition: expression })).toMatchObject({
      errors: [{ detail: 'at 7: m and bar do not fit together' }],
    });
  });

  test('go as a file and come back, all or none', async () => {
    await put('high', HIGH);
    const file = alarms.exportRules();
    expect(file.rules).toEqual([{ id: 'high', ...HIGH }]);
    const more = { ...file, rules: [...file.rules, { ...HIGH, id: 'low', name: 'Low' }] };
    const take = (given: typeof file, mode: 'merge' | 'replace') =>
      inTime(alarms.importRules(given, mode, 'user ada'));
    expect(await take(more, 'merge')).toEqual({ added: 1, replaced: 0, unchanged: 1, removed: 0 });
    expect(await take(file, 'replace')).toEqual({ added: 0, replaced: 0, unchanged: 1, removed: 1 });
    const bad = { ...HIGH, id: 'bad', condition: { kind: 'expression', expression: '1 +' } } as const;
    expect(await take({ ...file, rules: [{ ...HIGH, id: 'new' }, bad] }, 'merge')).toMatchObject({
      errors: [{ pointer: '/rules/1/condition/expression', detail: expect.stringContaining('bad: ') }],
    });
    expect(alarms.rules().map(({ id }) => id)).toEqual(['high']);
    // As many as a site can have are what a file can bring.
    const all = Array.from({ length: MAX_ALARM_RULES }, (_, n) => ({ ...HIGH, id: `r${n}` }));
    expect(await take({ ...file, rules: all }, 'merge')).toMatchObject({ refused: 'too-many' });
    expect(await take({ ...file, rules: all }, 'replace')).toMatchObject({ added: MAX_ALARM_RULES });
    expect(ruleFile.safeParse(alarms.exportRules()).success).toBe(true);
  });

  test('that are suggested fit what they are for', async () => {
    store.profiles.put({ name: 'Tank', codec: 'raw', fields: { level: { high: 5, low: 1 }, battery: {} } });
    await rested();
    const suggested = [...alarms.suggested('Tank'), ...alarms.suggested()];
    expect(suggested.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['tank-stale', 'tank-level-high', 'gateway-offline', 'box-disk']),
    );
    for (const { id, why, said, ...rule } of suggested) {
      // Under the key that says it in another language.
      const { key, values } = said;
      expect(tell(`${key}.name` as SaidKey, values).detail).toBe(rule.name);
      expect(tell(`${key}.why` as SaidKey, values).detail).toBe(why);
      expect(await put(id, rule), id).toMatchObject({ isNew: true });
    }
  });
});

describe('alarms', () => {
  test('come and go with readings, are acknowledged once, and are there after a restart', async () => {
    await put('high', HIGH);
    await hear(9);
    expect(alarms.list()).toMatchObject([
      {
        id: `high:${eui(1)}`,
        state: 'active',
        message: 'Tank 1: level is 9, above 5',
        isFirstUp: true,
        area: 'North',
      },
    ]);
    const acknowledge = () => inTime(alarms.acknowledge([`high:${eui(1)}`], 'user bob', 'seen'));
    expect(await acknowledge()).toEqual({ acknowledged: 1 });
    expect(await acknowledge()).toMatchObject({ refused: 'state' });
    expect(await inTime(alarms.acknowledge(['none:x'], 'user bob'))).toMatchObject({ refused: 'unknown' });
    await end();
    await begin();
    expect(alarms.list()).toMatchObject([
      { state: 'acknowledged', acknowledged: { by: 'user bob', comment: 'seen' } },
    ]);
    await hear(1);
    expect(states()).toEqual([]);
    const { entries, next } = await alarms.journal({ limit: 10 });
    expect(entries.map(({ body: { event, by } }) => [event, by])).toEqual([
      ['cleared', undefined],
      ['acknowledged', 'user bob'],
      ['raised', undefined],
    ]);
    expect(next).toBeUndefined();
    expect((await alarms.journal({ limit: 1, events: ['raised'], text: 'tank 1' })).entries).toHaveLength(1);
    expect((await alarms.journal({ limit: 1, device: eui(2) })).entries).toEqual([]);
  });

  test('a device that is removed takes its alarm with it, and the rule says so', async () => {
    await put('high', HIGH);
    await hear(9);
    store.devices.remove(eui(1));
    await rested();
    expect(states()).toEqual([]);
    expect(alarms.rule('high')?.problems).toMatchObject([{ code: 'device-gone' }]);
    expect(alarms.summary().ruleProblems).toBe(1);
    expect((await alarms.journal({ limit: 1 })).entries).toMatchObject([
      { body: { event: 'ended', reason: 'device-gone' } },
    ]);
  });

  test('maintenance, shelves and service need an end, or a reason to end', async () => {
    await put('high', HIGH);
    const id = `high:${eui(1)}`;
    const shelf = { untilMs: world.clock.nowMs() + 10 * MINUTE_MS, reason: 'pump is changed' };
    expect(await inTime(alarms.suppressArea('North', shelf, 'user ada'))).toEqual({ done: true });
    await hear(9);
    expect(alarms.list()).toMatchObject([{ silence: 'maintenance' }]);
    expect(alarms.summary()).toMatchObject({ suppressed: 1, counts: { active: { high: 0 } } });
    expect(await inTime(alarms.unsuppressArea('North', 'user ada'))).toEqual({ done: true });
    expect(alarms.summary()).toMatchObject({ top: { id }, counts: { active: { high: 1 } }, inTenMinutes: 1 });
    expect(await inTime(alarms.unshelve(id, 'x'))).toMatchObject({ refused: 'state' });
    expect(await inTime(alarms.shelve(id, { untilMs: 1, reason: 'x' }, 'x'))).toMatchObject({
      refused: 'invalid',
    });
    expect(await inTime(alarms.setOutOfService(id, 'broken', 'x'))).toEqual({ done: true });
    expect(alarms.summary()).toMatchObject({ outOfService: 1 });
    expect(await inTime(alarms.returnToService(id, 'x'))).toEqual({ done: true });
    expect(await inTime(alarms.suppressArea('South', shelf, 'x'))).toMatchObject({ refused: 'unknown' });
  });

  test('the box looks at itself where a rule is about it', async () => {
    await put('disk', {
      ...HIGH,
      scope: { kind: 'site' },
      condition: { kind: 'box', fact: 'disk', limit: 100 },
    });
    freeBytes = 50e6;
    world.advance(10_000);
    await rested();
    expect(alarms.list()).toMatchObject([{ id: 'disk:site', state: 'active', value: 50 }]);
  });
});

test('a preview says what a rule would have done, and changes nothing', async () => {
  for (const level of [1, 9, 8, 1, 7, 1]) {
    await hear(level);
    world.advance(10 * MINUTE_MS);
  }
  const lastSeq = store.log.lastSeq();
  const preview = await inTime(alarms.preview(HIGH, START_MS));
  if ('refused' in preview) throw new Error(preview.detail);
  const { times, readings, isCut, isBlind, occurrences, activeMs } = preview;
  expect({ times, readings, isCut, isBlind }).toEqual({
    times: 2,
    readings: 6,
    isCut: false,
    isBlind: false,
  });
  expect(Math.round(activeMs / MINUTE_MS)).toBe(30);
  expect(occurrences[0]).toMatchObject({ subjectName: 'Tank 1', message: 'Tank 1: level is 7, above 5' });
  expect(store.log.lastSeq()).toBe(lastSeq);
  expect(states()).toEqual([]);
});

test('statistics name what chatters, with a delay and a deadband that would have calmed it', async () => {
  await put('high', HIGH);
  const fromMs = world.clock.nowMs();
  for (let n = 0; n < 6; n++) {
    // However long the disk took.
    world.setNow(fromMs + n * 6_000);
    await hear(5.2);
    world.setNow(fromMs + n * 6_000 + 3_000);
    await hear(4.9);
  }
  const found = await inTime(alarms.statistics(fromMs, world.clock.nowMs() + 1));
  expect(found.perHour).toMatchObject([{ count: 6 }]);
  expect(found.worst).toMatchObject([{ alarm: `high:${eui(1)}`, name: 'Too full: Tank 1', count: 6 }]);
  expect(found.chattering).toMatchObject([{ count: 6, proposal: { onDelayMs: 10_000, deadband: 0.2 } }]);
});
