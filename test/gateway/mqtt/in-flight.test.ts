/** What is handed on and not acknowledged is bounded in number and in bytes. */
import { expect, test } from 'vitest';
import { createInFlight } from '../../../src/gateway/mqtt/in-flight.ts';

test('S2: full by number, full by bytes, and each message counts once', () => {
  const inFlight = createInFlight(2, 100);
  const first = inFlight.add({ bytes: 10, counts: true });
  inFlight.add({ bytes: 10, counts: false });
  expect(inFlight.isFull()).toBe(false);
  const second = inFlight.add({ bytes: 10, counts: true });
  expect(inFlight.isFull()).toBe(true);
  expect([first(), first()]).toEqual([true, false]);
  expect(inFlight.isFull()).toBe(false);
  const long = inFlight.add({ bytes: 80, counts: false });
  expect(inFlight.isFull()).toBe(true);
  const told: string[] = [];
  inFlight.whenRoom(() => told.push('room'));
  expect(told).toEqual([]);
  long();
  second();
  inFlight.whenRoom(() => told.push('still'));
  expect(told).toEqual(['room', 'still']);
});
