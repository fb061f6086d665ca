/** The air behaves like air: nearer is stronger, slower reaches further, the limits of the demodulator hold. */
import { describe, expect, test } from 'vitest';
import { chooseSpreadingFactor, meanPower, receive, requiredSnr } from '../../src/simulator/radio.ts';
import { createTestWorld } from '../support/world.ts';

const HERE = { east: 0, north: 0 };

describe('the simulated air', () => {
  test('weakens with distance and walls', () => {
    const near = meanPower(HERE, { east: 50, north: 0 }, 0);
    const far = meanPower(HERE, { east: 300, north: 400 }, 0);
    expect(near).toBeGreaterThan(far + 25);
    expect(meanPower(HERE, { east: 50, north: 0 }, 12)).toBe(near - 12);
    expect(Number.isFinite(meanPower(HERE, HERE, 0))).toBe(true);
  });

  test('needs the signal-to-noise ratios of the LoRa demodulator', () => {
    expect([7, 8, 9, 10, 11, 12].map(requiredSnr)).toEqual([-7.5, -10, -12.5, -15, -17.5, -20]);
  });

  test('slows a device down with its distance, from SF7 to SF12', () => {
    const factors = [-60, -112, -115, -117, -120, -122, -140].map(chooseSpreadingFactor);
    expect(factors).toEqual([...factors].sort((a, b) => a - b));
    expect(factors[0]).toBe(7);
    expect(factors.at(-1)).toBe(12);
  });

  test('loses a few strong frames, all hopeless ones, and some at the limit', () => {
    const { random } = createTestWorld();
    const heard = (power: number) =>
      Array.from({ length: 1_000 }, () => receive(power, 7, random)).filter(Boolean).length;
    expect(heard(-80)).toBeGreaterThan(940);
    expect(heard(-80)).toBeLessThan(1_000);
    expect(heard(-124.5)).toBeGreaterThan(200);
    expect(heard(-124.5)).toBeLessThan(800);
    expect(heard(-150)).toBe(0);
  });

  test('reports what a concentrator can: whole dBm, quarters of a dB, no more than 14 dB', () => {
    const { random } = createTestWorld();
    for (const power of [-40, -90, -118]) {
      const signal = receive(power, 12, random);
      if (!signal) continue;
      expect(Number.isInteger(signal.rssi)).toBe(true);
      expect(Number.isInteger(signal.snr * 4)).toBe(true);
      expect(signal.snr).toBeLessThanOrEqual(14);
      expect(signal.rssi).toBeGreaterThan(-118);
    }
    expect.hasAssertions();
  });
});
