/** The store under every fault, the short form of the scripts: kills, power cuts, a full disk, a damaged file, a shrinking log. */
import { describe, expect, test } from 'vitest';
import { corrupt } from '../../scripts/corrupt.ts';
import { canInject, crashMatrix } from '../../scripts/crash-matrix.ts';
import { fullDisk } from '../../scripts/full-disk.ts';
import { powerCut } from '../../scripts/power-cut.ts';
import { shrink } from '../../scripts/shrink.ts';
import { needs } from '../support/needs.ts';

const MB = 1024 * 1024;

describe('the store', () => {
  test('loses and doubles nothing acknowledged when killed', { timeout: 180_000 }, async (context) => {
    needs(context, 'strace', canInject());
    const { faults, random, acknowledged } = await crashMatrix(30, 8, 1);
    expect(faults).toEqual([]);
    expect(random).toBe(8);
    expect(acknowledged).toBeGreaterThan(0);
  });

  test('opens with everything acknowledged after a power cut', { timeout: 120_000 }, async (context) => {
    needs(context, 'strace', canInject());
    const { faults, cuts, acknowledged } = await powerCut(12, 1);
    expect(faults).toEqual([]);
    expect(cuts).toBeGreaterThan(100);
    expect(acknowledged).toBeGreaterThan(0);
  });

  test('opens when damaged, loses only what was hit and says so', { timeout: 120_000 }, async () => {
    const { faults, salvaged } = await corrupt(60, 1);
    expect(faults).toEqual([]);
    expect(salvaged).toBeGreaterThan(0);
  });

  test('survives a full disk and comes back by itself', { timeout: 120_000 }, async (context) => {
    const { skipped, faults, lines } = await fullDisk(24 * MB);
    needs(context, 'small-disk', skipped === undefined);
    expect(faults).toEqual([]);
    expect(lines).toHaveLength(4);
  });

  test('shrinks beside commits and within constant memory', { timeout: 120_000 }, async () => {
    const { faults, grownBytes } = await shrink(30 * MB, 10 * MB, 50);
    expect(faults).toEqual([]);
    expect(grownBytes).toBeLessThan(60 * MB);
  });
});
