/** What the site makes of the watermarks at the centre. */
import { expect, test } from 'vitest';
import { judge, type WatermarkFacts } from '../../../src/sync/site/collected.ts';

const FACTS: WatermarkFacts = {
  marks: [{ epoch: 2, seq: 40 }],
  epoch: 2,
  lastSeq: 100,
  sent: 80,
  stored: 30,
};

const upTo = (changes: Partial<WatermarkFacts>) => judge({ ...FACTS, ...changes });

test('the smallest of all watermarks counts, forwards and backwards', () => {
  expect(judge(FACTS)).toEqual({ upTo: 40 });
  const marks = [
    { epoch: 2, seq: 70 },
    { epoch: 2, seq: 9 },
  ];
  expect(upTo({ marks })).toEqual({ upTo: 9 });
});

test('nothing counts that was not sent', () => {
  expect(upTo({ marks: [{ epoch: 2, seq: 95 }] })).toEqual({ upTo: 80 });
});

test.each([
  ['nobody collects', []],
  ['a group says nothing', [{ epoch: 2, seq: 70 }, undefined]],
  ['an earlier epoch', [{ epoch: 1, seq: 70 }]],
  ['a later epoch', [{ epoch: 3, seq: 35 }]],
  ['ahead of the log', [{ epoch: 2, seq: 101 }]],
])('%s: nothing moves, and it is told', (_, marks) => {
  expect(upTo({ marks })).toEqual({ upTo: 30, why: expect.any(String) });
});

test('what was sent and then lost there is not stored, whatever was known', () => {
  expect(upTo({ marks: [], sent: 10 })).toMatchObject({ upTo: 10 });
});
