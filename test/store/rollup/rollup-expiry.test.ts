/** Which day of the roll-ups goes, and in what pieces. */
import { expect, test } from 'vitest';
import { expireRollups } from '../../../src/store/rollup/rollup-expiry.ts';

const DAY_MS = 86_400_000;
const use = { maxAgeDays: 730, maxBytes: 1_000, bytes: 10, oldestDay: 20_000, lastDevice: 600 };

test('a day goes when it is too old, or there is too much, never today', () => {
  expect(expireRollups({ ...use, nowMs: 20_730 * DAY_MS })).toBeUndefined();
  expect(expireRollups({ ...use, nowMs: 20_731 * DAY_MS })?.day).toBe(20_000);
  expect(expireRollups({ ...use, bytes: 1_001, nowMs: 20_001 * DAY_MS })?.day).toBe(20_000);
  expect(expireRollups({ ...use, bytes: 1_001, nowMs: 20_000 * DAY_MS })).toBeUndefined();
});

test('every device has its turn once, and again after a refusal', () => {
  const expiry = expireRollups({ ...use, nowMs: 21_000 * DAY_MS });
  const given: number[] = [];
  let refusals = 1;
  for (let done = false; !done && expiry; ) {
    const devices = expiry.next();
    if (refusals-- > 0) {
      expiry.again();
      continue;
    }
    given.push(...devices);
    done = expiry.isLast();
  }
  expect(given).toEqual(Array.from({ length: 600 }, (_, index) => index + 1));
});
