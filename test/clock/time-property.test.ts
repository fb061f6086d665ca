/**
 * The times of records under any sequence of frames, jumps, reboots and time servers: what was measured stays, what was in
 * doubt is dated within the uncertainty that is stated, and in order within a boot.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MachineTime } from '../../src/clock/clock-verdict.ts';
import { createTimekeeper } from '../../src/clock/timekeeper.ts';
import { createClockBook } from '../../src/model/clock-book.ts';
import { timeOf } from '../../src/model/time.ts';
import { breathe } from '../support/clock-box.ts';
import { createMemoryStore, uplinkRecord } from '../support/memory-store.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const YEARS_MS = 50 * 365 * 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 5, 1);

type Action =
  | { readonly do: 'frame' }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'jump'; readonly byMs: number }
  | { readonly do: 'reboot'; readonly offMs: number; readonly wall: 'zero' | 'stale' | 'future' }
  | { readonly do: 'trust' };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'frame' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2 * HOUR_MS }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      byMs: fc.constantFrom(SECOND_MS, -SECOND_MS, 3 * HOUR_MS, -3 * HOUR_MS, YEARS_MS, -YEARS_MS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reboot' as const),
      offMs: fc.integer({ min: 1, max: 48 * HOUR_MS }),
      wall: fc.constantFrom('zero' as const, 'stale' as const, 'future' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'trust' } as const) },
);

/** When a frame came. */
interface Heard {
  readonly trueMs: number;
  readonly wallMs: number;
  readonly boot: number;
}

function keeperOf(world: TestWorld, boot: number, machine: () => MachineTime) {
  const name = String(boot).padStart(16, '0');
  return createTimekeeper({
    world,
    probe: { boot: name, look: () => Promise.resolve(machine()), sleptMs: () => 0 },
    config: { trust: 'auto', holdDays: Number.POSITIVE_INFINITY },
  });
}

/** A box of which only the clocks are real; its log is in memory. */
function createScene() {
  const book = createClockBook();
  const memory = createMemoryStore();
  const frames = new Map<number, Heard>();
  let nowMs = START_MS;
  let boots = 0;
  let smallJumps = 0;
  let machine: MachineTime = { daemon: 'unsynchronized' };
  let world: TestWorld;
  let keeper: ReturnType<typeof createTimekeeper>;

  function append(records: Parameters<typeof memory.append>[0]): number {
    const stamped = records.map(keeper.stamp);
    const { firstSeq } = memory.append(stamped);
    for (const [index, record] of stamped.entries()) book.note(firstSeq + index, record);
    return firstSeq;
  }

  async function boot(wallMs: number): Promise<void> {
    await keeper?.stop();
    machine = { daemon: 'unsynchronized' };
    world = createTestWorld(wallMs);
    keeper = keeperOf(world, ++boots, () => machine);
    const commit = ({ records = [] }: { records?: Parameters<typeof append>[0] }) =>
      Promise.resolve({ firstSeq: append(records) });
    keeper.attach({ log: memory.log, commit, clocks: book });
    await keeper.start();
  }

  async function pass(ms: number): Promise<void> {
    nowMs += ms;
    world.advance(ms);
    await breathe();
  }

  async function trust(): Promise<void> {
    world.setNow(nowMs);
    machine = { daemon: 'synchronized', syncedAtMs: nowMs };
    keeper.stamp(uplinkRecord('a', 0, {})); // any use of the clock notices
    await pass(60_000);
  }

  async function hear(): Promise<void> {
    const wallMs = world.clock.nowMs();
    const seq = append([uplinkRecord('a', wallMs, {})]);
    frames.set(seq, { trueMs: nowMs, wallMs, boot: boots });
    await breathe();
  }

  function jump(byMs: number): void {
    if (Math.abs(byMs) <= SECOND_MS) smallJumps++;
    world.setNow(world.clock.nowMs() + byMs);
  }

  function reboot({ offMs, wall }: Extract<Action, { do: 'reboot' }>): Promise<void> {
    const stale = nowMs - 60_000;
    nowMs += offMs;
    return boot({ zero: 0, stale, future: nowMs + YEARS_MS }[wall]);
  }

  return {
    ...{ book, memory, frames, boot, pass, trust, hear, jump, reboot },
    keeper: () => keeper,
    smallJumps: () => smallJumps,
  };
}

async function run(scene: ReturnType<typeof createScene>, next: Action): Promise<void> {
  switch (next.do) {
    case 'frame':
      return scene.hear();
    case 'pass':
      return scene.pass(next.ms);
    case 'jump':
      return scene.jump(next.byMs);
    case 'reboot':
      return scene.reboot(next);
    case 'trust':
      return scene.trust();
  }
}

function check(scene: ReturnType<typeof createScene>): void {
  const { book, memory, frames } = scene;
  const slackMs = 3 * SECOND_MS + scene.smallJumps() * SECOND_MS;
  let last = { boot: 0, timeMs: 0 };
  for (const record of memory.log.readAfter(0, 10_000)) {
    const frame = frames.get(record.seq);
    expect(record.timeMs).toBeGreaterThanOrEqual(Date.UTC(2025, 0, 1));
    if (!frame) continue;
    const dated = timeOf(record, book);
    expect(dated.final).toBe(true);
    if (dated.quality === 'measured') {
      expect(dated.timeMs).toBe(frame.wallMs);
      continue;
    }
    const { clock } = JSON.parse(record.body);
    const set = book.setFor(clock.boot, record.seq);
    const withinMs = set?.source === 'estimated' ? (set.uncertaintyMs ?? Number.POSITIVE_INFINITY) : 0;
    expect(Math.abs(dated.timeMs - frame.trueMs)).toBeLessThanOrEqual(withinMs + slackMs);
    if (last.boot === frame.boot) expect(dated.timeMs).toBeGreaterThanOrEqual(last.timeMs - slackMs);
    last = { boot: frame.boot, timeMs: dated.timeMs };
  }
}

test('whatever the clock does, times are right within what is stated once a time server is reached', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(action, { minLength: 3, maxLength: 25 }),
      async (rightAtFirst, actions) => {
        const scene = createScene();
        await scene.boot(0);
        if (rightAtFirst) await scene.trust();
        for (const next of actions) await run(scene, next);
        await scene.trust();
        expect(scene.keeper().status().state).toBe('ok');
        expect(scene.keeper().holdFrom()).toBe(Number.POSITIVE_INFINITY);
        check(scene);
        await scene.keeper().stop();
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
