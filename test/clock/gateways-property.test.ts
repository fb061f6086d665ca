/** Clocks of gateways, right and wrong, in any mix and order: while more are right than wrong, no wrong time is taken for the right one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MachineTime } from '../../src/clock/clock-verdict.ts';
import { createTimekeeper } from '../../src/clock/timekeeper.ts';
import { createClockBook } from '../../src/model/clock-book.ts';
import { breathe } from '../support/clock-box.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { createTestWorld } from '../support/world.ts';

const TRUE_MS = Date.UTC(2026, 5, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Never set, an hour of another zone, GPS weeks rolled over, a clock ahead. */
const WRONG_MS = [-60_000, 30 * 60_000, -3 * HOUR_MS, -30 * DAY_MS, -1024 * 7 * DAY_MS, 20 * 365 * DAY_MS];
const GPS_EPOCH_MS = 315_964_800_000;
const LEAP_MS = 18_000;

function keeperWith(wallMs: number, daemon: MachineTime['daemon']) {
  const world = createTestWorld(wallMs);
  const memory = createMemoryStore();
  const keeper = createTimekeeper({
    world,
    probe: { boot: '1'.padStart(16, '0'), look: () => Promise.resolve({ daemon }), sleptMs: () => 0 },
    config: { trust: 'auto', holdDays: Number.POSITIVE_INFINITY },
  });
  keeper.attach({ log: memory.log, commit: memory.commit, clocks: createClockBook() });
  return { world, keeper };
}

const words = fc.array(
  fc.record({
    gateway: fc.nat(),
    afterMs: fc.integer({ min: 1_000, max: 20_000 }),
    lateMs: fc.nat(900),
    gps: fc.boolean(),
  }),
  { maxLength: 80 },
);

test('A06: any mix of right and wrong gateways, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, TRUE_MS - 3 * DAY_MS, TRUE_MS, TRUE_MS + 365 * DAY_MS),
      fc.constantFrom('none' as const, 'unsynchronized' as const),
      fc.subarray(WRONG_MS, { maxLength: 2 }),
      fc.integer({ min: 1, max: 2 }),
      words,
      async (wallMs, daemon, wrong, more, said) => {
        const offs = [...Array.from({ length: wrong.length + more + 1 }, () => 0), ...wrong];
        const { world, keeper } = keeperWith(wallMs, daemon);
        await keeper.start();
        let nowMs = TRUE_MS;
        const pass = async (ms: number): Promise<void> => {
          nowMs += ms;
          world.advance(ms);
          await breathe();
        };
        const say = (index: number, lateMs: number, gps: boolean): void => {
          const timeMs = nowMs + (offs[index] ?? 0) - lateMs;
          const gatewayId = index.toString(16).padStart(16, '0');
          keeper.noteGatewayTime(
            gps ? { gatewayId, gpsTimeMs: timeMs - GPS_EPOCH_MS + LEAP_MS } : { gatewayId, timeMs },
          );
        };
        for (const { gateway, afterMs, lateMs, gps } of said) {
          await pass(afterMs);
          say(gateway % offs.length, lateMs, gps);
        }
        // Whatever was said until now: each has its say twice.
        for (let round = 0; round < 3; round++) {
          await pass(10_000);
          for (const index of offs.keys()) say(index, 0, false);
        }
        for (let looks = 0; looks < 8; looks++) await pass(10_000);
        const { state, detail } = keeper.status();
        if (state === 'ok') expect(Math.abs(keeper.nowMs() - nowMs), detail).toBeLessThan(5_000);
        await keeper.stop();
      },
    ),
    { numRuns: 60 },
  );
});
