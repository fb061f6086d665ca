/** The fold under a clock moved by hand. */
import { describe, expect, test } from 'vitest';
import { createLogThrottle } from '../../src/ops/log-throttle.ts';
import { createTestWorld } from '../support/world.ts';

describe('folding of repeats', () => {
  test('the first occurrence speaks at once, the rest at the end of the window with their number', () => {
    const world = createTestWorld();
    const fold = createLogThrottle(world, 60_000);
    const told: number[] = [];
    for (let i = 0; i < 413; i += 1) fold('mic', (count) => told.push(count));
    expect(told).toEqual([1]);
    world.advance(59_999);
    expect(told).toEqual([1]);
    world.advance(1);
    expect(told).toEqual([1, 412]);
  });

  test('a key speaks at most once a window however long the flood lasts, and no occurrence is lost', () => {
    const world = createTestWorld();
    const fold = createLogThrottle(world, 60_000);
    const told: number[] = [];
    for (let second = 0; second < 600; second += 1) {
      fold('mic', (count) => told.push(count));
      world.advance(1_000);
    }
    world.advance(60_000);
    expect(told.length).toBeLessThanOrEqual(11);
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(600);
  });

  test('after a quiet window a key speaks at once again', () => {
    const world = createTestWorld();
    const fold = createLogThrottle(world, 60_000);
    const told: number[] = [];
    fold('mic', (count) => told.push(count));
    world.advance(60_000);
    fold('mic', (count) => told.push(count));
    expect(told).toEqual([1, 1]);
  });

  test('keys do not silence one another, and the newest words are used', () => {
    const world = createTestWorld();
    const fold = createLogThrottle(world, 1_000);
    const told: string[] = [];
    for (const [key, words] of [
      ['a', 'one'],
      ['b', 'two'],
      ['a', 'three'],
      ['a', 'four'],
    ] as const) {
      fold(key, (count) => told.push(`${words} x${count}`));
    }
    world.advance(1_000);
    expect(told).toEqual(['one x1', 'two x1', 'four x2']);
  });

  test('a flood of different keys stays bounded and still tells every count', () => {
    const world = createTestWorld();
    const fold = createLogThrottle(world, 60_000);
    let total = 0;
    for (let round = 0; round < 2; round += 1) {
      for (let key = 0; key < 2_000; key += 1) {
        fold(`key ${key}`, (count) => {
          total += count;
        });
        fold(`key ${key}`, (count) => {
          total += count;
        });
      }
    }
    world.advance(60_000);
    expect(total).toBe(8_000);
  });

  test('a jump of the wall clock neither silences nor floods', () => {
    const world = createTestWorld();
    const fold = createLogThrottle(world, 60_000);
    const told: number[] = [];
    fold('mic', (count) => told.push(count));
    world.setNow(0);
    fold('mic', (count) => told.push(count));
    world.setNow(Date.UTC(2030, 0, 1));
    fold('mic', (count) => told.push(count));
    expect(told).toEqual([1]);
    world.advance(60_000);
    expect(told).toEqual([1, 2]);
  });
});
