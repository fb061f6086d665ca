/** O-lock, RO: while readings cannot be stored, or will not last, the box says so where it is looked at. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { BUNDLED, type Status, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { needs } from '../support/needs.ts';
import { ownDisk } from '../support/own-disk.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';

test('O-lock: a database that another program holds is 503 at /readyz, with who may hold it; nothing is lost', async () => {
  const folder = temporaryFolder();
  const [port, brokerPort] = [await freePort(), await freePort()];
  const dir = join(folder.path, 'data');
  const file = writeSettings(folder.path, {
    site: { id: 'hut' },
    http: { port, host: '127.0.0.1' },
    store: { dir },
    mqtt: { mode: 'embedded', embedded_port: brokerPort },
    simulator: { enabled: true },
  });
  const box = await startAppliance(file, port);
  try {
    const status = () => box.get<Status>('/api/v1/status');
    const ready = async () => (await fetch(`${box.url}/readyz`)).status;
    await eventually('readings', async () => (await status()).store.lastSeq > 3, 20_000);
    expect(await ready()).toBe(200);
    const other = new Database(join(dir, 'edge.db'));
    other.exec('BEGIN IMMEDIATE');
    await eventually('not ready', async () => (await ready()) === 503, 30_000);
    const text = await (await fetch(`${box.url}/readyz`)).text();
    expect(text).toContain('another program has the database open');
    expect(text).not.toContain('another webscada-edge');
    const before = (await status()).store.lastSeq;
    other.exec('ROLLBACK');
    other.close();
    await eventually('ready again', async () => (await ready()) === 200, 30_000);
    await eventually('goes on', async () => (await status()).store.lastSeq > before, 20_000);
  } finally {
    await box.stop();
    folder.remove();
  }
}, 120_000);

test('RO: a card that has become read-only is 503 at /readyz also where nothing comes, and doctor tells it', async (context) => {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const card = ownDisk(folder.path);
  needs(context, 'loop-devices', card !== undefined);
  if (!card) return;
  const port = await freePort();
  const file = writeSettings(folder.path, {
    site: { id: 'hut' },
    http: { port, host: '127.0.0.1' },
    store: { dir: join(card.path, 'data'), reserve_bytes: 0 },
    mqtt: { mode: 'embedded', embedded_port: await freePort() },
  });
  const box = await startAppliance(file, port);
  try {
    const ready = async () => (await fetch(`${box.url}/readyz`)).status;
    expect(await ready()).toBe(200);
    card.fail();
    expect(await ready()).toBe(503);
    expect(await (await fetch(`${box.url}/readyz`)).text()).toContain('read-only');
    const [command, ...args] = BUNDLED;
    const doctor = spawnSync(command, [...args, 'doctor', '--config', file], { encoding: 'utf8' });
    expect([doctor.status, doctor.stdout]).toEqual([
      1,
      expect.stringContaining('problem   store: readings cannot'),
    ]);
  } finally {
    await box.stop();
    card.remove();
  }
}, 120_000);

test.skipIf(!existsSync('/dev/shm'))(
  'a data folder in memory: the box is ready, and nobody is told that all is well',
  async () => {
    const folder = mkdtempSync('/dev/shm/wse-test-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const port = await freePort();
    const file = writeSettings(folder, {
      http: { port, host: '127.0.0.1' },
      store: { dir: join(folder, 'data'), may_be_lost: false },
      mqtt: { mode: 'embedded', embedded_port: await freePort() },
    });
    const box = await startAppliance(file, port);
    try {
      expect((await fetch(`${box.url}/readyz`)).status).toBe(200);
      const { store } = await box.get<{ store: object }>('/api/v1/status');
      expect(store).toMatchObject({ state: 'degraded', takesReadings: true });
      const [command, ...args] = BUNDLED;
      const doctor = spawnSync(command, [...args, 'doctor', '--config', file], { encoding: 'utf8' });
      expect([doctor.status, doctor.stdout]).toEqual([
        3,
        expect.stringMatching(
          /warning {3}store: readings are kept in memory only \(tmpfs\).*store\.may_be_lost/,
        ),
      ]);
    } finally {
      await box.stop();
    }
  },
  120_000,
);
