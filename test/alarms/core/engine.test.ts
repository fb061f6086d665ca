/** What the engine makes of gateways, time and people: delays, silences, and what must raise nothing. */
import { describe, expect, test } from 'vitest';
import type { AlarmCondition } from '../../../src/model/alarm.ts';
import { isTransition } from '../../../src/model/alarm-record.ts';
import { runEngine as run } from '../../support/alarm-engine.ts';
import { eui, MINUTE_MS, rule, START_MS, siteOf } from '../../support/alarm-site.ts';

const high = (more = {}): AlarmCondition => ({ kind: 'limit', field: 't', side: 'high', limit: 10, ...more });

describe('delays', () => {
  const delayed = () =>
    run([rule('r', { condition: high(), onDelayMs: 3 * MINUTE_MS, offDelayMs: 2 * MINUTE_MS })]);

  test('it must hold so long, and be over so long', () => {
    const { at, until, told } = delayed();
    at(1, { t: 11 });
    at(3, { t: 9 });
    at(4, { t: 11 });
    until(6.9);
    expect(told()).toEqual([]);
    until(8);
    at(9, { t: 1 });
    at(10, { t: 11 });
    at(11, { t: 1 });
    until(20);
    expect(told()).toEqual(['raised 1 @7', 'cleared 1 @13']);
  });

  test('a record that comes later than a delay is over comes after it', () => {
    const { at, told } = delayed();
    at(1, { t: 11 });
    at(30, { t: 1 });
    at(60, { t: 1 });
    expect(told()).toEqual(['raised 1 @4', 'cleared 1 @32']);
  });

  test('nothing is due where nothing is pending', () => {
    const { engine, at } = delayed();
    at(1, { t: 1 });
    expect(engine.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('silent devices', () => {
  const stale = rule('stale', { condition: { kind: 'stale', intervals: 3 }, scope: { kind: 'site' } });
  const offline = rule('off', { condition: { kind: 'gateway-offline' }, scope: { kind: 'site' } });
  const site = siteOf([{ expectedMs: 10 * MINUTE_MS }, { expectedMs: 10 * MINUTE_MS, area: 'North' }]);

  test('three intervals, and heard again', () => {
    const { at, until, told } = run([stale], site);
    at(0, {});
    at(10, {});
    until(39);
    at(39.5, {}, 2);
    expect(told()).toEqual(['raised 2 @30', 'cleared 2 @39.5']);
    until(41);
    at(50, {});
    expect(told()).toEqual(['raised 1 @40', 'cleared 1 @50']);
  });

  test('by what is usual where nothing is expected; one that was never heard is not missed', () => {
    const { at, until, told } = run([stale], siteOf([{}, { wasHeard: false }]));
    for (const minute of [0, 5, 10, 15]) at(minute, {});
    until(29);
    expect(told()).toEqual([]);
    until(500);
    expect(told()).toEqual(['raised 1 @30']);
  });

  test('behind a gateway that is offline they make no noise, and their silence counts anew when it is back', () => {
    const { at, gateway, until, told, engine } = run([stale, offline], site);
    gateway(0, 'online');
    at(0, {});
    at(0, {}, 2, {
      rx: [
        { gw: 'aa', rssi: 0, snr: 0 },
        { gw: 'bb', rssi: 0, snr: 0 },
      ],
    });
    gateway(1, 'offline');
    until(40);
    // The other one is heard by a second gateway, which is there.
    expect(told()).toEqual(['raised aa @1', 'raised 1 @30 (parent)', 'raised 2 @30']);
    const hidden = engine.state.alarms.get(`stale:${eui(1)}`);
    expect(hidden).toMatchObject({ parent: 'aa', group: 'gateway:aa', wasAnnounced: false });
    gateway(50, 'online');
    expect(told()).toEqual(['cleared aa @50', 'cleared 1 @50 (parent)']);
    until(79);
    expect(told()).toEqual([]);
    until(81);
    expect(told()).toEqual(['raised 1 @80']);
  });

  test('behind a gateway that no alarm tells of nothing hides', () => {
    const { at, gateway, until, told, engine } = run([stale], siteOf([{ expectedMs: 10 * MINUTE_MS }]));
    gateway(0, 'online');
    at(0, {});
    gateway(1, 'offline');
    until(40);
    expect(told()).toEqual(['raised 1 @30']);
    const off = rule('off', { condition: { kind: 'gateway-offline' }, scope: { kind: 'site' } });
    engine.tell({ do: 'put-rules', rules: [off], by: 'ada' }, START_MS + 40 * MINUTE_MS);
    expect(told()).toContain('suppressed 1 @30 (parent)');
    engine.tell({ do: 'remove-rules', rules: ['off'], by: 'ada' }, START_MS + 41 * MINUTE_MS);
    expect(told()).toEqual(expect.arrayContaining([expect.stringMatching(/^unsuppressed 1/)]));
  });

  test('one that comes under a rule later is missed from then on', () => {
    const ofArea = rule('stale', {
      ...{ condition: { kind: 'stale', intervals: 3 }, scope: { kind: 'area', area: 'North' } },
    });
    const { until, told, engine } = run([ofArea], siteOf([{ expectedMs: 10 * MINUTE_MS }]));
    engine.setSite(siteOf([{ expectedMs: 10 * MINUTE_MS, area: 'North' }]), START_MS + 500 * MINUTE_MS);
    until(529);
    expect(told()).toEqual([]);
    until(530);
    expect(told()).toEqual(['raised 1 @530']);
  });
});

describe('silences', () => {
  const area = { area: 'North', by: 'user ada', reason: 'pump is changed', sinceMs: START_MS };
  const site = siteOf([{ area: 'North' }, {}]);

  test('maintenance ends by itself, and what is still active is announced', () => {
    const { engine, at, until, told } = run([rule('r', { condition: high() })], site);
    const suppression = { ...area, untilMs: START_MS + 10 * MINUTE_MS };
    engine.tell({ do: 'area', area: 'North', suppression, by: 'user ada' }, START_MS);
    at(1, { t: 11 });
    until(11);
    const records = engine.take().output.filter(({ body }) => isTransition(body) && body.isAnnounced);
    expect(records.map(({ body }) => body.event)).toEqual(['unsuppressed']);
    expect(told()).toEqual([]);
  });

  test('a device that leaves an area under maintenance is heard again', () => {
    const { engine, at, told } = run([rule('r', { condition: high() })], site);
    const suppression = { ...area, untilMs: START_MS + 100 * MINUTE_MS };
    engine.tell({ do: 'area', area: 'North', suppression, by: 'user ada' }, START_MS);
    at(1, { t: 11 });
    engine.setSite(siteOf([{ area: 'South' }, {}]), START_MS + 2 * MINUTE_MS);
    expect(told()).toEqual(['raised 1 @1 (maintenance)', 'unsuppressed 1 @1']);
  });

  test('a shelf ends by itself; nothing is announced of what is over', () => {
    const { engine, at, until, told } = run([rule('r', { condition: high() })], site);
    const shelf = { ...area, untilMs: START_MS + 10 * MINUTE_MS };
    at(1, { t: 11 });
    engine.tell({ do: 'shelve', id: `r:${eui(1)}`, shelf, by: 'user ada' }, START_MS + 2 * MINUTE_MS);
    at(3, { t: 1 });
    until(12);
    expect(told()).toEqual([
      'raised 1 @1',
      'shelved 1 @2 (shelved)',
      'cleared 1 @3 (shelved)',
      'unshelved 1 @10',
    ]);
  });

  test('what is shelved or out of service stays so when the condition of its rule is another', () => {
    const { engine, at, until, told } = run(
      [rule('r', { condition: high(), scope: { kind: 'site' } })],
      site,
    );
    const shelf = { ...area, untilMs: START_MS + 10 * MINUTE_MS };
    at(1, { t: 11 });
    engine.tell({ do: 'shelve', id: `r:${eui(1)}`, shelf, by: 'user ada' }, START_MS + 2 * MINUTE_MS);
    const service = { do: 'service', id: `r:${eui(2)}`, reason: 'no sensor', by: 'user ada' } as const;
    engine.tell(service, START_MS + 2 * MINUTE_MS);
    const other = rule('r', { condition: high({ limit: 8 }), scope: { kind: 'site' } });
    engine.tell({ do: 'put-rules', rules: [other], by: 'user ada' }, START_MS + 3 * MINUTE_MS);
    at(4, { t: 9 });
    at(5, { t: 9 }, 2);
    until(12);
    expect(told()).toEqual([
      'raised 1 @1',
      'shelved 1 @2 (shelved)',
      'out-of-service 2 @2 (out-of-service)',
      'ended 1 @3 (shelved)',
      'raised 1 @4 (shelved)',
      'raised 2 @5 (out-of-service)',
      'unshelved 1 @10',
    ]);
  });
});

describe('what must raise nothing', () => {
  test('values hours late: no alarm, and none is cleared; it is said once', () => {
    const { at, told, engine } = run([rule('r', { condition: high() })]);
    at(300, { t: 1 });
    at(100, { t: 11 });
    at(101, { t: 12 });
    expect(told()).toEqual(['past 1 @300']);
    expect(engine.state.alarms.get(`r:${eui(1)}`)?.state).toBe('normal');
    at(301, { t: 11 });
    at(102, { t: 1 });
    expect(told()).toEqual(['raised 1 @301']);
  });

  test('a queue that a broker kept for hours', () => {
    const { at, told, engine } = run([rule('r', { condition: high(), scope: { kind: 'site' } })]);
    engine.tell(
      { do: 'jump', fromMs: START_MS, toMs: START_MS + 600 * MINUTE_MS },
      START_MS + 600 * MINUTE_MS,
    );
    for (let minute = 0; minute < 600; minute += 10) at(minute, { t: minute < 530 ? 11 : 1 }, 2);
    expect(told()).toEqual(['past 2 @600']);
  });

  test('a clock that jumps, forwards or back, moves what is due with it', () => {
    const rules = [
      rule('stale', { condition: { kind: 'stale', intervals: 3 }, scope: { kind: 'site' } }),
      rule('r', { condition: high(), onDelayMs: 5 * MINUTE_MS }),
    ];
    const { at, until, told, engine } = run(rules, siteOf([{ expectedMs: 10 * MINUTE_MS }]));
    at(1, { t: 11 });
    const DAY = 1_440;
    for (const [from, to] of [
      [2, DAY + 2],
      [DAY + 3, 3],
    ] as const)
      engine.tell({ do: 'jump', fromMs: START_MS + from * MINUTE_MS, toMs: START_MS + to * MINUTE_MS }, 0);
    until(5);
    expect(told()).toEqual([]);
    until(6);
    expect(told()).toEqual(['raised 1 @6']);
  });

  test('alarms of a clock that was ahead are not those of the last minutes until that time comes again', () => {
    const { at, told, engine } = run([rule('r', { condition: high() })]);
    const YEAR = 365 * 1_440;
    at(YEAR, { t: 11 });
    expect(told()).toEqual([`raised 1 @${YEAR}`]);
    const [fromMs, toMs] = [START_MS + (YEAR + 5) * MINUTE_MS, START_MS + 5 * MINUTE_MS];
    engine.tell({ do: 'jump', fromMs, toMs }, toMs);
    expect(engine.state.alarms.get(`r:${eui(1)}`)?.times).toEqual([START_MS]);
    expect(engine.take().dirty.alarms).toContain(`r:${eui(1)}`);
  });

  test('a doubtful clock: no time passes by it', () => {
    const { at, told, engine } = run(
      [rule('stale', { condition: { kind: 'stale', intervals: 3 } })],
      siteOf([{ expectedMs: MINUTE_MS }]),
    );
    at(1, {});
    const clock = { boot: '0'.repeat(16), monoMs: 1, source: 'wall' } as const;
    at(900_000, {}, 1, { clock });
    expect(engine.state.nowMs).toBe(START_MS + MINUTE_MS);
    expect(told()).toEqual([]);
  });

  test('a rule on a device that is gone is told of, and its alarm ends', () => {
    const { at, told, engine } = run([rule('r', { condition: high() })]);
    at(1, { t: 11 });
    engine.setSite(siteOf([]), START_MS);
    at(2, { t: 12 });
    expect(told()).toEqual(['raised 1 @1', 'ended 1 @1']);
    expect(engine.subjects().problems.get('r')).toMatchObject([{ code: 'device-gone' }]);
    engine.setSite(siteOf([{}]), START_MS);
    expect(engine.subjects().problems.size).toBe(0);
  });
});

test('the first of an area is marked, and messages have values in them', () => {
  const site = siteOf([
    { area: 'North', fields: { t: { name: 'Oil', unit: '°C', digits: 1 } } },
    { area: 'North' },
    {},
  ]);
  const { at, engine } = run([rule('r', { condition: high(), scope: { kind: 'site' } })], site);
  for (const device of [1, 2, 3]) at(device, { t: 11 }, device);
  const found = engine.take().output.flatMap(({ body }) => (isTransition(body) ? [body] : []));
  expect(found.map(({ isFirstUp, group }) => [isFirstUp, group])).toEqual([
    [true, 'area:North'],
    [undefined, 'area:North'],
    [true, 'rule:r'],
  ]);
  expect(found[0]).toMatchObject({ message: 'D1: Oil is 11.0 °C, above 10.0 °C', unit: '°C', bySeq: 1 });
});

test('facts of the box and of joins are written down when they change an alarm, and then only', () => {
  const rules = [
    rule('disk', { condition: { kind: 'box', fact: 'disk', limit: 100 }, scope: { kind: 'site' } }),
    rule('join', { condition: { kind: 'join-refused', times: 3 } }),
  ];
  const { engine } = run(rules);
  const observe = (fact: 'disk' | 'join-refused', subject: string, value: number) =>
    engine.tell({ do: 'observe', fact, subject, value }, START_MS);
  for (const free of [500, 400, 99, 98, 300]) observe('disk', 'site', free);
  for (const times of [1, 2, 3, 9, 0]) observe('join-refused', eui(1), times);
  expect(engine.take().output.map(({ body }) => body.event)).toEqual([
    ...['observed', 'raised', 'observed', 'cleared'],
    ...['observed', 'raised', 'observed', 'cleared'],
  ]);
});
