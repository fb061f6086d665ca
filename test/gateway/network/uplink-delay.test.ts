/** How late a frame is, told by the concentrator's counter: backlogs, restarts, wrap-around, gateways without one. */
import { describe, expect, test } from 'vitest';
import type { BridgeUplink } from '../../../src/gateway/bridge/message.ts';
import { createUplinkDelay } from '../../../src/gateway/network/uplink-delay.ts';

const HOUR_MS = 3_600_000;
const COUNTER_MS = 2 ** 32 / 1000;

/** A frame that ended when the concentrator's counter stood at `counterMs`. */
function frame(counterMs: number): BridgeUplink {
  const context = Buffer.alloc(4);
  context.writeUInt32BE(Math.round((counterMs % COUNTER_MS) * 1000) % 2 ** 32);
  return { gatewayId: '0016c001f153a14c', board: 0, context: context.toString('base64') } as BridgeUplink;
}

describe('a gateway with a counter', () => {
  test('live frames are fresh for days, whatever the counter does at its end', () => {
    const freshness = createUplinkDelay();
    for (let nowMs = 0; nowMs < 24 * HOUR_MS; nowMs += 97_000) {
      // 20 millionths of drift, and up to 60 ms of way.
      const counterMs = 4_000_000 + nowMs * 1.00002 - (nowMs % 61);
      expect(freshness.delayMs(frame(counterMs), nowMs, false)).toBeLessThan(120);
    }
  });

  const PATHS = [
    ['3 ppm, a frame a day', 3, 24],
    ['20 ppm, a frame in six hours', 20, 6],
    ['20 ppm, a frame an hour', 20, 1],
    ['-20 ppm, a frame a day', -20, 24],
    ['20 ppm, a frame a week', 20, 168],
  ] as const;
  test.each(PATHS)('A18: a concentrator that drifts by %s, stays fresh', (_, ppm, everyH) => {
    const delay = createUplinkDelay();
    const delays = Array.from({ length: 60 }, (_, n) => {
      const nowMs = 1_000 + n * everyH * HOUR_MS;
      return delay.delayMs(frame(nowMs * (1 - ppm / 1e6) + 4_000_000), nowMs, false);
    });
    // After a week of silence nothing can be told of the first frame.
    expect(Math.max(...delays.slice(2))).toBeLessThan(20);
  });

  test('A18: what waited for minutes is late also after a day of silence, and the next live frame is fresh', () => {
    const delay = createUplinkDelay();
    delay.delayMs(frame(0), 0, false);
    const nowMs = 24 * HOUR_MS;
    expect(delay.delayMs(frame(nowMs - 120_000), nowMs, false)).toBeGreaterThan(110_000);
    expect(delay.delayMs(frame(nowMs - 3_000), nowMs, true)).toBeGreaterThan(2_500);
    expect(delay.delayMs(frame(nowMs + 1_000), nowMs + 1_000, false)).toBe(0);
  });

  test('what waited somewhere is late by as long as it waited', () => {
    const freshness = createUplinkDelay();
    freshness.delayMs(frame(0), 1_000, false);
    expect(freshness.delayMs(frame(20_000), 51_000, false)).toBeCloseTo(30_000, -1);
    expect(freshness.delayMs(frame(50_000), 51_000, false)).toBe(0);
  });

  test('a backlog after a resumed session is old until live frames come', () => {
    const freshness = createUplinkDelay();
    for (let n = 0; n < 100; n++) {
      expect(freshness.delayMs(frame(n * 5_000), 1_000 + n * 20, true)).toBe(Number.POSITIVE_INFINITY);
    }
    expect(freshness.delayMs(frame(600_000), 4_000, false)).toBe(Number.POSITIVE_INFINITY);
    expect(freshness.delayMs(frame(605_000), 9_000, false)).toBe(0);
  });

  test('a counter that starts anew is believed after a second', () => {
    const freshness = createUplinkDelay();
    freshness.delayMs(frame(1_000_000), 1_000_000, false);
    expect(freshness.delayMs(frame(500), 1_100_000, false)).toBeGreaterThan(1_000);
    expect(freshness.delayMs(frame(700), 1_100_200, false)).toBeGreaterThan(1_000);
    expect(freshness.delayMs(frame(2_500), 1_102_000, false)).toBe(0);
    expect(freshness.delayMs(frame(2_600), 1_102_100, false)).toBeLessThan(1);
  });
});

test('without any clock of the gateway, only the broker’s word makes a frame old', () => {
  const freshness = createUplinkDelay();
  const mute = { ...frame(0), context: '' };
  expect(freshness.delayMs(mute, 0, false)).toBe(0);
  expect(freshness.delayMs(mute, 0, true)).toBe(Number.POSITIVE_INFINITY);
});
