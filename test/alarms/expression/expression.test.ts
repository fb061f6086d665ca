/** The language of expressions: what it says, what it refuses and with which words, and that nothing a stranger writes breaks it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkExpression } from '../../../src/alarms/expression/check.ts';
import { evaluate, type Value, type Values } from '../../../src/alarms/expression/evaluate.ts';
import { fieldsOf, MAX_DEPTH, type Node, parseExpression } from '../../../src/alarms/expression/parse.ts';

function tree(text: string): Node {
  const node = parseExpression(text);
  if ('message' in node) throw new Error(`${text}: ${node.message} at ${node.at}`);
  return node;
}

function fault(text: string): string {
  const node = parseExpression(text);
  return 'message' in node ? `${node.at}: ${node.message}` : 'none';
}

const values = (table: Readonly<Record<string, Value>>): Values => ({
  last: ({ device, field }) => table[device === '' ? field : `${device}.${field}`],
  over: (name, { field }, windowMs) =>
    name === 'avg' && windowMs === 600_000 ? Number(table[field]) : undefined,
});

describe('what it says', () => {
  const table = { t: 20, u: 3, open: true, mode: 'auto', 'tank.level': 7, 'soil temp': 4 };
  test.each<[string, Value | undefined]>([
    ['1 + 2 * 3 = 7', true],
    ['(1 + 2) * 3 = 7', false],
    ['10 - 2 - 3 = 5', true],
    ['t > 19 and u < 4', true],
    ['t > 19 and not u < 4', false],
    ['not t > 19 or u = 3', true],
    ['t < 19 or open', true],
    ["mode = 'auto' and open = true", true],
    ['tank.level - u >= 4', true],
    ['last(tank.level) > 7', false],
    ['`soil temp` < 5', true],
    ['avg(t, 10m) > 19.5', true],
    ['abs(u - t) = 17', true],
    ['-u < -2', true],
    // What is not there makes it unknown, unless the rest decides.
    ['missing > 3', undefined],
    ['missing > 3 or t = 20', true],
    ['missing > 3 and t = 21', false],
    ['missing > 3 and t = 20', undefined],
    ['t / 0 > 1', undefined],
    ['mode > 3', undefined],
    ['mode = 3', undefined],
  ])('%s is %s', (text, expected) => {
    expect(evaluate(tree(text), values(table))).toBe(expected);
  });
});

describe('what it refuses', () => {
  test.each([
    ['', '0: something is missing at the end'],
    ['t >', '3: something is missing at the end'],
    ['t > 3 4', "6: '4' cannot stand here"],
    ['1 < t < 3', '6: compare two values, and join comparisons by and'],
    ['avg(t) > 1', "5: here stands ','"],
    ['avg(t, 5) > 1', '7: here stands for how long, such as 10m'],
    ['avg(t, 2d) > 1', '7: a window has 1s to 1d'],
    ['avg(t, 5constructor) > 1', "7: '5' cannot stand here"],
    ['10m > 1', '0: a duration stands in avg, min, max or delta only'],
    ['fetch(t) > 1', '0: there is no fetch: last, avg, min, max, delta and abs are what can be asked'],
    ['t; 3', "1: ';' cannot stand here"],
    ['t > 3x', "4: '3' cannot stand here"],
    ['(t > 3', '6: something is missing at the end'],
    ['constructor.constructor(1)', "23: '(' cannot stand here"],
    [`${'('.repeat(MAX_DEPTH + 1)}1`, `${MAX_DEPTH}: it is more than ${MAX_DEPTH} deep`],
    [`${'not '.repeat(40)}t`, '128: it is more than 32 deep'],
    ['t '.repeat(501), '1000: an expression has 1000 characters at most'],
    ['1+'.repeat(150), '200: it has more than 200 parts'],
  ])('%s', (text, expected) => {
    expect(fault(text)).toBe(expected);
  });
});

describe('before it is asked of any reading', () => {
  const units: Readonly<Record<string, string | undefined>> = { t: '°C', u: '°C', p: 'bar', n: undefined };
  const check = (text: string) =>
    checkExpression(tree(text), ({ device, field }) => {
      if (device === 'none') return 'unknown-device';
      if (device === 'new') return undefined;
      if (Object.hasOwn(units, field)) return { known: true, unit: units[field] };
      return { known: false, others: Object.keys(units) };
    }).map(({ message }) => message);

  test.each([
    ['t > u', []],
    ['t > 20 and p * 2 < 3', []],
    ['t - u > 3 and n > p', []],
    ['new.whatever > 3', []],
    ['t > p', ['°C and bar do not fit together']],
    ['avg(t, 1h) - p > 0', ['°C and bar do not fit together']],
    ['x > 3', [expect.stringMatching(/^there is no field x/)]],
    ['none.t > 3', ['no device is called none here: name it under devices']],
    ['t + u', ['it must be true or false: compare something']],
    ["t > 'warm'", ['> is for numbers']],
    ["1 = 'one'", ['a number cannot be compared with a text']],
    ['(t > 1) + 2 = 3', ['+ is for numbers']],
    ['1 and t > 2', ['and joins what is true or false']],
    ['not 3', ['not is asked of true or false']],
  ])('%s', (text, expected) => {
    expect(check(text)).toEqual(expected);
  });
});

/** Trees as text, with all brackets; and their value by JavaScript. */
const numbers = fc.letrec<{ node: [string, number] }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.integer({ min: 0, max: 99 }).map((n): [string, number] => [String(n), n]),
    fc
      .tuple(tie('node'), fc.constantFrom('+', '-', '*'), tie('node'))
      .map(([[a, left], sign, [b, right]]): [string, number] => [
        `(${a} ${sign} ${b})`,
        sign === '+' ? left + right : sign === '-' ? left - right : left * right,
      ]),
  ),
})).node;

test('arithmetic is that of JavaScript', () => {
  fc.assert(
    fc.property(numbers, ([text, value]) => {
      const node = parseExpression(`${text} = ${value < 0 ? `-${-value}` : value}`);
      if ('message' in node) return /deep|parts|characters|cannot stand/.test(node.message);
      return evaluate(node, values({})) === true;
    }),
  );
});

test('whatever is written is a tree that can be walked, or a fault within the text; never a throw, never long', () => {
  const words = [
    't',
    'avg',
    '(',
    ')',
    ',',
    '10m',
    'and',
    'or',
    'not',
    '<',
    '=',
    "'x'",
    '1',
    '.',
    '-',
    '`',
    '"',
    '\ud800',
    '😀',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 1_200 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(fc.constantFrom(...words), { maxLength: 300 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(text, (given) => {
      const node = parseExpression(given);
      if ('message' in node) return node.at >= 0 && node.at <= given.length && node.message.length < 200;
      evaluate(node, values({ t: 1 }));
      checkExpression(node, () => undefined);
      return fieldsOf(node).length <= 200;
    }),
    { numRuns: 2_000 },
  );
});
