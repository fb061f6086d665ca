/** Quarantine over the API and from the command line, against a box that runs and a store at rest. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createQuarantineService } from '../../src/ingest/quarantine-service.ts';
import type { LogRecord } from '../../src/model/record.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import type { HttpServer } from '../../src/ui/http/server.ts';
import { uplinkRecord } from '../support/memory-store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createWebServer } from '../support/web-server.ts';
import { createTestWorld } from '../support/world.ts';

const START_MS = Date.UTC(2026, 0, 1);
const DEVICE = '70b3d57ed0000001';

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let server: HttpServer;
/** What the sink says to a record: a reason to refuse it, or undefined. */
let refuse: (record: LogRecord) => string | undefined;
let stopped: string | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  const world = createTestWorld(START_MS);
  store = openStore({ dir: folder.path, world, commitMaxDelayMs: 1 });
  refuse = () => undefined;
  stopped = undefined;
  const quarantine = createQuarantineService({
    store,
    world,
    sinks: {
      async influx(records) {
        if (stopped !== undefined) return { delivered: [], refused: [], stopped };
        const refused = records.flatMap((record) => {
          const reason = refuse(record);
          return reason === undefined ? [] : [{ record, reason }];
        });
        const bad = new Set(refused.map(({ record }) => record.seq));
        return { delivered: records.map(({ seq }) => seq).filter((seq) => !bad.has(seq)), refused };
      },
    },
  });
  const { deps } = createUiSite(world);
  server = createWebServer({ ...deps, quarantine });
  await server.start();
  await setAside();
});

afterEach(async () => {
  await server.stop();
  await store.close();
  folder.remove();
});

/** Five readings, the first three of them refused. */
async function setAside(): Promise<void> {
  const records = Array.from({ length: 5 }, (_, index) =>
    uplinkRecord(index === 2 ? 'other' : DEVICE, START_MS + index, { level: `${index}`, note: 'x' }),
  );
  await store.commit({ records, urgent: true });
  const bad = store.log.readAfter(0, 3);
  store.quarantine.add(
    'influx',
    bad.map((record) => ({ record, reason: `field type conflict no ${record.seq}` })),
    START_MS,
  );
  store.cursor('influx').advance(5, 3);
}

