/** Turns: in the order they were asked for, and between two of them whatever else was waiting. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurns } from '../../../src/sync/centre/turns.ts';

test('what waits beside them comes in between, and nobody before those who asked earlier', async () => {
  const turn = createTurns();
  const seen: string[] = [];
  const heavy = ['a', 'b', 'c'].map(async (name) => {
    await turn();
    seen.push(name);
  });
  const other = (async () => {
    for (let at = 0; at < 2; at += 1) {
      await nextTurn();
      seen.push('other');
    }
  })();
  await Promise.all([...heavy, other]);
  expect(seen.filter((name) => name !== 'other')).toEqual(['a', 'b', 'c']);
  // All three at once would have left it no place but the end.
  expect(seen.indexOf('other')).toBeLessThan(seen.indexOf('b'));
});
