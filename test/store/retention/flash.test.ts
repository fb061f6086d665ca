/** What is written to the card: sums over days and restarts, the cost of a reading, the years left. */
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { DiskDevice } from '../../../src/store/retention/disk-device.ts';
import { createFlash } from '../../../src/store/retention/flash.ts';
import { migrate } from '../../../src/store/schema.ts';
import { createMeta } from '../../../src/store/tables/meta.ts';
import { createTestWorld } from '../../support/world.ts';

const GB = 1_000_000_000;
const DAY_MS = 86_400_000;

function site(enduranceBytes?: number) {
  const world = createTestWorld(Date.UTC(2026, 0, 1));
  const db = new Database(':memory:');
  migrate(db);
  const meta = createMeta(db);
  let bytes = 5 * GB;
  const card: { device: DiskDevice | undefined } = { device: undefined };
  const device = () => card.device;
  const start = () => createFlash({ world, meta, enduranceBytes, countBytes: () => bytes, device });
  function write(count: number): void {
    bytes += count;
  }
  return { world, start, write, card };
}

describe('what is written to the card', () => {
  test('is summed from midnight, over a restart', () => {
    const { world, start, write } = site();
    const first = start();
    write(GB);
    first.save(true);
    const second = start();
    write(GB);
    expect(second.figures().writtenBytesToday).toBe(2 * GB);
    world.advance(DAY_MS);
    expect(second.figures().writtenBytesToday).toBe(0);
  });

  test('is shared out among the readings once there are a few', () => {
    const { start, write } = site();
    const flash = start();
    write(8_000);
    flash.appended(1);
    expect(flash.figures().bytesPerReading).toBeUndefined();
    flash.appended(79);
    expect(flash.figures().bytesPerReading).toBe(100);
  });

  test('gives the years of a card, not in the first hour', () => {
    const { world, start, write } = site(4_000 * GB);
    const flash = start();
    write(GB / 48);
    world.advance(DAY_MS / 48);
    expect(flash.figures().projectedWearYears).toBeUndefined();
    write(GB - GB / 48);
    world.advance(DAY_MS - DAY_MS / 48);
    expect(flash.figures().projectedWearYears).toBeCloseTo(4_000 / 365.25, 1);
  });

  test('gives no years where the endurance is not known or nothing is written', () => {
    const unknown = site();
    const flash = unknown.start();
    unknown.write(GB);
    unknown.world.advance(DAY_MS);
    expect(flash.figures().projectedWearYears).toBeUndefined();
    const idle = site(GB);
    const idleFlash = idle.start();
    idle.world.advance(DAY_MS);
    expect(idleFlash.figures().projectedWearYears).toBeUndefined();
  });

  test('is what the device counted, where it does: over restarts of the program and of the machine, a day at a time', () => {
    const { world, start, write, card } = site(4_000 * GB);
    card.device = { writtenBytes: 70 * GB };
    const first = start();
    expect(first.figures()).toMatchObject({ deviceBytesToday: 0 });
    card.device = { writtenBytes: 72 * GB, lifeUsedPercent: 20 };
    expect(first.figures()).toMatchObject({ deviceBytesToday: 2 * GB, deviceLifeUsedPercent: 20 });
    first.save(true);
    card.device = { writtenBytes: 73 * GB };
    expect(start().figures().deviceBytesToday).toBe(3 * GB);
    card.device = { writtenBytes: GB };
    const rebooted = start();
    expect(rebooted.figures().deviceBytesToday).toBe(3 * GB);
    write(GB / 10);
    world.advance(DAY_MS);
    card.device = { writtenBytes: 2 * GB };
    expect(rebooted.figures()).toMatchObject({ deviceBytesToday: 0, writtenBytesToday: 0 });
    expect(rebooted.figures().projectedWearYears).toBeCloseTo(4_000 / 365.25, 1);
    card.device = undefined;
    expect(rebooted.figures()).not.toHaveProperty('deviceBytesToday');
  });
});
