/** What an alarm says of each condition: in English as it always did, and by a key with values in every language of the pages. */
import { afterEach, expect, test } from 'vitest';
import { type Found, MAX_MESSAGE, messageOf } from '../../../src/alarms/core/message.ts';
import { planOf } from '../../../src/alarms/core/plan.ts';
import type { AlarmCondition } from '../../../src/model/alarm.ts';
import { isSaid, isSaidKey } from '../../../src/model/said.ts';
import { fillIn, speak } from '../../../src/ui/web/texts.ts';
import { LANGUAGES } from '../../../src/ui/web/words/languages.ts';
import type { Text } from '../../../src/ui/web/words/words.ts';
import { eui, rule } from '../../support/alarm-site.ts';
import { ENGLISH } from '../../support/german.ts';

const german: Readonly<Record<string, Text>> = (await LANGUAGES.de.box?.()) ?? {};
const field = 't';
const OIL = { name: 'Öl', unit: '°C', digits: 1 };
const DOOR = { name: 'Tor', states: { '1': 'offen', true: 'auf' } };
const HOUR_MS = 3_600_000;

afterEach(() => speak('en', {}));

function say(condition: AlarmCondition, found: Partial<Found>, shown?: typeof OIL | typeof DOOR) {
  const plan = planOf(rule('r', { condition, message: undefined }));
  if (!plan) throw new Error('its expression cannot be read');
  const device = { devEui: eui(1), name: 'Tank', ...(shown ? { fields: { [field]: shown } } : {}) };
  return messageOf(plan, { subjectName: 'Tank', device, ...found });
}

function inGerman(said: ReturnType<typeof say>['said']): string {
  speak('de', {});
  return (said ?? []).map(({ key, values }) => fillIn(german[key] ?? key, values)).join('; ');
}

const limit = { kind: 'limit', field, side: 'high', limit: 10 } as const;
const state = { kind: 'state', field, equals: 1 } as const;
const stale = { kind: 'stale', intervals: 3 } as const;

interface Case {
  readonly condition: AlarmCondition;
  readonly found?: Partial<Found>;
  readonly shown?: typeof OIL | typeof DOOR;
  readonly english: string;
  readonly words: string;
}

