/** The simulated sensors stay believable: in range, steady, going on after a restart. */
import { describe, expect, test } from 'vitest';
import { decodeCayenne } from '../../src/ingest/codec/cayenne.ts';
import { cayennePayload } from '../../src/simulator/air.ts';
import { createSensor, type SensorModel } from '../../src/simulator/sensor.ts';
import { createTestWorld } from '../support/world.ts';

const START_MS = Date.UTC(2026, 4, 4, 9);
const HOUR_MS = 3_600_000;

/** The first value of each of `count` payloads, `stepMs` apart. */
function course(model: SensorModel, count: number, stepMs: number, seed = 1): number[] {
  const sensor = createSensor(model, 0.5, createTestWorld(0, seed).random);
  return Array.from({ length: count }, (_, step) => {
    return sensor.measure(START_MS + step * stepMs)[0]?.value ?? Number.NaN;
  });
}

function steps(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - (values[index] ?? 0));
}

describe('a simulated sensor', () => {
  test('of a climate drifts slowly around its mean', () => {
    const values = course({ kind: 'climate', mean: 20, swing: 3, humidity: 50 }, 2_000, 60_000);
    expect(Math.min(...values)).toBeGreaterThan(14);
    expect(Math.max(...values)).toBeLessThan(26);
    expect(new Set(values.map((value) => value.toFixed(1))).size).toBeGreaterThan(20);
    expect(Math.max(...steps(values).map(Math.abs))).toBeLessThan(1.5);
  });

  test('of a tank falls for most of the time and is refilled', () => {
    const values = course({ kind: 'tank', hours: 20 }, 1_000, 20 * (HOUR_MS / 1_000));
    expect(Math.min(...values)).toBeGreaterThan(17);
    expect(Math.max(...values)).toBeLessThan(97);
    const falling = steps(values).filter((step) => step < 0.2).length;
    expect(falling).toBeGreaterThan(900);
    expect(falling).toBeLessThan(990);
  });

  test('of a door opens and shuts in working hours and mostly stays shut at night', () => {
    const byDay = course({ kind: 'door' }, 300, 10_000);
    expect(new Set(byDay)).toEqual(new Set([0, 1]));
    const sensor = createSensor({ kind: 'door' }, 0.5, createTestWorld().random);
    let openAtNight = 0;
    for (let step = 0; step < 300; step++) {
      openAtNight += sensor.measure(Date.UTC(2026, 4, 4, 1) + step * 10_000)[0]?.value ?? 0;
    }
    expect(openAtNight).toBeLessThan(byDay.reduce((sum, value) => sum + value, 0));
  });

  test('of a meter never goes back, also over a restart', () => {
    const model = { kind: 'meter', pulsesPerHour: 240 } as const;
    const before = course(model, 100, 15 * 60_000);
    expect(Math.min(...steps(before))).toBeGreaterThanOrEqual(0);
    const reborn = createSensor(model, 0.5, createTestWorld(0, 99).random);
    const after = reborn.measure(START_MS + 100 * 15 * 60_000)[0]?.value ?? 0;
    expect(after).toBeGreaterThanOrEqual(before.at(-1) ?? 0);
    expect(after - (before[0] ?? 0)).toBeGreaterThan(3_000);
  });

  test('sends a battery voltage last, and a payload that fits any data rate', () => {
    const models: SensorModel[] = [
      { kind: 'climate', mean: 20, swing: 3, humidity: 50 },
      { kind: 'weather', mean: 12, swing: 6, humidity: 60 },
      { kind: 'tank', hours: 5 },
      { kind: 'door' },
      { kind: 'meter', pulsesPerHour: 10 },
    ];
    for (const model of models) {
      const measured = createSensor(model, 1, createTestWorld().random).measure(START_MS);
      expect(measured.at(-1)?.name).toBe('voltage');
      expect(measured.at(-1)?.value).toBeCloseTo(3.6, 1);
      const payload = cayennePayload(measured);
      expect(payload.length).toBeLessThanOrEqual(51);
      const { fields, problem } = decodeCayenne(payload);
      expect(problem).toBeUndefined();
      expect(Object.keys(fields)).toEqual(measured.map(({ name }, index) => `${name}_${index + 1}`));
    }
  });
});
