/** An example of a downlink taken apart into what people fill in, and put together again. */
import { expect, test } from 'vitest';
import { draftsOf, objectOf, parseObject } from '../../../src/ui/web/send/object-values.ts';

test('what was taken apart is the same again, whatever its values and names are', () => {
  const object = {
    valve: 'open',
    minutes: 2.5,
    now: false,
    list: [1, { a: null }],
    none: null,
    wrong: 'x',
    text: '',
  };
  expect(objectOf(draftsOf(object))).toEqual({ object });
});

test.each([
  ['number', 'two'],
  ['number', ' '],
  ['number', 'Infinity'],
  ['json', '{'],
] as const)('a %s that is %j is named', (kind, text) => {
  expect(
    objectOf([
      { key: 'a', kind: 'text', text: 'x' },
      { key: 'b', kind, text },
    ]),
  ).toEqual({ wrong: 'b' });
});

test('typed JSON is an object or nothing', () => {
  expect(parseObject('{"a": 1}')).toEqual({ a: 1 });
  for (const text of ['', '[]', 'null', '1', '{a: 1}']) expect(parseObject(text)).toBeUndefined();
});
