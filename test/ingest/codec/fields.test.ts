/** Whatever a decoder returns becomes a bounded number of plain fields, and says what it lost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  flattenFields as flatten,
  MAX_FIELDS,
  MAX_NAME_CHARS,
  MAX_STRING_BYTES,
} from '../../../src/ingest/codec/fields.ts';
import { leftInEnglish } from '../../support/german.ts';

/** What was left out in words. */
function flattenFields(decoded: Readonly<Record<string, unknown>>) {
  const { fields, dropped } = flatten(decoded);
  return { fields, dropped: dropped.map(({ detail }) => detail) };
}

describe('flattenFields', () => {
  test('joins nested names and numbers lists', () => {
    const decoded = {
      temperature: 21.5,
      door: { open: true, count: 3 },
      rain: [0.2, { last: 'heavy' }],
      at: new Date(0),
      big: 12n,
    };
    expect(flattenFields(decoded)).toEqual({
      fields: {
        temperature: 21.5,
        door_open: true,
        door_count: 3,
        rain_0: 0.2,
        rain_1_last: 'heavy',
        at: '1970-01-01T00:00:00.000Z',
        big: 12,
      },
      dropped: [],
    });
  });

  test('leaves out what is no reading, with the reason', () => {
    const decoded = { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: null, d: () => 1, e: undefined, f: 1 };
    expect(flattenFields(decoded)).toEqual({
      fields: { f: 1 },
      dropped: [
        'a: NaN is no reading',
        'b: Infinity is no reading',
        'd: function is no reading',
        'e: undefined is no reading',
      ],
    });
  });

  test('keeps the first of two values that end up under one name', () => {
    expect(flattenFields({ a_b: 1, a: { b: 2 } })).toEqual({
      fields: { a_b: 1 },
      dropped: ['a_b: another value has this name'],
    });
  });

  test('bounds names and texts exactly', () => {
    const name = 'n'.repeat(MAX_NAME_CHARS);
    const text = 'é'.repeat(MAX_STRING_BYTES / 2);
    expect(flattenFields({ [name]: text }).fields).toEqual({ [name]: text });
    expect(flattenFields({ [`${name}n`]: 1, a: `${text}x`, '': 1 })).toEqual({
      fields: {},
      dropped: [
        `${name}: the name is over 128 characters`,
        'a: the text is over 4096 bytes',
        '"": a field needs a name',
      ],
    });
  });

  test('keeps 256 of 5 000 fields and says how many it gave up', () => {
    const decoded = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, i]));
    const { fields, dropped } = flattenFields(decoded);
    expect(Object.keys(fields)).toHaveLength(MAX_FIELDS);
    expect(dropped).toHaveLength(17);
    expect(dropped.at(-1)).toMatch(/^\d+ more left out$/);
  });

  test('each reason has words on a German page', async () => {
    const deep = Array.from({ length: 20 }).reduce<object>((inner) => ({ a: inner }), { b: 1 });
    const many = Object.fromEntries(Array.from({ length: MAX_FIELDS }, (_, i) => [`f${i}`, i]));
    const reasons = [
      { a: Number.NaN, b: () => 1, c: 'x'.repeat(MAX_STRING_BYTES + 1), '': 1, ['n'.repeat(200)]: 1, deep },
      { a_b: 1, a: { b: 2 } },
      { ...many, last: 1 },
      { ...Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, null])) },
      { a: Array.from({ length: 5_000 }, () => null) },
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, undefined])),
      {
        get b() {
          throw new Error('no');
        },
      },
    ].flatMap((decoded) => flatten(decoded).dropped);
    expect(new Set(reasons.flatMap(({ said }) => said.map(({ key }) => key))).size).toBe(11);
    expect(await leftInEnglish(reasons)).toEqual([]);
  });

  test('survives an object within itself, one that throws, and a hostile name', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle.self = circle;
    expect(flattenFields(circle).fields.a).toBe(1);
    const throwing = {
      a: 1,
      get b() {
        throw new Error('no');
      },
    };
    expect(flattenFields(throwing)).toEqual({
      fields: { a: 1 },
      dropped: ['the object: reading it failed'],
    });
    const { fields } = flattenFields(JSON.parse('{"__proto__":{"x":1},"constructor":2}'));
    expect(Object.entries(fields)).toEqual([
      ['__proto___x', 1],
      ['constructor', 2],
    ]);
    expect(Object.entries(flattenFields(JSON.parse('{"__proto__":5}')).fields)).toEqual([['__proto__', 5]]);
  });

  test('gives bounded, finite, plain fields for anything at all', () => {
    fc.assert(
      fc.property(fc.object({ withBigInt: true, withDate: true, withNullPrototype: true }), (decoded) => {
        for (const [name, value] of Object.entries(flattenFields(decoded).fields)) {
          expect(name.length).toBeLessThanOrEqual(MAX_NAME_CHARS);
          expect(value).toSatisfy((v) => ['string', 'boolean'].includes(typeof v) || Number.isFinite(v));
        }
      }),
    );
  });
});
