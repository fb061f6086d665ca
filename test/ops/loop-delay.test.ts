/** How late the event loop is, by a clock that is told; and what is made of it and of other durations for Prometheus. */
import { expect, test } from 'vitest';
import { createDurations } from '../../src/model/durations.ts';
import { durationFigures } from '../../src/ops/figures/durations.ts';
import { createLoopDelay } from '../../src/ops/loop-delay.ts';
import { createTestWorld } from '../support/world.ts';

test('a loop that is held is late, one that is not is not, and after a stop nobody looks', async () => {
  const world = createTestWorld();
  let heldMs = 0;
  const { after, monotonicMs, ...rest } = world.clock;
  const clock = { ...rest, after, monotonicMs: () => monotonicMs() + heldMs };
  const loop = createLoopDelay({ clock });
  await loop.start();
  world.advance(3_000);
  expect(loop.counts()).toMatchObject({ count: 3, sumS: 0 });
  heldMs += 300;
  world.advance(1_000);
  const { within, count, sumS } = loop.counts();
  expect(count).toBe(4);
  expect(sumS).toBeCloseTo(0.3);
  expect(Object.fromEntries(within)).toMatchObject({ 0.2: 3, 0.5: 4, 5: 4 });
  await loop.stop();
  world.advance(10_000);
  expect(loop.counts().count).toBe(4);
});

test('durations count by bound, each with those below', () => {
  const took = createDurations([1, 2]);
  for (const seconds of [0.5, 1, 1.5, 3]) took.note(seconds);
  expect(took.counts()).toEqual({
    within: [
      [1, 2],
      [2, 3],
    ],
    count: 4,
    sumS: 6,
  });
});

test('a sink that was never asked, and what nobody measures, is absent', () => {
  const commits = createDurations();
  commits.note(0.02);
  const figures = durationFigures({
    commits: commits.counts,
    sinks: { influx: createDurations().counts, centre: commits.counts },
  });
  expect(figures.map(({ read }) => read().map(({ labels, count }) => [labels, count]))).toEqual([
    [[{}, 1]],
    [[{ sink: 'centre' }, 1]],
    [],
  ]);
});
