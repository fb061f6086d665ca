/** A version by command: answered once, by the version that runs afterwards, whatever was cut short in between. */
import { describe, expect, test } from 'vitest';
import { createWakeup } from '../../../../src/model/wakeup.ts';
import type { CommandResult } from '../../../../src/sync/site/commands/command-result.ts';
import { createLastingCommands } from '../../../../src/sync/site/commands/lasting.ts';
import {
  type TakeVersionContext,
  takeVersion,
  type Versions,
  versionOutcome,
} from '../../../../src/sync/site/commands/take-version.ts';
import { createTestWorld } from '../../../support/world.ts';

function makeBox() {
  const world = createTestWorld();
  const notes = new Map<string, unknown>();
  const store = {
    notes: {
      get: (name: string) => structuredClone(notes.get(name)),
      put: (name: string, value: unknown) => void notes.set(name, value),
    },
    synced: async () => {},
  };
  const lasting = createLastingCommands(store);
  const taken: string[] = [];
  const state: { ended: ReturnType<Versions['ended']>; refusal?: { code: string; reason: string } } = {
    ended: undefined,
  };
  /** One life, of this version. */
  function live(version: string) {
    const wakeup = createWakeup(world.clock);
    const context: TakeVersionContext = {
      ...{ world, wakeup, lasting },
      versions: {
        version,
        take: async (id, wanted) => {
          taken.push(`${id} ${wanted}`);
          return state.refusal;
        },
        ended: () => state.ended,
      },
    };
    let result: CommandResult | undefined | 'none' = 'none';
    const hold = (promise: Promise<CommandResult | undefined>) => {
      void promise.then((value) => {
        result = value;
      });
    };
    return {
      take: (id: string, wanted: string) => hold(takeVersion(context, id, wanted)),
      follow() {
        const noted = lasting.current();
        if (noted) hold(versionOutcome(context, noted));
      },
      stop: () => wakeup.stop(),
      async result(ms = 1_000) {
        for (let i = 0; i < 5; i++) {
          await new Promise((resolve) => setImmediate(resolve));
          world.advance(ms / 5);
        }
        return result;
      },
    };
  }
  return { live, lasting, taken, state, world };
}

describe('a version by command', () => {
  test('is answered by the new version, from the note the old one has left', async () => {
    const { live, state, taken } = makeBox();
    const old = live('0.2.0');
    old.take('a', '0.3.0');
    expect(await old.result()).toBe('none');
    old.stop();
    expect(await old.result()).toBe('none');
    const fresh = live('0.3.0');
    fresh.follow();
    expect(await fresh.result()).toBe('none');
    state.ended = 'done';
    expect(await fresh.result()).toEqual({ ok: true, result: { version: '0.3.0' } });
    expect(taken).toEqual(['a 0.3.0']);
  });

  test('that was taken back is answered by the one before', async () => {
    const { live, state } = makeBox();
    const old = live('0.2.0');
    old.take('a', '0.3.0');
    await old.result();
    old.stop();
    state.ended = { code: 'taken_back', reason: 'it was sick' };
    const again = live('0.2.0');
    again.follow();
    expect(await again.result()).toEqual({ ok: false, code: 'taken_back', reason: 'it was sick' });
  });

  test('that is said to be in place and does not run is no success', async () => {
    const { live, state } = makeBox();
    const old = live('0.2.0');
    old.take('a', '0.3.0');
    await old.result();
    state.ended = 'done';
    expect(await old.result()).toMatchObject({ ok: false, code: 'taken_back' });
  });

  test('that runs already is done, and nothing is asked for; while one is under way another waits for no place', async () => {
    const { live, taken } = makeBox();
    const box = live('0.2.0');
    box.take('a', '0.2.0');
    expect(await box.result()).toMatchObject({ ok: true });
    expect(taken).toEqual([]);
    live('0.2.0').take('b', '0.3.0');
    await box.result();
    box.take('c', '0.4.0');
    expect(await box.result()).toMatchObject({ code: 'busy' });
  });

  test('what is refused at once leaves no note; what was cut off before it was asked for begins anew', async () => {
    const { live, state, lasting } = makeBox();
    state.refusal = { code: 'no_unit', reason: 'nobody' };
    const box = live('0.2.0');
    box.take('a', '0.3.0');
    expect(await box.result()).toEqual({ ok: false, ...state.refusal });
    expect(lasting.current()).toBeUndefined();
    await lasting.note({ id: 'a', kind: 'take-version', atMs: 0, facts: { version: '0.3.0' } });
    box.follow();
    expect(await box.result()).toBeUndefined();
  });

  test('nor is it waited for longer when the clock is set back, or less when it is set forward', async () => {
    const { live, world } = makeBox();
    const box = live('0.2.0');
    box.take('a', '0.3.0');
    await box.result();
    world.setNow(world.clock.nowMs() + 86_400_000);
    expect(await box.result()).toBe('none');
    world.setNow(0);
    expect(await box.result(20_000_000)).toMatchObject({ ok: false, code: 'late' });
  });

  test('of which nobody says how it ended is given up after an hour', async () => {
    const { live } = makeBox();
    const box = live('0.2.0');
    box.take('a', '0.3.0');
    await box.result();
    expect(await box.result(20_000_000)).toMatchObject({ ok: false, code: 'late' });
  });
});
