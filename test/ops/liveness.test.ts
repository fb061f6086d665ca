/** When the watchdog is fed: the store takes a write, and what comes in gets through. */
import { expect, test } from 'vitest';
import type { State } from '../../src/model/status.ts';
import { createLiveness } from '../../src/ops/liveness.ts';
import { createTestWorld } from '../support/world.ts';

function bench() {
  const world = createTestWorld();
  let store: { state: State; detail: string } = { state: 'ok', detail: 'takes readings' };
  let barrier = async (): Promise<void> => {};
  let barriers = 0;
  const liveness = createLiveness({
    barrier: () => {
      barriers++;
      return barrier();
    },
    storeState: () => store,
    clock: world.clock,
  });
  /** A check, with time going by while it waits. */
  async function check(): Promise<string | undefined> {
    const answer = liveness.check();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    world.advance(20_000);
    return answer;
  }
  return {
    liveness,
    check,
    hang() {
      barrier = () => new Promise(() => {});
    },
    say(state: State, detail: string) {
      store = { state, detail };
    },
    barriers: () => barriers,
  };
}

test('is well when nothing happens at all', async () => {
  const { check } = bench();
  for (let i = 0; i < 10; i++) expect(await check()).toBeUndefined();
});

test('a write that does not end is a reason at once, and is not queued again and again', async () => {
  const { check, hang, barriers } = bench();
  hang();
  expect(await check()).toBe('a write to the store does not end');
  await check();
  await check();
  expect(barriers()).toBe(1);
});

test('a disk that refuses, as the store says itself, is a reason only after five minutes', async () => {
  const { check, hang, say } = bench();
  hang();
  say('degraded', 'the disk is full');
  for (let minute = 0; minute < 5; minute++) {
    for (let i = 0; i < 3; i++) expect(await check()).toBeUndefined();
  }
  expect(await check()).toBe('the disk is full');
});

test('a damaged store is a reason, since the next start repairs it', async () => {
  const { check, say } = bench();
  say('down', 'the file is damaged');
  expect(await check()).toBe('the file is damaged');
});

test('messages that come in and never get through are a reason at the third look', async () => {
  const { check, liveness } = bench();
  const looks: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    liveness.took();
    looks.push(await check());
  }
  expect(looks).toEqual([undefined, undefined, 'messages come in and none is stored']);
});

test('one message left behind does not count while others get through, nor when no more come', async () => {
  const { check, liveness } = bench();
  liveness.took();
  for (let i = 0; i < 5; i++) {
    const passed = liveness.took();
    passed();
    passed();
    expect(await check()).toBeUndefined();
  }
  for (let i = 0; i < 5; i++) expect(await check()).toBeUndefined();
});