const CASES: readonly Case[] = [
  {
    ...{ condition: limit, found: { value: 1_234.5, limit: 10 }, shown: OIL },
    english: 'Tank: Öl is 1234.5 °C, above 10.0 °C',
    words: 'Tank: Öl ist 1.234,5 °C, über 10 °C',
  },
  {
    ...{ condition: { ...limit, side: 'low-low' }, found: { value: 1.23456, limit: 10 } },
    english: 'Tank: t is 1.235, below 10',
    words: 'Tank: t ist 1,235, unter 10',
  },
  {
    condition: { kind: 'deviation', field, setPoint: 20, by: 2 },
    ...{ found: { value: 23, limit: 20 }, shown: OIL },
    english: 'Tank: Öl is 23.0 °C, it should be 20.0 °C',
    words: 'Tank: Öl ist 23 °C, soll 20 °C sein',
  },
  {
    condition: { kind: 'rate', field, perMinute: 1, direction: 'rise', windowMs: 60_000 },
    ...{ found: { value: 2.5 }, shown: OIL },
    english: 'Tank: Öl changes by 2.5 °C a minute',
    words: 'Tank: Öl ändert sich um 2,5 °C je Minute',
  },
  {
    ...{ condition: state, found: { value: 1 }, shown: DOOR },
    english: 'Tank: Tor is offen',
    words: 'Tank: Tor ist offen',
  },
  { condition: state, found: { value: 1 }, english: 'Tank: t is 1', words: 'Tank: t ist 1' },
  { condition: state, found: { value: true }, english: 'Tank: t is true', words: 'Tank: t ist wahr' },
  { condition: state, found: { value: false }, english: 'Tank: t is false', words: 'Tank: t ist falsch' },
  {
    ...{ condition: state, found: { value: true }, shown: DOOR },
    english: 'Tank: Tor is auf',
    words: 'Tank: Tor ist auf',
  },
  {
    ...{ condition: stale, found: { durationMs: 47 * HOUR_MS } },
    english: 'Tank has not been heard for 47 h',
    words: 'Tank wurde seit 47 h nicht gehört',
  },
  {
    ...{ condition: stale, found: { durationMs: 60 * HOUR_MS } },
    english: 'Tank has not been heard for 3 days',
    words: 'Tank wurde seit 3 Tagen nicht gehört',
  },
  {
    ...{ condition: { kind: 'frozen', field, forMs: HOUR_MS }, found: { value: 4 }, shown: OIL },
    english: 'Tank: Öl has stayed at 4.0 °C',
    words: 'Tank: Öl steht bei 4 °C still',
  },
  {
    ...{ condition: { kind: 'counter-jump', field, by: 9 }, found: { value: 40 } },
    english: 'Tank: t jumped to 40',
    words: 'Tank: t sprang auf 40',
  },
  {
    ...{ condition: { kind: 'counter-jump', by: 9 }, found: { value: 40 } },
    english: 'Tank: frame counter jumped to 40',
    words: 'Tank: der Frame-Zähler sprang auf 40',
  },
  {
    ...{ condition: { kind: 'low-margin', marginDb: 3, readings: 5 }, found: { value: 1.5 } },
    english: 'Tank is heard badly: 1.5 dB to spare',
    words: 'Tank ist schlecht zu hören: 1,5 dB Reserve',
  },
  {
    ...{ condition: { kind: 'low-battery', percent: 20 }, found: { value: 12 } },
    english: 'Tank: battery at 12 %',
    words: 'Tank: Batterie bei 12 %',
  },
  {
    ...{ condition: { kind: 'join-refused', times: 3 }, found: { value: 3 } },
    english: 'Tank was refused 3 times when it tried to join',
    words: 'Tank wurde beim Join 3-mal abgelehnt',
  },
  {
    condition: { kind: 'gateway-offline' },
    english: 'Gateway Tank is offline',
    words: 'Gateway Tank ist offline',
  },
];

test.each(CASES)('$english', ({ condition, found = {}, shown, english, words }) => {
  const { message, said } = say(condition, found, shown);
  expect(message).toBe(english);
  expect(isSaid(said) && said.every(({ key }) => isSaidKey(key))).toBe(true);
  expect(inGerman(said)).toBe(words);
  expect(inGerman(said)).not.toMatch(ENGLISH);
});

test('what is told by names alone, or in the words of a person, is the same in every language', () => {
  expect(say({ kind: 'box', fact: 'disk' }, {})).toEqual({ message: 'r', said: undefined });
  expect(say({ kind: 'expression', expression: 't > 3' }, {})).toEqual({
    message: 'r: Tank',
    said: undefined,
  });
  const own = planOf(rule('r', { condition: limit, message: '{device} has {value} {unit}, {side} {limit}' }));
  if (!own) throw new Error('it cannot be read');
  const device = { devEui: eui(1), name: 'Tank', fields: { t: OIL } };
  expect(messageOf(own, { subjectName: 'Tank', device, value: 11, limit: 10 })).toEqual({
    message: 'Tank has 11.0 °C, above 10.0',
    said: undefined,
  });
});

test('names as long as they come, and made of places, neither grow a message nor are filled in', () => {
  const long = { ...OIL, name: '{value}'.repeat(100), unit: '\u202e\n°C' };
  const { message, said } = say(limit, { value: 11, limit: 10, subjectName: 'x'.repeat(5_000) }, long);
  expect(message.length).toBeLessThanOrEqual(MAX_MESSAGE);
  expect(inGerman(said).length).toBeLessThanOrEqual(MAX_MESSAGE);
  expect(inGerman(said)).toContain(' ist 11 °C, über 10 °C');
  expect(said?.[0]?.values).toMatchObject({ field: expect.stringMatching(/^\{value\}/) });
});
