/** `devices why`, what the doctor says of silent devices, and its report, against a box that answers as the real one does. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { freePort, temporaryFolder } from '../support/process.ts';

const one = (n: number, silent = true) => ({
  ...{ devEui: `70b3d57ed000000${n}`, name: `Tank ${n}`, silent },
  text: 'its AppKey does not fit: it knocked 4 times, last 12 s ago',
  advice: 'Enter the AppKey its maker gave for it.',
});
const ok = { state: 'ok', detail: 'well' };
/** By path. */
let answers: Record<string, object | undefined> = {};
const server = createServer(({ url = '' }, response) => {
  const json = answers[url];
  const problem = { title: 'Device not known', detail: 'No device has this DevEUI.' };
  response.writeHead(json ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(json ?? problem));
});
let port = 0;
beforeAll(async () => {
  port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

async function cli(...argv: string[]) {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const code = await runCli(
    [...argv, '--set', `http.port=${port}`, '--set', 'store.dir=/', '--set', 'store.reserve_bytes=0'],
    {
      runAppliance: async () => 0,
      ...{ stdout: { write }, stderr: { write }, env: {}, version: '0.0.0' },
    },
  );
  return { code, text };
}

test('of one device: the sentence and what to do; exit code 3 while it is silent', async () => {
  answers = {
    '/api/v1/devices/70b3d57ed0000001/silence': one(1),
    '/api/v1/devices/70b3d57ed0000002/silence': one(2, false),
  };
  const silent = await cli('devices', 'why', '70b3d57ed0000001');
  expect(silent).toEqual({
    code: 3,
    text: '70b3d57ed0000001  Tank 1  its AppKey does not fit: it knocked 4 times, last 12 s ago.  Enter the AppKey its maker gave for it.\n',
  });
  expect((await cli('devices', 'why', '70b3d57ed0000002')).code).toBe(0);
  const unknown = await cli('devices', 'why', 'ffffffffffffffff');
  expect(unknown).toMatchObject({ code: 1, text: expect.stringContaining('No device has this DevEUI.') });
});

test('of all: every page of them; none is said as well', async () => {
  answers = {
    '/api/v1/devices/silent?limit=1000': { items: [one(1)], nextCursor: 'abc' },
    '/api/v1/devices/silent?limit=1000&cursor=abc': { items: [one(2)] },
  };
  const both = await cli('devices', 'why', '--json');
  expect(both.code).toBe(3);
  const shown = both.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string });
  expect(shown.map(({ name }) => name)).toEqual(['Tank 1', 'Tank 2']);
  answers = { '/api/v1/devices/silent?limit=1000': { items: [] } };
  expect(await cli('devices', 'why')).toEqual({ code: 0, text: 'no device is silent\n' });
});

test('the doctor tells of the first eight and how many more there are', async () => {
  const status = { store: ok, broker: ok, influx: ok, centre: ok, time: ok };
  const items = Array.from({ length: 9 }, (_, n) => one(n));
  answers = {
    '/healthz': {},
    '/readyz': {},
    '/startupz': {},
    '/api/v1/status': status,
    '/api/v1/devices/silent?limit=100': { items },
  };
  const { code, text } = await cli('doctor');
  expect(code).toBe(3);
  expect(text).toContain(
    'warning   device: Tank 0 (70b3d57ed0000000): its AppKey does not fit: it knocked 4 times, last 12 s ago (Enter the AppKey its maker gave for it.)',
  );
  expect(text).not.toContain('Tank 8');
  expect(text).toContain('warning   devices: 1 more are silent (webscada-edge devices why)');
  answers = { ...answers, '/api/v1/devices/silent?limit=100': { items: [] } };
  expect((await cli('doctor')).text).not.toContain('device');
});

test('doctor --report writes the page beside what it prints; a file that cannot be written is a failure', async () => {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const status = {
    ...{
      site: 'hut',
      version: '1.0',
      started: '2026-07-01T08:00:00Z',
      now: '2026-07-01T08:00:00Z',
      refused: {},
    },
    ...{ store: { ...ok, epoch: 1, lastSeq: 1, sizeBytes: 1 }, broker: { ...ok, kind: 'embedded' } },
    ...{ influx: ok, centre: ok, time: ok, simulator: false },
  };
  const device = { devEui: '70b3d57ed0000001', decoder: 'raw', last: null };
  const fields = 'fields=name%2Carea%2Cnotes%2Cactivation%2CkeyMissing%2Cprofile%2Cdecoder%2Cfields%2Clast';
  answers = {
    ...{ '/healthz': {}, '/readyz': {}, '/startupz': {}, '/api/v1/status': status },
    '/api/v1/devices/silent?limit=100': { items: [] },
    '/api/v1/gateways': { items: [] },
    '/api/v1/survey/spots': { items: [] },
    [`/api/v1/devices?${fields}&limit=1000`]: { items: [{ ...device, name: 'Tank 1' }], nextCursor: 'abc' },
    [`/api/v1/devices?${fields}&limit=1000&cursor=abc`]: { items: [{ ...device, name: 'Tank 2' }] },
  };
  const file = join(folder.path, 'commissioning.html');
  const { code, text } = await cli('doctor', '--report', file);
  expect({ code, text }).toEqual({
    code: 0,
    text: expect.stringContaining(`${file}: the commissioning report`),
  });
  const page = readFileSync(file, 'utf8');
  for (const words of ['Commissioning report: hut', 'Tank 1', 'Tank 2', '<td dir="auto">well', 'Node.js v'])
    expect(page).toContain(words);

  answers = { ...answers, '/api/v1/survey/spots': undefined };
  await cli('doctor', '--report', file);
  expect(readFileSync(file, 'utf8')).toContain(
    'does not tell of its gateways, devices and survey: Device not known',
  );

  const none = await cli('doctor', '--report', join(folder.path, 'no', 'such.html'));
  expect(none).toMatchObject({ code: 1, text: expect.stringContaining('cannot be written') });
});
