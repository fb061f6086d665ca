/** The timers of the real World: never past, never longer than Node knows. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWorld } from '../../src/ops/world.ts';
import { createTestWorld } from '../support/world.ts';

const LONGEST_MS = 2 ** 31 - 1;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const makeClock = () => createWorld(createTestWorld().logger).clock;

test('what is past already is done at once, without a warning of Node', () => {
  const { clock, set } = { clock: makeClock(), set: vi.spyOn(globalThis, 'setTimeout') };
  const done = vi.fn();
  clock.after(-5_000, done);
  vi.advanceTimersByTime(1);
  expect(done).toHaveBeenCalledTimes(1);
  expect(set.mock.calls.map(([, ms]) => ms)).toEqual([0]);
});

test('what is due in a year is due in a year, once, unless it is called off', () => {
  const year = 365 * 86_400_000;
  const clock = makeClock();
  const [done, not] = [vi.fn(), vi.fn()];
  clock.after(year, done);
  const cancel = clock.after(year, not);
  vi.advanceTimersByTime(LONGEST_MS + 1_000);
  cancel();
  vi.advanceTimersByTime(year - LONGEST_MS - 2_000);
  expect(done).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(done).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(year);
  expect(done).toHaveBeenCalledTimes(1);
  expect(not).not.toHaveBeenCalled();
});
