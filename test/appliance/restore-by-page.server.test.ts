/** A restore by the API on a whole box: the same process stops, puts the backup in place, and goes on with it. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startAppliance, writeSettings } from '../support/appliance-process.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';

const PATIENT_MS = 60_000;
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('what was made after the backup is gone, what was in it is there, and the box runs as before', async () => {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const [port, brokerPort] = [await freePort(), await freePort()];
  const settings = writeSettings(folder.path, {
    http: { port },
    mqtt: { mode: 'embedded', embedded_port: brokerPort },
    store: { dir: join(folder.path, 'data'), reserve_bytes: 0 },
  });
  const box = await startAppliance(settings, port);
  ends.push(box.stop);
  const post = async (path: string, body?: unknown) => {
    const json =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await fetch(`${box.url}/api/v1${path}`, { method: 'POST', ...json });
    expect(`${path} ${answer.status}`).toMatch(/ 20\d$/);
    return answer.json();
  };
  const names = async () =>
    (await box.get<{ items: { name: string }[] }>('/api/v1/devices')).items.map(({ name }) => name);
  const device = (n: number) => ({
    ...{ devEui: `70b3d57ed000000${n}`, name: `Tank ${n}`, codec: 'raw' },
    joinEui: '0000000000000000',
    appKey: '00112233445566778899aabbccddeeff',
  });
  await post('/devices', device(1));
  await post('/backups');
  const backup = await eventually(
    'there is a backup',
    async () => (await box.get<{ items: { name: string }[] }>('/api/v1/backups')).items[0]?.name,
    PATIENT_MS,
  );
  await post('/devices', device(2));
  await post('/restore/preview', { backup });
  const id = await eventually(
    'it is looked at',
    async () => (await box.get<{ id?: string }>('/api/v1/restore')).id,
    PATIENT_MS,
  );
  await post('/restore', { id });
  const last = await eventually(
    'the box is back with the backup',
    async () => {
      const now = await box
        .get<{ state: string; last?: { problems: unknown[]; epoch: number } }>('/api/v1/restore')
        .catch(() => undefined);
      return now?.state === 'idle' ? now.last : undefined;
    },
    PATIENT_MS,
  );
  expect(last).toMatchObject({ problems: [], epoch: 2 });
  expect(await names()).toEqual(['Tank 1']);
  expect(box.process.exitCode).toBeNull();
  const { items } = await box.get<{ items: { event: string }[] }>('/api/v1/logs');
  expect(items.map(({ event }) => event)).toContain('restore.done');
}, 180_000);
