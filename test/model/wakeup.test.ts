/** A loop's waits, with a clock moved by hand. */
import { expect, test } from 'vitest';
import { createWakeup } from '../../src/model/wakeup.ts';
import { createTestWorld } from '../support/world.ts';

function newWait() {
  const world = createTestWorld();
  const wakeup = createWakeup(world.clock);
  let ends = 0;
  const watch = (wait: Promise<void>) =>
    wait.then(() => {
      ends += 1;
    });
  /** How many waits have ended once all that is due has run. */
  const ended = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
    return ends;
  };
  return { world, wakeup, watch, ended };
}

test('ends at its time', async () => {
  const { world, wakeup, watch, ended } = newWait();
  void watch(wakeup.sleep(1_000));
  world.advance(999);
  wakeup.wake();
  expect(await ended()).toBe(0);
  world.advance(1);
  expect(await ended()).toBe(1);
});

test('ends when what it waits for has come, and not before', async () => {
  const { wakeup, watch, ended } = newWait();
  let has = false;
  void watch(wakeup.until(Number.POSITIVE_INFINITY, () => has));
  wakeup.wake();
  expect(await ended()).toBe(0);
  has = true;
  expect(await ended()).toBe(0);
  wakeup.wake();
  expect(await ended()).toBe(1);
});

test('does not wait for what is there already', async () => {
  const { wakeup, watch, ended } = newWait();
  void watch(wakeup.until(1_000, () => true));
  expect(await ended()).toBe(1);
});

test('stop ends the present wait and those to come, and aborts the signal', async () => {
  const { wakeup, watch, ended } = newWait();
  void watch(wakeup.sleep(Number.POSITIVE_INFINITY));
  expect(await ended()).toBe(0);
  wakeup.stop();
  expect(await ended()).toBe(1);
  void watch(wakeup.sleep(1_000));
  expect(await ended()).toBe(2);
  expect(wakeup.stopped()).toBe(true);
  expect(wakeup.signal.aborted).toBe(true);
});

test('two waits at once each end at their own time', async () => {
  const world = createTestWorld();
  const wakeup = createWakeup(world.clock);
  const ended: string[] = [];
  const short = wakeup.sleep(100).then(() => ended.push('short'));
  const long = wakeup.sleep(200).then(() => ended.push('long'));
  world.advance(100);
  await short;
  expect(ended).toEqual(['short']);
  world.advance(100);
  await long;
  expect(ended).toEqual(['short', 'long']);
});
