/** A box that repairs a large store at its start: its port answers meanwhile, and a kill in the middle costs seconds of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApplianceProcess, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { fillLog } from '../support/large-store.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';

/** About 100 MB. */
const RECORDS = 300_000;

const folder = temporaryFolder();
let running: ApplianceProcess | undefined;
let [settings, port] = ['', 0];

beforeAll(async () => {
  const dir = join(folder.path, 'data');
  await fillLog(dir, RECORDS);
  writeFileSync(join(dir, 'damaged.txt'), 'found damaged in use');
  port = await freePort();
  settings = writeSettings(folder.path, {
    site: { id: 'large' },
    http: { port },
    store: { dir },
    mqtt: { embedded_port: await freePort() },
    log: { format: 'json' },
  });
}, 120_000);
afterAll(async () => {
  await running?.stop();
  folder.remove();
});

const start = () => startAppliance(settings, port);

async function ask(path: string): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

async function repairedUpTo(percent: number): Promise<void> {
  await eventually(
    `${percent} %`,
    async () => {
      const { status, json } = await ask('/startupz');
      expect([status, json.alive]).toEqual([200, true]);
      return Number(json.repairedPercent) >= percent;
    },
    60_000,
  );
}

it('O9: killed in the middle it goes on where it was, alive to every probe as long as it advances', async () => {
  running = await start();
  await repairedUpTo(40);
  expect(await ask('/readyz')).toMatchObject({ status: 503, json: { title: 'The store is being repaired' } });
  expect((await ask('/healthz')).json).toMatchObject({ alive: true });
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
  await running.stop('SIGKILL');

  running = await start();
  await repairedUpTo(45);
  const resumed =
    /"percent":(\d+)[^\n]*store\.salvage_resumed|store\.salvage_resumed[^\n]*"percent":(\d+)/.exec(
      running.output(),
    );
  expect(Number(resumed?.[1] ?? resumed?.[2])).toBeGreaterThan(30);
  const ready = async (): Promise<boolean> => (await ask('/readyz').catch(() => undefined))?.status === 200;
  await eventually('ready', ready, 60_000);
  expect(await ask('/startupz')).toMatchObject({ status: 200, json: { started: true } });
  const { store } = await running.get<{ store: { lastSeq: number; epoch: number } }>('/api/v1/status');
  expect(store.epoch).toBe(2);
  expect(store.lastSeq).toBeGreaterThan(RECORDS);
  expect(/"kept":300000,"lost":0/.test(running.output())).toBe(true);
}, 180_000);

it('O9: a stop in the middle is followed at once', async () => {
  const ended = running?.stop();
  await ended;
  writeFileSync(join(folder.path, 'data/damaged.txt'), 'found damaged in use');
  running = await start();
  await repairedUpTo(10);
  running.process.kill('SIGTERM');
  await eventually('ended', () => running?.process.exitCode === 0, 10_000);
  running = undefined;
}, 60_000);
