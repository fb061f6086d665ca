/** What systemd is told, and when it is told nothing. */
import { expect, test } from 'vitest';
import { createNotifier } from '../../src/ops/notify.ts';
import { createTestWorld } from '../support/world.ts';

const ENV = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '60000000' };

/** Lets promises that wait for each other settle. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function bench(env: Record<string, string> = ENV) {
  const world = createTestWorld();
  const sent: string[][] = [];
  let answer: () => Promise<string | undefined> = async () => undefined;
  const notifier = createNotifier({
    env,
    world,
    check: () => answer(),
    send: async (assignments) => {
      sent.push([...assignments]);
      return true;
    },
  });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      world.advance(1_000);
      await settled();
    }
  };
  const pings = (): number => sent.filter(([first]) => first === 'WATCHDOG=1').length;
  const check = (next: typeof answer): void => {
    answer = next;
  };
  return { world, sent, notifier, pass, pings, check };
}

test('says ready with one line, whatever is in it', async () => {
  const { notifier, sent } = bench();
  await notifier.ready('site a\nMAINPID=1');
  expect(sent).toEqual([['READY=1', 'STATUS=site a MAINPID=1']]);
});

test('feeds the watchdog three times in its interval while all is well', async () => {
  const { notifier, pass, pings } = bench();
  await notifier.ready('');
  await pass(60_000);
  expect(pings()).toBe(3);
});

test('withholds the ping while the check gives a reason, tells it once, and feeds again afterwards', async () => {
  const { notifier, pass, pings, check, world } = bench();
  await notifier.ready('');
  check(async () => 'a write to the store does not end');
  await pass(60_000);
  expect(pings()).toBe(0);
  const told = world.logged.filter(({ event }) => event === 'watchdog.withheld');
  expect(told).toHaveLength(1);
  expect(told[0]?.fields.reason).toBe('a write to the store does not end');
  check(async () => undefined);
  await pass(20_000);
  expect(pings()).toBe(1);
  expect(world.logged.map(({ event }) => event)).toContain('watchdog.fed_again');
});

test('a check that never ends or fails withholds the ping', async () => {
  const { notifier, pass, pings, check } = bench();
  await notifier.ready('');
  check(() => new Promise(() => {}));
  await pass(45_000);
  check(() => Promise.reject(new Error('broken')));
  await pass(60_000);
  expect(pings()).toBe(0);
});

test('stopping ends the pings; outside systemd nothing is sent', async () => {
  const { notifier, pass, pings, sent } = bench();
  await notifier.ready('');
  await notifier.stopping();
  await pass(60_000);
  expect(pings()).toBe(0);
  expect(sent.at(-1)?.[0]).toBe('STOPPING=1');
  const outside = bench({ WATCHDOG_USEC: '60000000' });
  await outside.notifier.ready('');
  await outside.pass(60_000);
  expect(outside.sent).toEqual([]);
});

test('a watchdog meant for another process is not fed', async () => {
  const { notifier, pass, pings } = bench({ ...ENV, WATCHDOG_PID: '1' });
  await notifier.ready('');
  await pass(60_000);
  expect(pings()).toBe(0);
});
