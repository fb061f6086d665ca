/** The line's budget: what goes in a second, in a day, in a window, also with clocks that jump. */
import { expect, test } from 'vitest';
import { createLocalTime, parseTimeWindow, type TimeWindow } from '../../../src/model/time-window.ts';
import { estimate } from '../../../src/sync/site/catching-up.ts';
import {
  type BudgetLimits,
  type BudgetState,
  batchBytes,
  holdOf,
  newBudget,
  spend,
  tick,
} from '../../../src/sync/site/line-budget.ts';

const localAt = createLocalTime('UTC');
const NOON = Date.UTC(2026, 0, 5, 12);

function at(monotonicMs: number, wallMs = NOON + monotonicMs) {
  return { monotonicMs, local: localAt(wallMs) };
}

/** Sends batches of `bytes` whenever it may for `ms`, by the monotonic clock; gives what went. */
function sendFor(
  limits: BudgetLimits,
  ms: number,
  bytes: number,
  wallMs = (now: number) => NOON + now,
): number {
  let state: BudgetState = newBudget(limits, 0);
  let sent = 0;
  for (let now = 0; now < ms; now += 10) {
    const moment = at(now, wallMs(now));
    state = tick(limits, state, moment);
    if (holdOf(limits, state, moment)) continue;
    state = spend(state, bytes);
    sent += bytes;
  }
  return sent;
}

test.each([100, 900, 5_000, 40_000])(
  'never more than the rate, two seconds saved and a batch of %i',
  (bytes) => {
    const limits = { bytesPerSecond: 1_000, windows: [] };
    const sent = sendFor(limits, 60_000, bytes);
    expect(sent).toBeLessThanOrEqual(60_000 + 2_000 + bytes);
    expect(sent).toBeGreaterThan(60_000 - bytes);
  },
);

test('a wall clock that jumps changes nothing about the second', () => {
  const limits = { bytesPerSecond: 1_000, windows: [] };
  const jumping = (now: number) => NOON + (now % 2_000 < 1_000 ? 86_400_000 * 400 : -86_400_000 * 400);
  expect(sendFor(limits, 60_000, 500, jumping)).toBe(sendFor(limits, 60_000, 500));
});

test('a day has its bytes once, also for a clock that wanders over midnight', () => {
  const limits = { bytesPerDay: 10_000, windows: [] };
  expect(sendFor(limits, 60_000, 300)).toBeLessThan(10_300);
  const midnight = Date.UTC(2026, 0, 6);
  const wandering = (now: number) => midnight + (now % 400 < 200 ? -60_000 : 60_000);
  expect(sendFor(limits, 60_000, 300, wandering)).toBeLessThan(2 * 10_300);
});

test('a clock that had run ahead by years does not silence the site until then', () => {
  const limits = { bytesPerDay: 10_000, windows: [] };
  const ahead = at(0, Date.UTC(2031, 0, 1));
  let state = spend(tick(limits, newBudget(limits, 0), ahead), 10_000);
  expect(holdOf(limits, state, ahead)).toMatchObject({ why: 'day' });
  state = tick(limits, state, at(1));
  expect(holdOf(limits, state, at(1))).toMatchObject({ why: 'day', ms: 12 * 3_600_000 });
  state = tick(limits, state, at(2, NOON + 86_400_000));
  expect(holdOf(limits, state, at(2, NOON + 86_400_000))).toBeUndefined();
});

test('batches shrink with the rate and with what is left of the day', () => {
  expect(batchBytes({ windows: [] }, newBudget({ windows: [] }, 0))).toBe(Number.POSITIVE_INFINITY);
  const limits = { bytesPerSecond: 1_000, bytesPerDay: 10_000, windows: [] };
  expect(batchBytes(limits, newBudget(limits, 0))).toBe(5_000);
  expect(batchBytes(limits, spend(newBudget(limits, 0), 9_000))).toBe(1_000);
});

function windows(...texts: string[]): TimeWindow[] {
  return texts.map((text) => {
    const window = parseTimeWindow(text);
    if (!window) throw new Error(text);
    return window;
  });
}

test.each([
  // 2026-01-05 is a Monday.
  ['22:00-06:00', '2026-01-05T21:59', 1],
  ['22:00-06:00', '2026-01-05T22:00', 0],
  ['22:00-06:00', '2026-01-06T05:59', 0],
  ['22:00-06:00', '2026-01-06T06:00', 16 * 60],
  ['fri 22:00-06:00', '2026-01-10T05:00', 0],
  ['fri 22:00-06:00', '2026-01-09T05:00', 17 * 60],
  ['sun 22:00-06:00', '2026-01-05T05:59', 0],
  ['sat,sun 00:00-24:00', '2026-01-11T23:59', 0],
  ['sat,sun 00:00-24:00', '2026-01-12T00:00', 5 * 1_440],
  ['fri-mon 12:00-13:00', '2026-01-06T12:30', 3 * 1_440 - 30],
])('%s at %s opens in %i minutes', (window, time, minutes) => {
  const moment = at(0, Date.parse(`${time}Z`));
  const limits = { windows: windows(window) };
  expect(holdOf(limits, newBudget(limits, 0), moment)?.ms ?? 0).toBe(minutes * 60_000);
});

test('windows are in the time of the site', () => {
  const berlin = createLocalTime('Europe/Berlin');
  const limits = { windows: windows('22:00-06:00') };
  const hold = (time: string) =>
    holdOf(limits, newBudget(limits, 0), { monotonicMs: 0, local: berlin(Date.parse(time)) });
  expect(hold('2026-07-01T20:00Z')).toBeUndefined();
  expect(hold('2026-01-01T20:00Z')).toMatchObject({ why: 'window', ms: 3_600_000 });
});

test.each([
  '',
  '22:00',
  '22:00-22:00',
  '25:00-06:00',
  '22:00-24:30',
  'mo 22:00-06:00',
  'mon- 22:00-06:00',
  'mon,22:00-06:00',
])("'%s' is no window", (text) => expect(parseTimeWindow(text)).toBeUndefined());

test('says when a backlog will be done, and honestly when it will not', () => {
  const from = { monotonicMs: 0, accepted: 1_000, delivered: 0, pending: 1_000 };
  const later = (accepted: number, delivered: number) => ({
    ...{ monotonicMs: 60_000, accepted, delivered },
    pending: accepted - delivered,
  });
  expect(estimate(undefined, from)).toBeUndefined();
  expect(estimate(from, { ...from, monotonicMs: 5_000 })).toBeUndefined();
  // 600 out and 100 in a minute: 500 left at a net of 500 a minute.
  expect(estimate(from, later(1_100, 600))).toBe(60_000);
  expect(estimate(from, later(1_100, 100))).toBe('never');
  expect(estimate(from, later(1_100, 0))).toBe('never');
});
