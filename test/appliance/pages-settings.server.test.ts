/** A running box takes other settings from its pages: begins anew by itself, and comes back with those before where they cut it off. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ApplianceProcess, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';

/** Started from its source, on a loaded machine. */
const SLOW_MS = 180_000;

const ends: (() => unknown)[] = [];
let folder: ReturnType<typeof temporaryFolder>;
let port: number;
let file: string;
beforeEach(async () => {
  folder = temporaryFolder();
  port = await freePort();
  file = writeSettings(folder.path, {
    http: { port, host: '127.0.0.1' },
    store: { dir: join(folder.path, 'data') },
    log: { format: 'json' },
    mqtt: { mode: 'embedded', embedded_port: await freePort() },
  });
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  folder.remove();
});

async function start(): Promise<ApplianceProcess> {
  const box = await startAppliance(file, port);
  ends.push(() => box.stop());
  return box;
}

interface Shown {
  revision: string;
  trial?: object;
  reverted?: { why: string };
  settings: { path: string; value?: unknown; source: string }[];
}

const url = (at: number, path: string): string => `http://127.0.0.1:${at}/api/v1${path}`;

async function shown(at: number): Promise<Shown> {
  return (await (await fetch(url(at, '/settings'))).json()) as Shown;
}

async function send(at: number, method: string, path: string, body?: object): Promise<number> {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return (await fetch(url(at, path), { method, ...json })).status;
}

async function change(changes: Record<string, unknown>): Promise<void> {
  const { revision } = await shown(port);
  expect(await send(port, 'PUT', '/settings', { revision, changes })).toBe(200);
  expect(await send(port, 'POST', '/settings/apply')).toBe(202);
}

/** Waits until the box shows it at that port; between two lives it does not answer. */
function comes(
  what: string,
  at: number,
  is: (settings: Shown) => boolean,
  timeoutMs = SLOW_MS / 3,
): Promise<true> {
  return eventually(what, async () => shown(at).then(is, () => false), timeoutMs);
}

const valueAt = async (at: number, path: string): Promise<unknown> =>
  (await shown(at)).settings.find((one) => one.path === path)?.value;

test(
  'another port is served, kept when somebody says so there, and still served after a kill',
  async () => {
    const box = await start();
    const other = await freePort();
    await change({ 'http.port': other, 'site.name': 'North' });
    await comes('a trial', other, ({ trial }) => trial !== undefined);
    expect(await valueAt(other, 'site.name')).toBe('North');
    expect(await send(other, 'POST', '/settings/keep')).toBe(200);
    box.process.kill('SIGKILL');
    await once(box.process, 'exit');
    port = other;
    await start();
    expect(await valueAt(other, 'http.port')).toBe(other);
  },
  SLOW_MS,
);

test(
  'a kill during the trial brings the settings before',
  async () => {
    const box = await start();
    const other = await freePort();
    await change({ 'http.port': other });
    await comes('a trial', other, ({ trial }) => trial !== undefined);
    box.process.kill('SIGKILL');
    await once(box.process, 'exit');
    await start();
    expect(await valueAt(port, 'http.port')).toBe(port);
  },
  SLOW_MS,
);

test(
  'a port that another program holds: the box is back with the one before, and says why',
  async () => {
    await start();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    ends.push(() => taken.close());
    const address = taken.address();
    await change({ 'http.port': typeof address === 'object' && address ? address.port : 0 });
    await comes('the settings before', port, ({ reverted }) => reverted?.why === 'not_started');
    expect(await valueAt(port, 'http.port')).toBe(port);
  },
  SLOW_MS,
);

test(
  'an address nobody confirms from: after a minute the one before is back',
  async () => {
    await start();
    const other = await freePort();
    await change({ 'http.port': other });
    await comes('a trial', other, ({ trial }) => trial !== undefined);
    await comes('the settings before', port, ({ reverted }) => reverted?.why === 'not_confirmed', 180_000);
    expect(await valueAt(port, 'http.port')).toBe(port);
  },
  2 * SLOW_MS,
);
