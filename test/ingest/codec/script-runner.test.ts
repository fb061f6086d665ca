/** Who is blamed for a call that does not come back: the script for its processor time, never for the clock. */
import { afterEach, describe, expect, test } from 'vitest';
import { createScriptRunner, DEADLINE_MS, type RunResult } from '../../../src/ingest/codec/script-runner.ts';
import { eventually } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A runner whose clock is moved by hand, and what became of its calls. */
function runner() {
  const { clock, advance } = createTestWorld();
  let pausedMs = 0;
  const made = createScriptRunner({ clock: { ...clock, monotonicMs: () => clock.monotonicMs() + pausedMs } });
  cleanups.push(made.stop);
  const answers: RunResult[] = [];
  const decode = (source: string) => {
    const input = { fPort: 1, data: '\u0007', timeMs: 0 };
    const answer = made.run(made.add(source), { kind: 'decode', input });
    void answer.then((result) => answers.push(result));
    return answer;
  };
  /** Time passes in which no timer of ours was run. */
  const pause = (ms: number) => {
    pausedMs += ms;
    advance(250);
  };
  return { decode, advance, pause, answers };
}

const GOOD = 'function decodeUplink(input) { return { data: { v: input.bytes[0] } }; }';
const HELD = "for (;;) 'x'.repeat(6000000);";

describe('codec deadline', () => {
  test('a worker that had no time of the processor yet is not taken for a script that does not come back', async () => {
    const { decode, advance, answers } = runner();
    const good = decode(GOOD);
    await Promise.resolve();
    // Far past the deadline by the clock, while the worker has hardly been started.
    for (let looks = 0; looks < 40; looks++) advance(250);
    expect(answers).toEqual([]);
    expect(await good).toEqual({ kind: 'decode', result: { fields: { v: 7 }, warnings: [] } });
  });

  test('a long pause of this thread counts for nothing', async () => {
    const { decode, pause } = runner();
    const good = decode(GOOD);
    await Promise.resolve();
    for (let pauses = 0; pauses < 20; pauses++) pause(3_600_000);
    expect(await good).toMatchObject({ kind: 'decode' });
  });

  test('one that uses the processor up is ended, and the next goes on', async () => {
    const { decode, advance, answers } = runner();
    const held = decode(HELD);
    const next = decode(GOOD);
    const before = process.cpuUsage();
    await eventually(
      'it is ended',
      () => {
        advance(5);
        return answers.length > 0;
      },
      30_000,
    );
    const { user, system } = process.cpuUsage(before);
    expect(await held).toEqual({ kind: 'held' });
    expect((user + system) / 1000).toBeGreaterThan(DEADLINE_MS * 0.9);
    expect(await next).toMatchObject({ kind: 'decode' });
  }, 40_000);

  test('a worker that does not get on at all is made anew, and no script is blamed', async () => {
    const { decode, advance } = runner();
    const waiting = decode(GOOD);
    await Promise.resolve();
    for (let looks = 0; looks < 241; looks++) advance(250);
    expect(await waiting).toMatchObject({ kind: 'failed', problem: expect.stringContaining('started anew') });
  });
});
