/** Ids of traces, which of them are taken, and what a stranger's traceparent is worth. */
import { expect, test } from 'vitest';
import { isSampled, readTraceparent, spanIdOf, traceIdOf, traceparentOf } from '../../src/model/trace.ts';

const ids = Array.from({ length: 20_000 }, (_, seq) => traceIdOf('hut', 1, seq + 1));

test('a record has one trace, another one another', () => {
  expect(traceIdOf('hut', 1, 7)).toBe(ids[6]);
  expect(new Set([...ids, traceIdOf('hut', 2, 7), traceIdOf('hu', 1, 7)]).size).toBe(ids.length + 2);
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(spanIdOf('a', 'frame')).not.toBe(spanIdOf('a', 'frame.gather'));
});

test('one of so many is taken, and who takes fewer takes them of these', () => {
  const taken = (oneIn: number) => ids.filter((id) => isSampled(id, oneIn));
  expect(taken(1)).toEqual(ids);
  expect(Math.abs(taken(100).length - 200)).toBeLessThan(60);
  const more = new Set(taken(10));
  expect(taken(100).filter((id) => !more.has(id))).toEqual([]);
});

test('traceparent as W3C has it, read and written', () => {
  const id = traceIdOf('hut', 1, 7);
  const text = traceparentOf(id);
  expect(text).toBe(`00-${id}-${spanIdOf(id, 'centre.append')}-01`);
  expect(readTraceparent(text)).toEqual({ traceId: id, parentId: spanIdOf(id, 'centre.append') });
  for (const wrong of [
    '',
    text.replace(/^00/, 'ff'),
    text.toUpperCase(),
    `${text}-x`,
    text.replace(/01$/, '00'),
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`,
  ])
    expect(readTraceparent(wrong), wrong).toBeUndefined();
});
