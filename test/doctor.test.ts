/** The doctor's findings, each with what to do. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examine } from '../src/ops/doctor.ts';
import { thisMachine } from '../src/ops/install/machine.ts';
import { freePort } from './support/process.ts';
import { createTestWorld } from './support/world.ts';

const server = createServer((_, response) => response.end('{}'));
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
    storeDir: '/',
    reserveBytes: 1e9,
    servers: [{ what: 'InfluxDB', host: '127.0.0.1', port }],
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
