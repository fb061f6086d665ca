/** The log written again and looked up, over the API and from the command line, against a box that runs. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { InfluxWriter } from '../../src/ingest/influx/writer.ts';
import type { HttpServer } from '../../src/ui/http/server.ts';
import {
  appendReadings,
  type InfluxSite,
  START_MS,
  startWriter,
  untilStatus,
  useInfluxSite,
} from '../support/influx-site.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createWebServer } from '../support/web-server.ts';

let site: InfluxSite;
let writer: InfluxWriter;
let server: HttpServer;
useInfluxSite((made) => {
  site = made;
});

beforeEach(async () => {
  appendReadings(site, 100);
  writer = await startWriter(site);
  await untilStatus(site, writer, 'delivered', ({ pending }) => pending === 0);
  const { deps } = createUiSite(site.world);
  server = createWebServer({
    ...deps,
    influx: writer.upkeep,
    nowMs: site.world.clock.nowMs,
    status: () => ({ ...deps.status(), influx: writer.status() }),
  });
  await server.start();
});
afterEach(() => server.stop());

async function ask(path: string, body: object) {
  const response = await fetch(new URL(`/api/v1/influx/${path}`, server.url()), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}

async function cli(...argv: string[]) {
  let out = '';
  let err = '';
  const code = await runCli([...argv, '--url', server.url()], {
    runAppliance: () => Promise.resolve(0),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    version: '1.2.3',
  });
  return { code, out, err };
}

const FROM = '2026-01-01T00:00:00Z';

test('I5: the API begins a rewind once, tells of it in the status, and ends it', async () => {
  site.fake.script.push({ silent: true });
  expect(await ask('rewind', { from: FROM, to: '2026-01-02T01:00:00+01:00' })).toMatchObject({
    status: 202,
    json: { state: 'running', from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', share: 0 },
  });
  expect(await ask('rewind', { from: FROM })).toMatchObject({ status: 409 });
  expect(await ask('rewind/cancel', {})).toMatchObject({
    status: 200,
    json: {
      ...{ state: 'stopped', reason: 'ended by api' },
      said: [{ key: 'influx.rewindEnded', values: { by: 'api' } }],
    },
  });
  expect(await ask('rewind/cancel', {})).toMatchObject({ status: 409 });
  const status = await (await fetch(new URL('/api/v1/status', server.url()))).json();
  expect(status.influx.rewind).toMatchObject({ state: 'stopped', from: '2026-01-01T00:00:00.000Z' });
});

test.each<[object, string]>([
  [{}, '/from'],
  [{ from: 'yesterday' }, '/from'],
  [{ from: '2026-01-01T00:00:00' }, '/from'],
  [{ from: '2030-01-01T00:00:00Z' }, '/from'],
  [{ from: FROM, to: FROM }, '/to'],
  [{ from: FROM, until: FROM }, ''],
])('I5: a range that is none is refused by its place: %o', async (body, pointer) => {
  expect(await ask('rewind', body)).toMatchObject({ status: 422, json: { errors: [{ pointer }] } });
  expect(writer.status().rewind).toBeUndefined();
});

test('I5: from the command line: look, write again, see how it went', async () => {
  expect(await cli('influx', 'rewind')).toEqual({
    code: 0,
    out: 'the log was never written again\n',
    err: '',
  });
  expect(await cli('influx', 'check')).toMatchObject({ code: 0, out: expect.stringContaining('are there') });
  site.fake.points.clear();
  const missing = await cli('influx', 'check');
  expect(missing).toMatchObject({ code: 3, out: expect.stringContaining('influx rewind --from 20') });
  const from = /--from (\S+)/.exec(missing.out)?.[1] ?? '';
  expect(await cli('influx', 'rewind', '--from', from)).toMatchObject({
    code: 0,
    out: expect.stringContaining('writing again from'),
  });
  await untilStatus(site, writer, 'well again', ({ state }) => state === 'ok', 200);
  expect((await cli('influx', 'rewind')).out).toBe(
    `written again from ${new Date(from).toISOString()}, 100 records written\n`,
  );
  expect(site.fake.points.size).toBe(200);
  site.admin.rights.query = false;
  expect(await cli('influx', 'check')).toMatchObject({
    code: 1,
    out: expect.stringContaining('cannot be checked'),
  });
  site.fake.script.push({ silent: true });
  writer.upkeep.rewind({ fromMs: START_MS });
  expect(await cli('influx', 'rewind', '--cancel')).toMatchObject({
    code: 0,
    out: expect.stringContaining('stopped at'),
  });
  expect((await cli('influx', 'rewind')).code).toBe(1);
});

test.each([
  [['--from', 'yesterday'], '--from is no time'],
  [['--from', '2026-02-31'], '--from is no time'],
  [['--from', '2026-02-31T08:00Z'], '--from is no time'],
  [['--from', '2026-01-01T00:00'], 'with its zone'],
  [['--to', '2026-01-01'], '--to needs --from'],
  [['--from', '2026-01-01', '--cancel'], '--cancel goes alone'],
])('I5: words that ask for nothing are refused: %o', async (words, problem) => {
  const { code, err } = await cli('influx', 'rewind', ...words);
  expect([code, err]).toEqual([2, expect.stringContaining(problem)]);
  expect(writer.status().rewind).toBeUndefined();
});
