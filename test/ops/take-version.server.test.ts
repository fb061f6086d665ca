/**
 * `take-version` from end to end: the centre writes the command into a real Redis, the built executable fetches the release, has itself
 * exchanged, and the version that runs afterwards answers.
 */
import { randomUUID } from 'node:crypto';
import { copyFileSync, createReadStream, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandAnswer } from '../../src/model/command.ts';
import { askLocally } from '../../src/ops/health.ts';
import { type AskBytes, sendCommand } from '../../src/sync/centre/command-answers.ts';
import { siteKeys } from '../../src/sync/keys.ts';
import {
  builtVersion,
  DEAD,
  numbered,
  type Patch,
  type PlainInstallation,
  plainInstallation,
} from '../support/plain-installation.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

/** The place of the key in the executable, with words in front of it that give it room. */
const KEY = /is not a regular file`\);return found\d*\.size\}function releaseKeys\(\)\{return""\}/g;
const KEY_NAME = 'K';

/** These tests may run in a container, whose program is not exchanged from within. */
const NO_CONTAINER: Patch[number] = ['/.dockerenv', '/.dockerenx'];

/** The executable takes the key of its releases from the environment. */
function withKey(executable: string): Patch {
  const found = new Set(readFileSync(executable, 'latin1').match(KEY));
  return [...found].map((from) => [
    from,
    from.replace('is not a regular file', 'wrong').replace('return""', `return process.env.${KEY_NAME}||""`),
  ]);
}

describeWith(['redis-server'], 'take-version', () => {
  const folder = temporaryFolder();
  const [good, dead] = [numbered(7), numbered(9)];
  const files = new Map<string, string>();
  let redis: RedisServer;
  let releases: Server;
  let box: PlainInstallation;

  beforeAll(async () => {
    redis = await startRedis(folder.path);
    box = plainInstallation(folder.path);
    process.env[KEY_NAME] = readFileSync(box.keyFile, 'utf8');
    const key = [...withKey(box.layout.executable), NO_CONTAINER];
    expect(key.length).toBeGreaterThan(1);
    delete process.env.KUBERNETES_SERVICE_HOST;
    for (const [version, patch] of [
      [good, key],
      [dead, [...key, ...DEAD]],
    ] as const) {
      const file = await box.makeVersion(version, patch);
      for (const each of [file, `${file}.sig`]) files.set(`/${basename(each)}`, each);
    }
    copyFileSync(await box.makeVersion(builtVersion, key), box.layout.executable);
    releases = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      if (file === undefined) response.writeHead(404).end();
      else createReadStream(file).pipe(response);
    });
    await new Promise<void>((resolve) => releases.listen(0, '127.0.0.1', resolve));
    const [port, brokerPort] = [await freePort(), await freePort()];
    box.start(
      [
        `[site]\nid = "hill"\n[http]\nhost = "127.0.0.1"\nport = ${port}`,
        `[mqtt]\nmode = "embedded"\nembedded_port = ${brokerPort}\n[store]\ndir = "${box.layout.data}"`,
        `[centre]\nurl = "${redis.url}"\ncommands = ["take-version"]`,
        `[updates]\nurl = "http://127.0.0.1:${(releases.address() as AddressInfo).port}"\n`,
      ].join('\n'),
    );
    const isReady = async () => (await askLocally(`http://127.0.0.1:${port}/readyz`))?.status === 200;
    await eventually('ready', isReady, 30_000);
  }, 300_000);
  afterAll(async () => {
    delete process.env[KEY_NAME];
    await box?.stop();
    releases?.close();
    await redis?.stop();
    folder.remove();
  });

  /** What the box answers in the end. */
  async function take(version: string): Promise<CommandAnswer> {
    const ask: AskBytes = (command, ...args) => redis.client.callBuffer(command, ...args);
    const body = JSON.stringify({ version });
    const sent = await sendCommand(ask, siteKeys('webscada', 'hill'), {
      ...{ id: randomUUID(), kind: 'take-version', body },
    });
    return eventually(
      `the answer about ${version}`,
      async () => (await sent.look()).find(({ state }) => state !== 'accepted'),
      150_000,
    );
  }

  test('done, by the new version; taken back, by the one before; refused, where nothing is to be had', async () => {
    expect(await take(good)).toMatchObject({ state: 'done', result: { version: good } });
    expect(box.installed()).toBe(`webscada-edge ${good}`);
    expect(await take(dead)).toMatchObject({ state: 'refused', code: 'taken_back' });
    expect(box.installed()).toBe(`webscada-edge ${good}`);
    expect(await take(numbered(8))).toMatchObject({ state: 'refused', code: 'not_fetched' });
    expect(await take(builtVersion)).toMatchObject({ state: 'refused', code: 'older' });
  }, 360_000);
});
