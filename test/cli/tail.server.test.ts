/** `tail` at a real box that is restarted under it: every reading of the log is shown once, in its order. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BUNDLED, type Status, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';

test('a box killed and started again: nothing is missing, nothing twice, and the break is said', async () => {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const port = await freePort();
  const settings = writeSettings(folder.path, {
    site: { id: 'hut' },
    http: { port, host: '127.0.0.1' },
    store: { dir: join(folder.path, 'data') },
    mqtt: { mode: 'embedded', embedded_port: await freePort() },
    simulator: { enabled: true, interval_s: 1 },
  });
  const start = () => startAppliance(settings, port);
  let box = await start();
  onTestFinished(async () => void (await box.stop()));
  const lastSeq = async () => (await box.get<Status>('/api/v1/status')).store.lastSeq;

  const [command, ...args] = BUNDLED;
  const tail = spawn(command, [
    ...args,
    'tail',
    '--frames',
    '--json',
    '--last',
    '1000',
    '--config',
    settings,
  ]);
  onTestFinished(() => void tail.kill());
  let [out, err] = ['', ''];
  tail.stdout.on('data', (chunk: Buffer) => (out += chunk));
  tail.stderr.on('data', (chunk: Buffer) => (err += chunk));
  type Line = { readonly id?: string; readonly frame?: { readonly kind: string } };
  const lines = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  const ids = () => lines().flatMap(({ id }) => (id === undefined ? [] : [id]));
  await eventually('readings are shown', () => ids().length > 5, 30_000);

  await box.stop('SIGKILL');
  await eventually('the break is said', () => err.includes('trying again'), 30_000);
  const shownBefore = ids().length;
  box = await start();
  const before = await lastSeq();
  await eventually(
    'it goes on',
    async () => err.includes('answers again') && (await lastSeq()) > before + 10,
    60_000,
  );
  const { items } = await box.get<{ items: { id: string }[] }>('/api/v1/readings?limit=1000');
  const logged = items.map(({ id }) => id).reverse();
  await eventually('the newest is shown', () => ids().includes(logged.at(-1) ?? ''), 30_000);
  expect(ids().length).toBeGreaterThan(shownBefore);
  const from = ids().indexOf(logged[0] ?? '');
  expect(ids().slice(from, from + logged.length)).toEqual(logged);
  expect(lines().some(({ frame }) => frame?.kind === 'uplink')).toBe(true);
  expect(err.match(/trying again/g)).toHaveLength(1);
}, 180_000);
