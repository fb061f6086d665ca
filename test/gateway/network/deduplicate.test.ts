/** Gathering copies: what is let go, when, and in which order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDeduplicator } from '../../../src/gateway/network/deduplicate.ts';
import { createTestWorld } from '../../support/world.ts';

function setUp(enough?: number) {
  const world = createTestWorld();
  const released: string[][] = [];
  const gathered = createDeduplicator<string>({
    clock: world.clock,
    windowMs: 200,
    complete: () => enough,
    senderOf: (copy) => copy,
    emit: (copies) => released.push([...copies]),
  });
  return { world, released, gathered };
}

describe('a frame', () => {
  test('waits its window for further copies and is let go once', () => {
    const { world, released, gathered } = setUp();
    gathered.add('f', 'a');
    world.advance(199);
    gathered.add('f', 'b');
    expect(released).toEqual([]);
    world.advance(1);
    expect(released).toEqual([['a', 'b']]);
    expect(gathered.waiting()).toBe(0);
  });

  test('does not wait when every gateway has been heard', () => {
    const { released, gathered } = setUp(2);
    gathered.add('f', 'a');
    expect(released).toEqual([]);
    gathered.add('f', 'b');
    expect(released).toEqual([['a', 'b']]);
  });

  test('A11: a second copy by one gateway does not stand for the gateway that is still to come', () => {
    const { released, gathered } = setUp(2);
    gathered.add('f', 'a');
    gathered.add('f', 'a');
    expect(released).toEqual([]);
    gathered.add('f', 'b');
    expect(released).toEqual([['a', 'a', 'b']]);
  });

  test('is not overtaken by a later one that is complete earlier', () => {
    const { world, released, gathered } = setUp(2);
    gathered.add('first', 'a');
    world.advance(50);
    gathered.add('second', 'a');
    gathered.add('second', 'b');
    expect(released).toEqual([]);
    world.advance(150);
    expect(released).toEqual([['a'], ['a', 'b']]);
  });

  test('is let go early when more than five hundred wait', () => {
    const { released, gathered } = setUp();
    for (let i = 0; i < 600; i++) gathered.add(String(i), String(i));
    expect(gathered.waiting()).toBe(500);
    expect(released.flat()).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
  });

  test('is let go at once by a flush', () => {
    const { released, gathered } = setUp();
    gathered.add('f', 'a');
    gathered.add('g', 'b');
    gathered.flush();
    expect(released).toEqual([['a'], ['b']]);
  });
});

test('every copy comes out exactly once, within its window, in the order of first copies', () => {
  const arrival = fc.record({
    key: fc.integer({ min: 0, max: 9 }),
    waitMs: fc.integer({ min: 0, max: 150 }),
  });
  fc.assert(
    fc.property(fc.array(arrival), fc.option(fc.integer({ min: 1, max: 3 })), (arrivals, enough) => {
      const { world, released, gathered } = setUp(enough ?? undefined);
      for (const [index, { key, waitMs }] of arrivals.entries()) {
        world.advance(waitMs);
        gathered.add(String(key), `${key}:${index}`);
      }
      world.advance(200);
      expect(gathered.waiting()).toBe(0);
      expect(released.flat().sort()).toEqual(arrivals.map(({ key }, index) => `${key}:${index}`).sort());
      const firsts = released.map((copies) => Number(copies[0]?.split(':')[1]));
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    }),
  );
});
