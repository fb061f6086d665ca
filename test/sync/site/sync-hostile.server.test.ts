/** S8: a centre that is hostile costs the site nothing but the line to it, and leaves nothing behind. */

import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorld } from '../../../src/ops/world.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { eventually } from '../../support/process.ts';
import {
  array,
  bulk,
  flood,
  type HostileRedis,
  type Misbehaviour,
  on,
  startHostileRedis,
  streamAt,
} from '../../support/redis-hostile.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const MB = 1024 * 1024;
const QUICK = { maxDelayMs: 5, retryMinMs: 5, retryMaxMs: 20, checkMs: 60_000, commandTimeoutMs: 5_000 };

/** To the first command only its `head`, then this much of `chunk`. */
function flooding(head: string, chunk: Buffer, bytes: number): Misbehaviour {
  return (socket) => {
    flood(socket, head, chunk, bytes);
    return true;
  };
}

describe('a hostile centre (S8)', () => {
  let redis: HostileRedis;
  let store: MemoryStore;
  let sync: CentralSync;
  let remembered: TestWorld;

  beforeEach(async () => {
    redis = await startHostileRedis();
    store = createMemoryStore();
    store.append([1, 2, 3].map((n) => uplinkRecord('00000000000000a1', n, { temperature: n })));
    remembered = createTestWorld();
    const world = createWorld(remembered.logger);
    sync = createCentralSync({
      store,
      site: 'hut',
      world,
      config: { ...DEFAULTS.centre, url: redis.url },
      limits: QUICK,
    });
  });

  afterEach(async () => {
    await sync.stop();
    await redis.stop();
  });

  const claimed = (more: Readonly<Record<string, string>>) => on({ EVALSHA: bulk('memory'), ...more });
  const appending =
    (answer: string): Misbehaviour =>
    (socket: Socket, command) => {
      if (command[0] !== 'EVALSHA' || command[3] !== 'webscada:{hut}:log') return false;
      socket.write(answer);
      return true;
    };

  test.each<[string, string, Misbehaviour]>([
    ['epoch 999999999999999', 'epoch', streamAt('999999999999999-1')],
    [
      'an epoch in the register',
      'epoch',
      claimed({ HGETALL: array(bulk('1'), bulk('x'), bulk('99999999999'), bulk('x')) }),
    ],
    ['an ID above 2^53', 'no site gives', streamAt('1-9007199254740993')],
    ['an epoch above 2^53', 'no site gives', streamAt('18446744073709551615-18446744073709551615')],
    ['an ID of a megabyte', 'no site gives', streamAt('1'.repeat(MB))],
    ['a bulk of 2 GB', '2147483648 bytes', flooding('$2147483648\r\n', Buffer.alloc(MB, 'x'), 400 * MB)],
    [
      'an array of 100 million',
      '100000000 elements',
      flooding('*100000000\r\n', Buffer.from(':1\r\n'.repeat(250_000)), 400 * MB),
    ],
    [
      'many bulks in one array',
      'more than',
      flooding('*20000\r\n', Buffer.from(`$1048576\r\n${'x'.repeat(MB)}\r\n`), 400 * MB),
    ],
    ['an error word of 3 MB', 'first line', on({ HGETALL: `-${'X'.repeat(3 * MB)}\r\n` })],
    ['an error word of 8 kB', 'error ERR', on({ HGETALL: `-${'X'.repeat(8_000)}\r\n` })],
    [
      'replies nobody asked for',
      'nobody asked',
      flooding('', Buffer.from('$-1\r\n'.repeat(100_000)), 400 * MB),
    ],
    ['arrays in arrays', 'in one another', flooding('', Buffer.from('*1\r\n'.repeat(100_000)), 400 * MB)],
    ['what is not RESP', 'does not speak', on({ HGETALL: 'HTTP/1.1 400 Bad Request\r\n\r\n' })],
    [
      'a batch of which more landed than was sent',
      'no Redis answers',
      appending(array(':9\r\n', bulk('1-9'), bulk(''))),
    ],
    [
      'a batch of which less than nothing landed',
      'no Redis answers',
      appending(array(':-1\r\n', bulk('1-3'), bulk(''))),
    ],
    ['a batch that landed elsewhere', 'no Redis answers', appending(array(':3\r\n', bulk('7-7'), bulk('')))],
    [
      'a batch that neither landed nor failed',
      'no Redis answers',
      appending(array(':0\r\n', bulk('0-0'), bulk(''))),
    ],
    [
      'a stream that is elsewhere each time',
      'taking over',
      appending(array(':0\r\n', bulk('1-1'), bulk(''))),
    ],
    [
      'an error word of 3 MB in a reply',
      'error',
      appending(array(':0\r\n', bulk(''), bulk('X'.repeat(3 * MB)))),
    ],
  ])('%s: told, bounded, tried again, and forgotten once the centre is honest', async (_name, words, how) => {
    redis.misbehave(how);
    const before = process.memoryUsage().rss;
    let peak = before;
    await sync.start();
    await eventually('it says why', () => {
      peak = Math.max(peak, process.memoryUsage().rss);
      return sync.status().state === 'down';
    });
    await eventually('it tries again', () => {
      peak = Math.max(peak, process.memoryUsage().rss);
      return redis.connections() >= 4;
    });
    const { detail, hint } = sync.status();
    expect(detail).toContain(words);
    expect(hint).toBeTruthy();
    expect(JSON.stringify([sync.status(), remembered.logged]).length).toBeLessThan(4_000);
    expect(store.epoch()).toBe(1);
    expect(sync.status().delivered).toBe(0);
    expect((peak - before) / MB).toBeLessThan(60);
    redis.misbehave(undefined);
    await eventually('delivered', () => sync.status().state === 'ok' && sync.status().pending === 0);
  });
});
