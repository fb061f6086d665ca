/** The line's budget against a real Redis: bytes a second and a day as they are counted on the line, windows, and what is said of it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CentreConfig } from '../../../src/config/schema.ts';
import type { World } from '../../../src/model/world.ts';
import { createWorld } from '../../../src/ops/world.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../../support/config.ts';
import { type Line, startLine } from '../../support/line.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, streamIds } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

const KEY = 'webscada:{hut}:log';
const NOON = Date.UTC(2026, 0, 5, 12);
/** Larger than the smallest batch on the line with what stands around it, and the asking at a connection. */
const SLACK_BYTES = 8_000;

describeWith(['redis-server'], 'a budget for the line to the centre', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let redis: RedisServer;
  let line: Line;
  let running: CentralSync[];
  let nowMs: number;
  let monotonicMs: number;
  let store: MemoryStore;

  beforeEach(async () => {
    folder = temporaryFolder();
    redis = await startRedis(folder.path);
    line = await startLine(redis.port);
    running = [];
    nowMs = NOON;
    monotonicMs = 0;
    store = createMemoryStore();
  });

  afterEach(async () => {
    await Promise.all(running.map((sync) => sync.stop()));
    await line.stop();
    await redis.stop();
    folder.remove();
  });

  async function syncing(changes: Partial<CentreConfig>): Promise<CentralSync> {
    const real = createWorld(createTestWorld().logger);
    const clock = { ...real.clock, nowMs: () => nowMs, monotonicMs: () => monotonicMs };
    const world: World = { ...real, clock };
    const config = { ...DEFAULTS.centre, url: `redis://127.0.0.1:${line.port}`, ...changes };
    const limits = { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 100, checkMs: 100 };
    const sync = createCentralSync({ store, site: 'hut', world, config, limits });
    running.push(sync);
    await sync.start();
    return sync;
  }

  function append(count: number): void {
    for (let i = 0; i < count; i++) {
      const seq = store.log.lastSeq() + 1;
      store.append([uplinkRecord('00000000000000a1', NOON + seq, { seq })]);
    }
  }

  const carried = () => line.bytes.sent + line.bytes.received;
  const drained = (sync: CentralSync) => eventually('drained', () => sync.status().pending === 0);
  const all = (count: number) => Array.from({ length: count }, (_, i) => `1-${i + 1}`);

  test('no more than the bytes a second, and all of it in the end', async () => {
    append(300);
    const rate = 10_000;
    const sync = await syncing({ maxBytesPerSecond: rate });
    for (let seconds = 0; sync.status().pending > 0; seconds++) {
      expect(carried()).toBeLessThanOrEqual(rate * (seconds + 2 + 5) + SLACK_BYTES);
      if (seconds > 100) throw new Error('it does not get on');
      const before = carried();
      monotonicMs += 1_000;
      // It goes on by itself once there is something in the bucket again; a debt of some seconds may come first.
      await eventually('it looked', () => carried() > before || sync.status().pending === 0, 300).catch(
        () => {},
      );
    }
    expect(await streamIds(redis.client, KEY)).toEqual(all(300));
  }, 60_000);

  test('stops when the bytes of the day are used up, says so, remembers it over a restart, and goes on the next day', async () => {
    append(500);
    const sync = await syncing({ maxBytesPerDay: 40_000 });
    await eventually('used up', () => sync.status().detail.includes('are used up'));
    expect(sync.status()).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('goes on at 2026-01-06 00:00'),
    });
    expect(carried()).toBeGreaterThan(30_000);
    expect(carried()).toBeLessThan(40_000 + SLACK_BYTES);
    await sync.stop();
    const again = await syncing({ maxBytesPerDay: 40_000 });
    await eventually('still', () => again.status().detail.includes('are used up'));
    expect(carried()).toBeLessThan(40_000 + SLACK_BYTES);
    for (let day = 1; again.status().pending > 0; day++) {
      if (day > 20) throw new Error('it does not get on');
      nowMs = NOON + day * 86_400_000;
      const before = again.status().pending;
      await eventually('it goes on', () => again.status().pending < before);
      await eventually('used up, or done', () => {
        const { detail, pending } = again.status();
        return pending === 0 || detail.includes('are used up');
      });
    }
    expect(await streamIds(redis.client, KEY)).toEqual(all(500));
  }, 60_000);

  test('waits for its window, says until when, and sends when it opens', async () => {
    append(20);
    const sync = await syncing({ windows: ['22:00-06:00'] });
    await eventually('waits', () => sync.status().detail.includes('opens at 22:00'));
    expect(sync.status()).toMatchObject({ state: 'ok', pending: 20 });
    expect(await streamIds(redis.client, KEY)).toEqual([]);
    nowMs = NOON + 10.5 * 3_600_000;
    await drained(sync);
    expect(await streamIds(redis.client, KEY)).toEqual(all(20));
  });

  test('an event does not wait for the window that readings wait for', async () => {
    append(20);
    const sync = await syncing({ windows: ['22:00-06:00'] });
    await eventually('waits', () => sync.status().detail.includes('opens at 22:00'));
    store.append([{ kind: 'system', timeMs: NOON, device: null, body: { event: 'test' } }]);
    const events = KEY.replace(':log', ':events');
    await eventually('it is there', async () => (await streamIds(redis.client, events)).length > 0);
    expect(await streamIds(redis.client, events)).toEqual(['1-21']);
    expect(await streamIds(redis.client, KEY)).toEqual([]);
  });

  test('says when a backlog will be done, or that it will not', async () => {
    append(2_000);
    const sync = await syncing({ maxBytesPerSecond: 2_000 });
    await eventually('under way', () => sync.status().delivered > 0);
    const { delivered } = sync.status();
    monotonicMs += 30_000;
    nowMs += 30_000;
    await eventually('it went on', () => sync.status().delivered > delivered);
    await eventually('it says when', () =>
      /; done about (2026-01-05 )?\d\d:\d\d$/.test(sync.status().detail),
    );
    append(5_000);
    await eventually('it says so', () => sync.status().detail.endsWith('; not catching up'));
  });
});