async function ask(path: string, body?: unknown) {
  const response = await fetch(new URL(`/api/v1/quarantine${path}`, server.url()), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = await response.json();
  return { status: response.status, type: response.headers.get('content-type'), json };
}

const counts = () => {
  const state = store.cursor('influx').state();
  expect(state.accepted).toBe(state.delivered + state.pending + state.quarantined + state.expired);
  return state;
};

async function cli(...argv: string[]) {
  let out = '';
  let err = '';
  const code = await runCli([...argv, '--set', `store.dir=${folder.path}`], {
    runAppliance: () => Promise.resolve(0),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: { WSE_TOKEN: 'never-shown' },
    version: '1.2.3',
  });
  expect(out + err).not.toContain('never-shown');
  return { code, out, err };
}

test('is listed page by page, with reason, device and payload', async () => {
  const first = await ask('?limit=2');
  expect(first.json.items).toMatchObject([
    {
      sink: 'influx',
      seq: 1,
      device: DEVICE,
      reason: 'field type conflict no 1',
      time: '2026-01-01T00:00:00.000Z',
      body: { fields: { level: '0' } },
    },
    { seq: 2 },
  ]);
  const rest = await ask(`?limit=2&cursor=${first.json.nextCursor}`);
  expect(rest.json).toMatchObject({ items: [{ seq: 3 }] });
  expect(rest.json.nextCursor).toBeUndefined();
  expect((await ask(`?device=${DEVICE}&reason=no%202`)).json.items).toMatchObject([{ seq: 2 }]);
  expect((await ask('/influx/3')).json).toMatchObject({ seq: 3, device: 'other' });
  expect((await ask('/influx/4')).status).toBe(404);
  expect((await ask('/elsewhere/1')).status).toBe(404);
  expect((await ask('?cursor=mine')).status).toBe(400);
});

test.each<[Record<string, unknown>, string]>([
  [{ action: 'drop' }, '/seqs'],
  [{ action: 'drop', seqs: [] }, '/seqs'],
  [{ action: 'drop', all: true, seqs: [1] }, '/seqs'],
  [{ action: 'retype', all: true, to: 'number' }, '/field'],
  [{ action: 'retype', all: true, field: 'level' }, '/to'],
  [{ action: 'retry', all: true, field: 'level' }, '/action'],
  [{ action: 'burn', all: true }, '/action'],
])('%j is refused naming %s', async (body, pointer) => {
  const { status, type, json } = await ask('/actions', body);
  expect({ status, type }).toEqual({ status: 422, type: 'application/problem+json' });
  expect(json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  expect(counts()).toMatchObject({ quarantined: 3 });
});

test('one is dropped, one mended and written, one refused again; the counts follow', async () => {
  const dropped = await ask('/actions', { action: 'drop', seqs: [1, 4], note: 'noise' });
  expect(dropped).toMatchObject({ status: 200, json: { matched: 1, dropped: 1 } });
  refuse = ({ body }) => (JSON.parse(body).fields.level === 1 ? undefined : 'still bad');
  const mended = await ask('/actions', { action: 'retype', field: 'level', to: 'number', all: true });
  expect(mended.json).toMatchObject({ matched: 2, delivered: 1, refused: 1 });
  expect(counts()).toMatchObject({ delivered: 4 - 1, quarantined: 1, expired: 1, pending: 2 });
  expect((await ask('')).json.items).toMatchObject([
    { seq: 3, reason: 'still bad', body: { fields: { level: 2 } } },
  ]);
  const audit = store.log.readAfter(5, 10).map(({ body }) => JSON.parse(body));
  expect(audit).toMatchObject([
    { event: 'quarantine_dropped', seqs: '1', by: 'api', note: 'noise' },
    { event: 'quarantine_replayed', seqs: '2' },
  ]);
});

test('a sink that is away is a 503, and nothing is lost', async () => {
  stopped = 'InfluxDB is away';
  const { status, json } = await ask('/actions', { action: 'retry', all: true });
  expect(status).toBe(503);
  expect(json).toMatchObject({ type: 'urn:webscada-edge:problem:sink-unavailable' });
  expect(json.detail).toContain('InfluxDB is away');
  expect(counts()).toMatchObject({ quarantined: 3 });
});

test('the command line does the same through the running box', async () => {
  const box = ['--url', server.url()];
  const listed = await cli('quarantine', 'list', ...box);
  expect(listed.out.split('\n').filter((line) => line.includes('field type conflict'))).toHaveLength(3);
  expect(
    (await cli('quarantine', 'list', '--json', '--device', DEVICE, ...box)).out.trim().split('\n'),
  ).toHaveLength(2);
  expect(JSON.parse((await cli('quarantine', 'show', '2', ...box)).out)).toMatchObject({ seq: 2 });
  expect(await cli('quarantine', 'show', '4', ...box)).toMatchObject({ code: 1 });
  expect(await cli('quarantine', 'drop', '1', '--note', 'noise', ...box)).toMatchObject({
    code: 0,
    out: '1 matched: 1 dropped\n',
  });
  const retype = ['quarantine', 'retype', '--field', 'level', '--to', 'number', '--all'];
  expect(await cli(...retype, ...box)).toMatchObject({ code: 0, out: '2 matched: 2 delivered\n' });
  expect(counts()).toMatchObject({ quarantined: 0, expired: 1 });
  expect(await cli('quarantine', 'drop', ...box)).toMatchObject({
    code: 2,
    err: expect.stringContaining('say which records'),
  });
  expect(await cli('quarantine', 'drop', 'one', ...box)).toMatchObject({ code: 2 });
});

test('while the box is stopped the store itself is looked into, but nothing is changed', async () => {
  await server.stop();
  await store.close();
  const box = ['--url', 'http://127.0.0.1:1'];
  expect((await cli('quarantine', 'list', ...box)).out.trim().split('\n')).toHaveLength(3);
  expect(JSON.parse((await cli('quarantine', 'show', '3', ...box)).out)).toMatchObject({ device: 'other' });
  expect(await cli('quarantine', 'show', '4', ...box)).toMatchObject({ code: 1 });
  expect(await cli('quarantine', 'drop', '1', ...box)).toMatchObject({ code: 69 });
  expect((await cli('quarantine', 'list', '--reason', 'no 2', ...box)).out).toContain('no 2');
});
