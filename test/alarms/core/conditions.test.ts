/** Each kind of condition, by readings: when it holds, and when it is over. */
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../../src/alarms/core/engine.ts';
import type { AlarmCondition } from '../../../src/model/alarm.ts';
import type { Fields, UplinkBody } from '../../../src/model/record.ts';
import { runEngine as run } from '../../support/alarm-engine.ts';
import { eui, MINUTE_MS, rule, START_MS, siteOf } from '../../support/alarm-site.ts';

const high = (more = {}): AlarmCondition => ({ kind: 'limit', field: 't', side: 'high', limit: 10, ...more });

describe('conditions', () => {
  const cases: readonly (readonly [
    string,
    AlarmCondition,
    readonly (readonly [number, Fields, Partial<UplinkBody>?])[],
    readonly string[],
  ])[] = [
    [
      'limit with a deadband',
      high({ deadband: 2 }),
      [
        [1, { t: 11 }],
        [2, { t: 9 }],
        [3, { t: 11 }],
        [4, { t: 8 }],
      ],
      ['raised 1 @1', 'cleared 1 @4'],
    ],
    [
      'a low limit',
      { kind: 'limit', field: 't', side: 'low-low', limit: 0 },
      [
        [1, { t: 0 }],
        [2, { t: -1 }],
        [3, { t: 0 }],
      ],
      ['raised 1 @2', 'cleared 1 @3'],
    ],
    [
      'a field that is missing, or a text, says nothing',
      high(),
      [
        [1, { t: 11 }],
        [2, { u: 1 }],
        [3, { t: 'x' }],
        [4, { t: 1 }],
      ],
      ['raised 1 @1', 'cleared 1 @4'],
    ],
    [
      'deviation from a field',
      { kind: 'deviation', field: 't', setPoint: 's', by: 2 },
      [
        [1, { t: 5, s: 5 }],
        [2, { t: 5, s: 8 }],
        [3, { t: 7, s: 8 }],
      ],
      ['raised 1 @2', 'cleared 1 @3'],
    ],
    [
      'rate of change',
      { kind: 'rate', field: 't', perMinute: 1, direction: 'rise', windowMs: 4 * MINUTE_MS },
      [
        [1, { t: 0 }],
        [2, { t: 9 }],
        [3, { t: 9 }],
        [8, { t: 9 }],
        [12, { t: 9 }],
      ],
      ['raised 1 @3', 'cleared 1 @8'],
    ],
    [
      'state, whatever the codec calls true',
      { kind: 'state', field: 'open', equals: true },
      [
        [1, { open: 0 }],
        [2, { open: 1 }],
        [3, { open: false }],
      ],
      ['raised 1 @2', 'cleared 1 @3'],
    ],
    [
      'a value that does not move',
      { kind: 'frozen', field: 't', forMs: 3 * MINUTE_MS, tolerance: 1 },
      [
        [1, { t: 5 }],
        [2, { t: 6 }],
        [4, { t: 5.5 }],
        [5, { t: 7 }],
      ],
      ['raised 1 @4', 'cleared 1 @5'],
    ],
    [
      'frames that are lost',
      { kind: 'counter-jump', by: 2 },
      [
        [1, {}, { fCnt: 5 }],
        [2, {}, { fCnt: 8 }],
        [3, {}, { fCnt: 12 }],
        [4, {}, { fCnt: 13 }],
        [5, {}, { fCnt: 0 }],
      ],
      ['raised 1 @3', 'cleared 1 @4'],
    ],
    [
      'a meter that runs back',
      { kind: 'counter-jump', field: 'm', by: 100 },
      [
        [1, { m: 50 }],
        [2, { m: 150 }],
        [3, { m: 149 }],
        [4, { m: 150 }],
      ],
      ['raised 1 @3', 'cleared 1 @4'],
    ],
    [
      'margin, by the best gateway',
      { kind: 'low-margin', marginDb: 3, readings: 2 },
      [
        [1, {}, { rx: [{ gw: 'aa', rssi: -1, snr: -6 }] }],
        [2, {}, { rx: [{ gw: 'aa', rssi: -1, snr: -7 }] }],
        [3, {}, { rx: [{ gw: 'aa', rssi: -1, snr: 5 }] }],
      ],
      ['raised 1 @2', 'cleared 1 @3'],
    ],
    [
      'battery by its usual names',
      { kind: 'low-battery', percent: 15 },
      [
        [1, { battery: 14 }],
        [2, { battery: 16 }],
        [3, { battery: 17 }],
      ],
      ['raised 1 @1', 'cleared 1 @3'],
    ],
    [
      'an expression with a window',
      { kind: 'expression', expression: 'avg(t, 2m) > 5 and last(t) > 1' },
      [
        [1, { t: 4 }],
        [2, { t: 8 }],
        [9, { t: 2 }],
      ],
      ['raised 1 @2', 'cleared 1 @9'],
    ],
  ];
  test.each(cases)('%s', (_, condition, readings, expected) => {
    const { at, told } = run([rule('r', { condition })]);
    for (const [minute, fields, more] of readings) at(minute, fields, 1, more);
    expect(told()).toEqual(expected);
  });

  test('an expression over two devices is asked when either is heard', () => {
    const condition: AlarmCondition = {
      ...{ kind: 'expression', expression: 'level > 2 and pump.on = false', devices: { pump: eui(2) } },
    };
    const { at, told } = run([rule('r', { condition })]);
    at(1, { level: 3 });
    at(2, { on: false }, 2);
    at(3, { on: true }, 2);
    expect(told()).toEqual(['raised 1 @2', 'cleared 1 @3']);
  });

  test('a window slides by time alone: what has left it counts no more, though nobody is heard', () => {
    const condition: AlarmCondition = { kind: 'expression', expression: 'max(flow, 10m) > 5' };
    const { engine, at, until, told } = run([rule('r', { condition })]);
    at(0, { flow: 9 });
    at(5, { flow: 1 });
    until(10);
    expect(told()).toEqual(['raised 1 @0']);
    until(10.1);
    expect(told()).toEqual([expect.stringMatching(/^cleared 1 @10\.0/)]);
    // It has run empty: nothing is known, so nothing changes, and nothing is due.
    until(20);
    expect(told()).toEqual([]);
    expect(engine.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('a window of another device slides too, and after a start', () => {
    const expression = 'level > 2 and max(pump.flow, 10m) < 5';
    const condition: AlarmCondition = { kind: 'expression', expression, devices: { pump: eui(2) } };
    const { engine, at, told } = run([rule('r', { condition })]);
    at(0, { flow: 9 }, 2);
    at(1, { flow: 1 }, 2);
    at(2, { level: 3 });
    expect(told()).toEqual([]);
    const again = createEngine(engine.state, siteOf([{}, {}]));
    again.advance(START_MS + 11 * MINUTE_MS);
    expect(again.take().output.map(({ body }) => body.event)).toEqual(['raised']);
  });

  test('what no rule asked for meanwhile is no memory: a value of before is not one that stayed', () => {
    const frozen = rule('r', { condition: { kind: 'frozen', field: 't', forMs: 10 * MINUTE_MS } });
    const other = rule('o', { condition: { kind: 'limit', field: 't', side: 'high', limit: 100 } });
    const { engine, at, told } = run([frozen, other]);
    at(0, { t: 5 });
    engine.tell({ do: 'put-rules', rules: [{ ...frozen, enabled: false }], by: 'ada' }, START_MS);
    at(8, { t: 6 });
    engine.tell({ do: 'put-rules', rules: [frozen], by: 'ada' }, START_MS);
    at(11, { t: 5 });
    expect(told()).toEqual([]);
    at(21, { t: 5 });
    expect(told()).toEqual(['raised 1 @21']);
    engine.tell({ do: 'remove-rules', rules: ['r'], by: 'ada' }, START_MS);
    expect(engine.state.devices.get(eui(1))).toMatchObject({ still: {}, last: {}, windows: {} });
  });

  test.each(['constructor', 'toString', '__proto__'])('a field called %s is one like others', (field) => {
    const conditions: readonly AlarmCondition[] = [
      { kind: 'rate', field, perMinute: 1, direction: 'either', windowMs: MINUTE_MS },
      { kind: 'frozen', field, forMs: MINUTE_MS },
      { kind: 'expression', expression: `avg(${field}, 5m) > 1 or ${field} = 1` },
      { kind: 'counter-jump', field, by: 1 },
      { kind: 'limit', field, side: 'high', limit: 1 },
    ];
    const { engine, at, told } = run(conditions.map((condition, n) => rule(`r${n}`, { condition })));
    for (const minute of [1, 2, 3]) at(minute, { t: minute });
    expect(engine.takeFaults()).toEqual([]);
    expect(told()).toEqual([]);
    if (field === '__proto__') return;
    for (const minute of [4, 5]) at(minute, { [field]: 2 + 5 * minute });
    expect(engine.takeFaults()).toEqual([]);
    expect(told().map((text) => text.split(':')[0])).toContain('raised 1 @4');
  });

  const unsayable = { name: 'T', digits: 1_000 };

  test('a rule that cannot be asked is told of, and holds up no other', () => {
    const site = siteOf([{ fields: { u: unsayable } }]);
    const broken = rule('broken', { condition: high({ field: 'u' }) });
    const whole = rule('whole', { condition: high() });
    const { engine, at, told } = run([broken, whole], site);
    at(1, { u: 11, t: 11 });
    at(2, { u: 12, t: 12 });
    expect(told()).toEqual(['raised 1 @1']);
    expect(engine.takeFaults()).toEqual([
      { seq: 1, rule: 'broken', error: expect.stringContaining('digits') },
    ]);
    expect(engine.subjects().problems.get('broken')).toMatchObject([{ code: 'failed' }]);
    expect(engine.subjects().problems.has('whole')).toBe(false);
  });

  test('nor does one whose delay is over', () => {
    const site = siteOf([{ fields: { u: unsayable } }]);
    const broken = rule('broken', { condition: high({ field: 'u' }), onDelayMs: MINUTE_MS });
    const { engine, at, until, told } = run([broken, { ...broken, id: 'whole', condition: high() }], site);
    at(1, { u: 11, t: 11 });
    until(5);
    expect(told()).toEqual(['raised 1 @2']);
    expect(engine.takeFaults()).toMatchObject([{ rule: 'broken' }]);
  });

  test('a record that cannot be looked at is passed over', () => {
    const { engine, at, told } = run([rule('r', { condition: high() })]);
    // As a version that is yet to be made may write it.
    engine.step({ seq: 1, kind: 'uplink', timeMs: START_MS, device: eui(1), body: '{}' });
    at(2, { t: 11 });
    expect(told()).toEqual(['raised 1 @2']);
    expect(engine.takeFaults()).toMatchObject([{ seq: 1 }]);
  });
});
