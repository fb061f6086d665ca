/** Commands from a real Redis: at least once, one at a time, past whatever cannot be read, over breaks of the line. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { COMMAND_KINDS, type CommandAnswer } from '../../../../src/model/command.ts';
import { createWorld } from '../../../../src/ops/world.ts';
import { readAgain } from '../../../../src/sync/entry.ts';
import {
  type CommandService,
  createCommandService,
} from '../../../../src/sync/site/commands/command-service.ts';
import { DEFAULTS } from '../../../support/config.ts';
import { createMemoryStore, uplinkRecord } from '../../../support/memory-store.ts';
import { describeWith, temporaryFolder } from '../../../support/process.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';

const KEY = 'webscada:{hut}:commands';
const SOON = { timeout: 30_000 };
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A log of `count` readings, in epoch 3. */
function filledLog(count: number) {
  const store = createMemoryStore();
  store.append(
    Array.from({ length: count }, (_, at) => uplinkRecord('70b3d57ed0000000', at * 7_000, { t: at })),
  );
  return { log: store.log, epoch: () => 3 };
}

describeWith(['redis-server'], 'commands of the centre', () => {
  const folder = temporaryFolder();
  let redis: RedisServer;
  let service: CommandService | undefined;
  let answers: CommandAnswer[];
  let backups: number;
  let notes: Map<string, unknown>;
  let isBusy = false;
  const filled = filledLog(700);

  beforeAll(async () => {
    redis = await startRedis(folder.path);
  });
  beforeEach(async () => {
    await redis.client.flushall();
    [answers, backups, notes, isBusy] = [[], 0, new Map(), false];
  });
  afterEach(() => service?.stop());
  afterAll(async () => {
    await redis.stop();
    folder.remove();
  });

  /** `storeId` names the box. */
  async function start(storeId = 's1', backup = async () => ({ ok: true, detail: `made ${++backups}` })) {
    await service?.stop();
    service = createCommandService({
      store: {
        ...filled,
        storeId: () => storeId,
        synced: async () => {},
        notes: {
          get: (name) => notes.get(name),
          put: (name, value) => void notes.set(name, structuredClone(value)),
        },
        async commit({ records = [] }) {
          for (const { body } of records) answers.push(body as { event: string } as CommandAnswer);
          return { firstSeq: answers.length };
        },
      },
      config: { ...DEFAULTS.centre, url: redis.url, commands: [...COMMAND_KINDS] },
      site: 'hut',
      ports: {
        backup,
        doctor: async () => [],
        sums: async () => ({ epoch: 1, fromSeq: 1, toSeq: 1, oldestSeq: 1, hours: [] }),
        ask: async () => ({ status: 201, json: { id: 'd1' } }),
      },
      recordsGo: () => true,
      isBusy: () => isBusy,
      ownTime: Date.now,
      world: createWorld(SILENT),
      waitMs: 500,
    });
    await service.start();
  }

  const add = (id: string, kind = 'backup', body = '{}') =>
    redis.client.xadd(KEY, '*', 'v', '1', 'id', id, 'kind', kind, 'body', body);
  const done = () =>
    answers.filter(({ state }) => state !== 'accepted').map(({ id, state }) => `${id} ${state}`);
  const isEmpty = () => expect.poll(() => redis.client.xlen(KEY), SOON).toBe(0);

  test('what waits is done in order, what comes is done at once, and nothing is left at the centre', async () => {
    await add('a');
    await add('b', 'reboot');
    await start();
    await expect.poll(done, SOON).toEqual(['a done', 'b refused']);
    await add('c', 'doctor');
    await expect.poll(done, SOON).toContain('c done');
    await isEmpty();
    const told = { state: 'ok', done: 2, refused: 1, last: { kind: 'doctor', state: 'done' } };
    await expect.poll(() => service?.status(), SOON).toMatchObject(told);
    const [group] = (await redis.client.call('XINFO', 'GROUPS', KEY)) as unknown[][];
    expect(group?.[group.indexOf('pending') + 1]).toBe(0);
  });

  test('the same id twice is done once', async () => {
    await start();
    for (const id of ['a', 'a', 'b']) await add(id);
    await expect.poll(done, SOON).toEqual(['a done', 'b done']);
    expect(backups).toBe(2);
  });

  test('killed in the middle: it comes again and is answered', async () => {
    notes.set('commands', [['a', 'begun']]);
    await redis.client.xgroup('CREATE', KEY, 'site', '0', 'MKSTREAM').catch(() => {});
    await add('a');
    await redis.client.xreadgroup('GROUP', 'site', 'store-s1', 'STREAMS', KEY, '>');
    await start();
    await expect.poll(done, SOON).toEqual(['a done']);
    expect(backups).toBe(1);
    await isEmpty();
  });

  test('entries of rubbish, of 1 MB and of 5 MB do not stop those behind them', async () => {
    await redis.client.xadd(KEY, '*', 'x', 'y');
    await redis.client.xadd(KEY, '*', 'v', '1', 'id', 'big', 'kind', 'backup', 'body', 'x'.repeat(1_000_000));
    await redis.client.xadd(
      KEY,
      '*',
      'v',
      '1',
      'id',
      'huge',
      'kind',
      'backup',
      'body',
      'x'.repeat(5_000_000),
    );
    await add('after');
    await start();
    await expect.poll(done, SOON).toContain('after done');
    expect(answers.filter(({ code }) => code === 'too_large')).toHaveLength(2);
    await isEmpty();
  });

  test('the centre restarts empty in between', async () => {
    await start();
    await add('a');
    await expect.poll(done, SOON).toEqual(['a done']);
    await redis.kill();
    await redis.restart();
    await expect.poll(() => add('b').catch(() => ''), SOON).not.toBe('');
    await expect.poll(done, SOON).toEqual(['a done', 'b done']);
  });

  test('a stop does not wait for what hangs; it comes again at the next start', async () => {
    let begun = 0;
    await start('s1', () => {
      begun++;
      return new Promise(() => {});
    });
    await add('a');
    await expect.poll(() => begun, SOON).toBe(1);
    await service?.stop();
    await start();
    await expect.poll(done, SOON).toEqual(['a done']);
    expect([begun, backups]).toEqual([1, 1]);
  });

  const AGAIN = 'webscada:{hut}:again';
  const lastAnswer = () => answers.findLast(({ state }) => state !== 'accepted');

  test('a range sent again: blocks that carry their numbers, the newest first', async () => {
    await start();
    await add('a', 'resend', JSON.stringify({ epoch: 3, fromSeq: 101, toSeq: 9_000 }));
    await expect.poll(done, SOON).toEqual(['a done']);
    expect(lastAnswer()?.result).toEqual({ epoch: 3, fromSeq: 101, toSeq: 9_000, sent: 600 });
    const entries = await redis.client.xrangeBuffer(AGAIN, '-', '+');
    const read = entries.map(([, fields]) => readAgain(fields));
    const ranges = read.map((each) => each.ok && [each.id.epoch, each.firstSeq, each.id.seq]);
    expect(ranges).toEqual([
      [3, 451, 700],
      [3, 201, 450],
      [3, 101, 200],
    ]);
    const [record] = read[2]?.ok ? read[2].records : [];
    expect(record).toEqual(filled.log.readAfter(100, 1)[0]);
  });

  test('sending again waits for what was never sent, and is given up with the line', async () => {
    isBusy = true;
    await start();
    await add('a', 'resend', JSON.stringify({ epoch: 3, fromSeq: 1, toSeq: 300 }));
    await expect.poll(() => answers.map(({ state }) => state), SOON).toEqual(['accepted']);
    expect(await redis.client.exists(AGAIN)).toBe(0);
    await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    isBusy = false;
    await expect.poll(done, SOON).toEqual(['a done']);
    expect(lastAnswer()?.result).toMatchObject({ sent: 300 });
  });

  test.each([
    ['another epoch', 'epoch', { epoch: 2, fromSeq: 1, toSeq: 9 }],
    ['what is still to come', 'range', { epoch: 3, fromSeq: 701, toSeq: 702 }],
  ])('not sent again: %s', async (_, code, body) => {
    await start();
    await add('a', 'resend', JSON.stringify(body));
    await expect.poll(done, SOON).toEqual(['a refused']);
    expect(lastAnswer()?.code).toBe(code);
  });

  test('not sent again: where nobody takes it, and where something else sits at the key', async () => {
    const pipeline = redis.client.pipeline();
    for (let i = 0; i < 1_000; i++) pipeline.xadd(AGAIN, '*', 'v', '1');
    await pipeline.exec();
    await start();
    await add('a', 'resend', JSON.stringify({ epoch: 3, fromSeq: 1, toSeq: 9 }));
    await expect.poll(done, SOON).toEqual(['a refused']);
    expect(lastAnswer()?.code).toBe('queue-full');
    await redis.client.set(AGAIN, 'x');
    await add('b', 'resend', JSON.stringify({ epoch: 3, fromSeq: 1, toSeq: 9 }));
    await expect.poll(done, SOON).toContain('b refused');
    expect(lastAnswer()?.code).toBe('centre');
  });

  test('a site that allows nothing opens no connection', async () => {
    service = createCommandService({
      store: {
        ...filled,
        storeId: () => 's1',
        synced: async () => {},
        notes: { get: () => undefined, put() {} },
        commit: async () => ({ firstSeq: 1 }),
      },
      config: { ...DEFAULTS.centre, url: redis.url, commands: [] },
      site: 'hut',
      ports: {
        backup: async () => ({ ok: true, detail: '' }),
        doctor: async () => [],
        sums: async () => ({ epoch: 1, fromSeq: 1, toSeq: 1, oldestSeq: 1, hours: [] }),
        ask: async () => ({ status: 200, json: {} }),
      },
      recordsGo: () => true,
      isBusy: () => isBusy,
      ownTime: Date.now,
      world: createWorld(SILENT),
    });
    await service.start();
    await service.stop();
    expect(await redis.client.exists(KEY)).toBe(0);
  });
});
