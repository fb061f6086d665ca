/** What columns of a file are told to mean, and the first rows of it, without a key. */
import { expect, test } from 'vitest';
import { chosen, type Found, isSecret, samplesOf } from '../../../src/ui/web/importing/mapping.ts';

const FOUND: Found = {
  ...{ line: 2, separator: ';' },
  headings: [{ heading: 'A', column: 'devEui' }, { heading: 'B' }],
};

test('a meaning belongs to one column: the other that had it is left out', () => {
  expect(chosen(FOUND, {}, 'B', 'devEui')).toEqual({ A: '', B: 'devEui' });
  expect(chosen(FOUND, { B: 'name' }, 'B', '')).toEqual({ B: '' });
});

test('the first rows below the headings, with quotes; none of JSON', () => {
  const text = 'title\r\nA;B\r\n\r\n1;"x; y"\r\n2;z\r\n3;w\r\n4;v\r\n';
  expect(samplesOf(FOUND, text, 3)).toEqual([
    ['1', 'x; y'],
    ['2', 'z'],
    ['3', 'w'],
  ]);
  expect(samplesOf({ ...FOUND, line: 0 }, '[]', 3)).toEqual([]);
});

test('a key is not shown, whatever its column is taken for', () => {
  expect(isSecret('appKey', 'anything')).toBe(true);
  expect(isSecret(undefined, '00112233445566778899AABBCCDDEEFF')).toBe(true);
  expect(isSecret('name', '00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF')).toBe(true);
  expect(isSecret('devEui', '0011223344556677')).toBe(false);
});
