/** How long a change waits for others: by how they come, and not for those who wait for us. */
import { describe, expect, test } from 'vitest';
import { createCompany } from '../../../src/store/log/company.ts';

const MAX_MS = 500;

/** Lets changes come at those times, and says how long each batch waited and how many went together. */
function play(arrivals: readonly number[]) {
  const company = createCompany(MAX_MS);
  const batches: { waitedMs: number; changes: number }[] = [];
  let queue: number[] = [];
  let nowMs = 0;
  const leave = () => {
    company.goes(nowMs);
    batches.push({ waitedMs: nowMs - (queue[0] ?? nowMs), changes: queue.length });
    queue = [];
  };
  for (const atMs of [...arrivals, Number.POSITIVE_INFINITY]) {
    while (queue.length > 0 && nowMs + company.leftMs(nowMs) <= atMs) {
      nowMs += company.leftMs(nowMs);
      leave();
    }
    if (atMs === Number.POSITIVE_INFINITY) break;
    nowMs = atMs;
    queue.push(atMs);
    company.came(nowMs, 1, queue.length === 1);
  }
  return batches;
}

/** A sender that hands over `window` changes, and the next ones `afterMs` after these went. */
function playSender(window: number, afterMs: number, rounds: number) {
  const company = createCompany(MAX_MS);
  const waits: number[] = [];
  let nowMs = 0;
  for (let round = 0; round < rounds; round++) {
    company.came(nowMs, window, true);
    let waitedMs = 0;
    for (let leftMs = company.leftMs(nowMs); leftMs > 0; leftMs = company.leftMs(nowMs)) {
      nowMs += leftMs;
      waitedMs += leftMs;
    }
    waits.push(waitedMs);
    company.goes(nowMs);
    nowMs += afterMs;
  }
  return waits;
}

describe('createCompany', () => {
  test('what comes alone hardly waits', () => {
    const batches = play([0, 5_000, 11_000, 30_000]);
    expect(batches.map(({ waitedMs }) => waitedMs)).toEqual([20, 20, 20, 20]);
  });

  test('where ten come a second they go in fives, and at the longest wait', () => {
    const later = play(Array.from({ length: 200 }, (_, index) => index * 100)).slice(25, -1);
    expect(Math.min(...later.map(({ changes }) => changes))).toBeGreaterThanOrEqual(5);
    expect(Math.max(...later.map(({ waitedMs }) => waitedMs))).toBeLessThanOrEqual(MAX_MS);
  });

  test('when they stop coming, what is left waits eight usual gaps and not to the end', () => {
    const batches = play(Array.from({ length: 203 }, (_, index) => index * 10));
    expect(batches.at(-1)?.waitedMs).toBeLessThan(120);
  });

  test.each([
    [1, 2],
    [1, 25],
    [1, 220],
    [10, 2],
    [10, 220],
  ])(
    'a sender of %i that waits for us, and sends %i ms after we answered, is not kept waiting',
    (window, afterMs) => {
      const waits = playSender(window, afterMs, 200).slice(40);
      const mean = waits.reduce((sum, one) => sum + one, 0) / waits.length;
      expect(mean).toBeLessThan(60);
    },
  );

  test('and is waited for again once others come in between', () => {
    const alone = Array.from({ length: 40 }, (_, index) => index * 240);
    const many = Array.from({ length: 600 }, (_, index) => 10_000 + index * 50);
    expect(play([...alone, ...many]).at(-3)?.changes).toBeGreaterThan(5);
  });
});
