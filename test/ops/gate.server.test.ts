/** `gate` as it is shipped at a box as it is shipped: well, unable to store, with an alarm nobody has seen yet, not claimed, gone. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import {
  type ApplianceProcess,
  BUNDLED,
  startAppliance,
  writeSettings,
} from '../support/appliance-process.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';

interface Box extends ApplianceProcess {
  /** Folder of its store. */
  readonly dir: string;
}

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<Box> {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const port = await freePort();
  const dir = join(folder.path, 'data');
  const settings = writeSettings(folder.path, {
    site: { id: 'hut' },
    http: { port, host: '127.0.0.1' },
    store: { dir },
    mqtt: { mode: 'embedded', embedded_port: await freePort() },
    simulator: { enabled: true },
    ...more,
  });
  const box = await startAppliance(settings, port);
  onTestFinished(async () => void (await box.stop()));
  return { ...box, dir };
}

async function gate({ url }: Pick<ApplianceProcess, 'url'>, wait: string, ...words: readonly string[]) {
  const [command, ...args] = BUNDLED;
  const child = spawn(command, [...args, 'gate', '--url', url, '--wait', wait, '--hold', '1s', ...words]);
  onTestFinished(() => void child.kill());
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
}

async function send(box: ApplianceProcess, method: string, path: string, body: unknown): Promise<void> {
  const { ok, status } = await fetch(`${box.url}/api/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(method === 'PUT' ? { 'if-none-match': '*' } : {}) },
    body: JSON.stringify(body),
  });
  expect([path, ok ? 200 : status]).toEqual([path, 200]);
}

test('a box is well until an urgent alarm comes, and again when somebody has acknowledged it', async () => {
  const box = await start();
  expect(await gate(box, '60s')).toMatchObject({ code: 0, said: expect.stringContaining('0 urgent alarms') });

  await send(box, 'PUT', 'alarm-rules/disk', {
    ...{ name: 'Disk', scope: { kind: 'site' }, priority: 'critical', action: 'Look.' },
    condition: { kind: 'box', fact: 'disk', limit: 1e9 },
  });
  type Alarms = { readonly items: readonly { readonly id: string; readonly state: string }[] };
  const alarm = await eventually(
    'the alarm is there',
    async () => (await box.get<Alarms>('/api/v1/alarms')).items.find(({ state }) => state === 'active'),
    60_000,
  );
  expect(await gate(box, '3s')).toMatchObject({ code: 1, said: expect.stringContaining('1 urgent alarms') });
  expect(await gate(box, '60s', '--alarms', '1')).toMatchObject({ code: 0 });

  await send(box, 'POST', 'alarms/acknowledge', { alarms: [alarm.id] });
  expect(await gate(box, '60s')).toMatchObject({ code: 0 });

  await box.stop();
  expect(await gate(box, '3s')).toMatchObject({ code: 1, said: expect.stringContaining('nobody answers') });
}, 180_000);

test('a box whose readings cannot be stored is not well, with the reason, until they can be', async () => {
  const box = await start();
  const ready = async () => (await fetch(`${box.url}/readyz`)).status;
  const other = new Database(join(box.dir, 'edge.db'));
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  await eventually('not ready', async () => (await ready()) === 503, 60_000);
  const { code, said } = await gate(box, '3s');
  expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('another program') });
  other.exec('ROLLBACK');
  expect(await gate(box, '60s')).toMatchObject({ code: 0 });
}, 180_000);

test('a box that nobody has claimed yet is well when it is ready', async () => {
  const box = await start({ access: { mode: 'required' } });
  expect(await gate(box, '60s')).toMatchObject({
    code: 0,
    said: expect.stringContaining('nobody has claimed it'),
  });
}, 60_000);
