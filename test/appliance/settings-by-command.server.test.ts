/** Settings changed by the centre, over a real Redis: kept once it is reached with them, taken back by the box itself where not. */
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ApplianceProcess, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

/** Started from its source, on a loaded machine; a trial lasts a minute. */
const SLOW_MS = 240_000;
const [COMMANDS, EVENTS] = ['webscada:{hill}:commands', 'webscada:{hill}:events'];

interface Answer {
  readonly id: string;
  readonly state: string;
  readonly code?: string;
  readonly reason?: string;
  readonly result?: unknown;
}

interface Shown {
  trial?: object;
  settings: { path: string; value?: unknown; next?: object }[];
}

describeWith(['redis-server'], 'settings by command', () => {
  const ends: (() => unknown)[] = [];
  let redis: RedisServer;
  let port: number;
  let file: string;
  let newest: ApplianceProcess | undefined;

  beforeEach(async () => {
    const folder = temporaryFolder();
    ends.push(() => folder.remove());
    redis = await startRedis(folder.path);
    ends.push(() => redis.stop());
    port = await freePort();
    file = writeSettings(folder.path, {
      site: { id: 'hill' },
      http: { port, host: '127.0.0.1' },
      store: { dir: join(folder.path, 'data') },
      log: { format: 'json' },
      mqtt: { mode: 'embedded', embedded_port: await freePort() },
      centre: {
        url: redis.url,
        commands: ['settings-put'],
        command_settings: ['influx', 'centre.url', 'http.port'],
      },
    });
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function start(env: Record<string, string> = {}): Promise<ApplianceProcess> {
    const box = await startAppliance(file, port, env);
    ends.push(() => box.stop());
    newest = box;
    return box;
  }

  const put = (id: string, changes: Record<string, unknown>) =>
    redis.client.xadd(
      ...([COMMANDS, '*', 'v', '1', 'id', id, 'kind', 'settings-put'] as const),
      ...(['body', JSON.stringify({ changes })] as const),
    );

  async function answers(): Promise<Answer[]> {
    const entries = await redis.client.xrange(EVENTS, '-', '+');
    const bodies = entries.map(([, fields]) => JSON.parse(fields[fields.indexOf('body') + 1] ?? '{}'));
    return bodies.filter((body) => body.event === 'command');
  }

  const ending = async (id: string): Promise<Answer[]> =>
    (await answers()).filter((answer) => answer.id === id && answer.state !== 'accepted');

  async function ended(id: string, at = 'in the life after'): Promise<Answer | undefined> {
    await eventually(`an answer ${at}`, async () => (await ending(id)).length > 0, SLOW_MS / 2).catch(
      (error: Error) => {
        const how = `exit code ${newest?.process.exitCode ?? 'none'}`;
        throw new Error(`${error.message}; the box (${how}) said:\n${newest?.output()}`);
      },
    );
    return (await ending(id))[0];
  }

  const shown = async (): Promise<Shown> =>
    (await (await fetch(`http://127.0.0.1:${port}/api/v1/settings`)).json()) as Shown;
  const settingAt = async (path: string) => (await shown()).settings.find((one) => one.path === path)?.value;
  const onTrial = () =>
    eventually(
      'a trial',
      () =>
        shown().then(
          ({ trial }) => trial !== undefined,
          () => false,
        ),
      SLOW_MS / 3,
    );
  const nothingIsLeft = () =>
    eventually('no command left', async () => (await redis.client.xlen(COMMANDS)) === 0, 60_000);

  async function kill(box: ApplianceProcess): Promise<void> {
    box.process.kill('SIGKILL');
    await once(box.process, 'exit');
  }

  const NOWHERE = 'redis://127.0.0.1:1';

  test(
    'a good change is tried, kept and answered once, also one that came twice, and outlives a kill',
    async () => {
      const box = await start();
      await put('a', { 'influx.org': 'plant' });
      await put('a', { 'influx.org': 'plant' });
      expect(await ended('a')).toMatchObject({ state: 'done', result: { changed: ['influx.org'] } });
      await nothingIsLeft();
      expect(await ending('a')).toHaveLength(1);
      expect((await shown()).trial).toBeUndefined();
      await kill(box);
      await start();
      expect(await settingAt('influx.org')).toBe('plant');
      expect(await ending('a')).toHaveLength(1);
      const entries = await redis.client.xrange(EVENTS, '-', '+');
      expect(entries.flat(2).join()).toContain('"who":"centre","from":"","what":"saveSettings"');
    },
    SLOW_MS,
  );

  test(
    'what the site does not allow, what does not fit and what another waits for is refused at once',
    async () => {
      await start();
      await put('list', {
        'centre.command_settings': ['access'],
        'access.mode': 'open',
        'log.level': 'debug',
      });
      expect(await ended('list')).toMatchObject({ state: 'refused', code: 'setting_not_allowed' });
      await put('wrong', { 'influx.batch_max_records': 0 });
      expect(await ended('wrong')).toMatchObject({ code: 'settings' });
      await put('same', { 'influx.org': 'webscada' });
      expect(await ended('same')).toMatchObject({ state: 'done', result: { changed: [] } });
      const { revision } = (await shown()) as Shown & { revision: string };
      const body = JSON.stringify({ revision, changes: { 'site.name': 'North' } });
      const headers = { 'content-type': 'application/json' };
      await fetch(`http://127.0.0.1:${port}/api/v1/settings`, { method: 'PUT', body, headers });
      await put('busy', { 'influx.org': 'plant' });
      expect(await ended('busy')).toMatchObject({ code: 'busy' });
      expect((await shown()).settings.find(({ path }) => path === 'site.name')?.next).toEqual({
        value: 'North',
      });
    },
    SLOW_MS,
  );

  test(
    'a wrong address of the centre is taken back by itself, and the centre is told',
    async () => {
      await start();
      await put('a', { 'centre.url': NOWHERE });
      await onTrial();
      expect(await settingAt('centre.url')).toBe(NOWHERE);
      expect(await ended('a')).toMatchObject({
        state: 'refused',
        code: 'taken_back',
        reason: expect.stringContaining('not reached'),
      });
      expect(await settingAt('centre.url')).toBe(redis.url);
      await nothingIsLeft();
      expect(await ending('a')).toHaveLength(1);
    },
    2 * SLOW_MS,
  );

  test(
    'a kill in the middle of the trial: those before, an answer, and nothing that waits to be applied',
    async () => {
      const box = await start();
      await put('a', { 'centre.url': NOWHERE });
      await onTrial();
      await kill(box);
      await start();
      expect(await ended('a')).toMatchObject({
        code: 'taken_back',
        reason: expect.stringContaining('the box ended'),
      });
      const url = (await shown()).settings.find(({ path }) => path === 'centre.url');
      expect(url).toMatchObject({ value: redis.url });
      expect(url).not.toHaveProperty('next');
      await put('b', { 'influx.org': 'plant' });
      expect(await ended('b')).toMatchObject({ state: 'done' });
    },
    SLOW_MS,
  );

  test(
    'a reload in the middle of the trial takes it back, and says so',
    async () => {
      const box = await start({ NOTIFY_SOCKET: '/nowhere/notify' });
      await put('a', { 'centre.url': NOWHERE });
      await onTrial();
      box.process.kill('SIGHUP');
      expect(await ended('a')).toMatchObject({
        code: 'taken_back',
        reason: expect.stringContaining('began anew'),
      });
      expect(await settingAt('centre.url')).toBe(redis.url);
    },
    SLOW_MS,
  );

  test(
    'settings the box cannot start with are taken back',
    async () => {
      await start();
      await put('a', { 'http.port': redis.port });
      expect(await ended('a')).toMatchObject({
        code: 'taken_back',
        reason: expect.stringContaining('could not start'),
      });
    },
    SLOW_MS,
  );
});
