/** The doctor's findings, each with what to do. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { BoxAnswered } from '../../src/ops/box-status.ts';
import { examine } from '../../src/ops/doctor.ts';
import { thisMachine } from '../../src/ops/install/machine.ts';
import { freePort } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const ok = { state: 'ok', detail: 'well' };
const WELL = { store: ok, broker: ok, influx: ok, centre: { ...ok, state: 'not_configured' }, time: ok };
/** What the box answers to GET /api/v1/status; everything else is well. */
let says: { readonly status: number; readonly json: object } = { status: 200, json: WELL };
const server = createServer(({ url = '' }, response) => {
  const { status, json } = url === '/api/v1/status' ? says : { status: 200, json: {} };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
});
let port = 0;
beforeAll(async () => {
  port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

const machine = { ...thisMachine(), freeBytes: () => 10e9 };
const ask = (change: object) =>
  examine({
    machine,
    clock: createTestWorld(Date.UTC(2026, 5, 1)).clock,
    url: `http://127.0.0.1:${port}`,
    askStatus: async (): Promise<BoxAnswered> => ({ kind: 'silent' }),
    storeDir: '/',
    reserveBytes: 1e9,
    servers: [{ what: 'InfluxDB', host: '127.0.0.1', port, isTls: false }],
    ...change,
  });

test('is content when all is well', async () => {
  const findings = await ask({});
  expect(findings.map(({ what, level }) => `${level} ${what}`)).toEqual([
    'ok pages',
    'ok disk',
    'ok clock',
    'ok InfluxDB',
  ]);
});

test('names what is wrong, and what to do about it', async () => {
  const closed = await freePort();
  const findings = await ask({
    machine: { ...machine, freeBytes: () => 1.5e9 },
    clock: createTestWorld(0).clock,
    url: `http://127.0.0.1:${closed}`,
    servers: [{ what: 'InfluxDB', host: '127.0.0.1', port: closed }],
  });
  expect(findings.map(({ what, level }) => `${level} ${what}`)).toEqual([
    'problem pages',
    'warning disk',
    'problem clock',
    'warning InfluxDB',
  ]);
  expect(findings.filter(({ hint }) => !hint)).toEqual([]);
});

describe('O5: the running box is asked first', () => {
  async function doctor(status: number, json: object) {
    says = { status, json };
    let text = '';
    const write = (more: string) => (text += more);
    const set = ['http.host=127.0.0.1', `http.port=${port}`, 'store.dir=/', 'store.reserve_bytes=0'];
    const code = await runCli(['doctor', ...set.flatMap((one) => ['--set', one])], {
      runAppliance: () => Promise.reject(new Error('not here')),
      stdout: { write },
      stderr: { write },
      env: {},
      version: '0.0.0',
    });
    return { code, text };
  }
  const because = (state: string, detail: string) => ({ state, detail, hint: 'Mend it.' });

  test('all is well', async () => {
    const { code, text } = await doctor(200, WELL);
    expect(text).toContain('ok        InfluxDB: well');
    expect(text).not.toMatch(/centre|warning|problem/);
    expect(code).toBe(0);
  });

  test.each([
    ['a wrong InfluxDB token', 3, { influx: because('down', 'InfluxDB refuses the token (401)') }],
    ['a wrong Redis password', 3, { centre: because('down', 'Redis: WRONGPASS') }],
    ['a wrong MQTT password', 3, { broker: because('connecting', 'the broker refuses the password') }],
    ['a clock 60 days back', 1, { time: because('degraded', 'the clock is 60 days behind') }],
    ['a full disk', 1, { store: because('degraded', 'readings cannot be stored: disk full') }],
  ] as const)('%s is told with its cause, and is exit code %i', async (_name, wanted, change) => {
    const { code, text } = await doctor(200, { ...WELL, ...change });
    for (const { detail } of Object.values<{ detail: string }>(change))
      expect(text).toContain(`: ${detail} (Mend it.)`);
    expect(code).toBe(wanted);
  });

  test.each([
    [401, { title: 'Unauthorized', detail: 'A token is needed.' }, '--token-file'],
    [500, { title: 'Trouble', detail: 'Something broke.' }, 'Something broke.'],
    [200, { store: 'x' }, 'not understood'],
  ])('an answer of %i without a status is not "all is well"', async (status, json, words) => {
    const { code, text } = await doctor(status, json);
    expect(text).toContain(words);
    expect(code).toBe(3);
  });
});
