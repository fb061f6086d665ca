/** Alarms and their rules over HTTP on a real store: what is wrong is said with code and place, two at once, unknown ones, limits. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAlarms } from '../../src/alarms/service.ts';
import type { AlarmsService } from '../../src/model/alarm-service.ts';
import type { ApplianceStatus, PartStatus } from '../../src/model/status.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { encodeCursor } from '../../src/ui/shapes/position.ts';
import { eui, uplink } from '../support/alarm-site.ts';
import { makeApi } from '../support/api.ts';
import { ENGLISH, germanOf } from '../support/german.ts';
import { eventually, temporaryFolder } from '../support/process.ts';
import { createFastWorld } from '../support/world.ts';

const RULE = {
  ...{ name: 'Too full', scope: { kind: 'site' }, priority: 'high', action: 'Close the valve.' },
  condition: { kind: 'limit', field: 'level', side: 'high', limit: 5 },
};
const NEW = { 'if-none-match': '*' };
const HOUR_MS = 3_600_000;
const FINE: PartStatus = { state: 'ok', detail: '', sinceMs: 0 };
const STATUS = {
  store: FINE,
  broker: FINE,
  influx: { ...FINE, quarantined: 0 },
  centre: FINE,
} as ApplianceStatus;

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let alarms: AlarmsService;
let ask: ReturnType<typeof makeApi>['ask'];

beforeEach(async () => {
  folder = temporaryFolder();
  const world = createFastWorld(100);
  store = openStore({ dir: folder.path, world });
  alarms = createAlarms({
    store,
    world,
    status: () => STATUS,
    nowMs: world.clock.nowMs,
    refusedJoins: () => 0,
  });
  await alarms.start();
  store.devices.put({ devEui: eui(1), name: 'Tank 1', codec: 'raw', origin: 'api', area: 'North' });
  await store.commit({ records: [uplink(eui(1), Date.now(), { level: 9 })] });
  ({ ask } = makeApi({ alarms }));
});
afterEach(async () => {
  await alarms.stop();
  await store.close();
  folder.remove();
});

type Answer = Awaited<ReturnType<typeof ask>>;
const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  ask(`/api/v1/${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
const putRule = (id: string, body: unknown, headers: Record<string, string> = NEW) =>
  send('PUT', `alarm-rules/${id}`, body, headers);
const codeOf = ({ json }: Answer): string | undefined => json.type.split(':').at(-1);
const said = (answer: Answer) => [answer.status, codeOf(answer)];
const places = ({ json }: Answer): string[] =>
  (json.errors ?? []).map((one: { pointer?: string; parameter?: string }) => one.pointer ?? one.parameter);
const later = (ms: number) => new Date(Date.now() + ms).toISOString();

/** Each place has its words on a German page. */
async function expectGerman({ json }: Answer): Promise<void> {
  for (const words of await germanOf(json)) {
    expect(words).toMatch(/^[^{}]+$/);
    expect(words).not.toMatch(ENGLISH);
  }
}

/** The id of an alarm that is active. */
async function raise(): Promise<string> {
  await putRule('full', RULE);
  await store.commit({ records: [uplink(eui(1), Date.now(), { level: 9 })] });
  const active = () => alarms.list().find(({ state }) => state === 'active');
  return (await eventually('an active alarm', active)).id;
}

test('a rule is added, found, changed by who has seen it, and removed', async () => {
  const made = await putRule('full', RULE);
  expect(made).toMatchObject({
    status: 201,
    json: { id: 'full', revision: 1, enabled: true, latched: false },
  });
  expect(made.headers.etag).toBe('"1"');
  expect((await ask('/api/v1/alarm-rules/full')).json).toEqual(made.json);
  const both = await Promise.all(
    ['A', 'B'].map((name) => putRule('full', { ...RULE, name }, { 'if-match': '"1"' })),
  );
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  expect(said(await putRule('full', RULE))).toEqual([412, 'changed-meanwhile']);
  expect(said(await send('DELETE', 'alarm-rules/full', undefined, { 'if-match': '"1"' }))).toEqual([
    412,
    'changed-meanwhile',
  ]);
  expect(said(await send('DELETE', 'alarm-rules/full'))).toEqual([428, 'precondition-required']);
  expect(said(await putRule('full', RULE, {}))).toEqual([428, 'precondition-required']);
  expect((await send('DELETE', 'alarm-rules/full', undefined, { 'if-match': '"2"' })).status).toBe(204);
  expect(said(await ask('/api/v1/alarm-rules/full'))).toEqual([404, 'alarm-unknown']);
  expect(said(await send('DELETE', 'alarm-rules/full', undefined, { 'if-match': '"2"' }))).toEqual([
    404,
    'alarm-unknown',
  ]);
});

test.each<[string, unknown, string, string[]]>([
  ['nothing', {}, 'invalid-body', ['/name', '/scope', '/condition', '/priority']],
  ['another member', { ...RULE, colour: 'red' }, 'invalid-body', ['']],
  ['a name too long', { ...RULE, name: 'x'.repeat(101) }, 'invalid-body', ['/name']],
  ['a priority there is not', { ...RULE, priority: 'urgent' }, 'invalid-body', ['/priority']],
  ['a scope of nothing', { ...RULE, scope: { kind: 'area' } }, 'invalid-body', ['/scope/area']],
  ['a condition there is not', { ...RULE, condition: { kind: 'mood' } }, 'invalid-body', ['/condition/kind']],
  [
    'a limit that is no number',
    { ...RULE, condition: { ...RULE.condition, limit: '5' } },
    'invalid-body',
    ['/condition/limit'],
  ],
  [
    'a side there is not',
    { ...RULE, condition: { ...RULE.condition, side: 'left' } },
    'invalid-body',
    ['/condition/side'],
  ],
  ['a delay before the beginning', { ...RULE, onDelayMs: -1 }, 'invalid-body', ['/onDelayMs']],
  [
    'a field nobody sends',
    { ...RULE, scope: { kind: 'device', device: eui(1) }, condition: { ...RULE.condition, field: 'levl' } },
    'alarm-invalid',
    ['/condition/field'],
  ],
  [
    'an expression that is none',
    { ...RULE, condition: { kind: 'expression', expression: 'level >' } },
    'alarm-invalid',
    ['/condition/expression'],
  ],
])('a rule with %s is refused with its place, and is not kept', async (_, body, code, wrong) => {
  const answer = await putRule('full', body);
  expect(said(answer)).toEqual([422, code]);
  expect(places(answer)).toEqual(wrong);
  await expectGerman(answer);
  expect((await ask('/api/v1/alarm-rules')).json.items).toEqual([]);
});

test('a body that is none or too large is refused by its code', async () => {
  expect(said(await putRule('full', '{'))).toEqual([400, 'malformed-json']);
  expect(said(await putRule('full', { ...RULE, message: 'x'.repeat(1_100_000) }))).toEqual([
    413,
    'body-too-large',
  ]);
  expect((await send('PUT', 'alarm-rules/full', RULE, { ...NEW, 'content-type': 'text/plain' })).status).toBe(
    415,
  );
  const noId = await putRule('No id', RULE);
  expect(said(noId)).toEqual([422, 'alarm-invalid']);
  await expectGerman(noId);
});

test('a file of rules is taken whole or not at all', async () => {
  const file = { format: 'webscada-edge-alarm-rules', version: 1, rules: [{ id: 'a', ...RULE }] };
  const broken = {
    ...file,
    rules: [...file.rules, { id: 'b', ...RULE, condition: { kind: 'expression', expression: '1 +' } }],
  };
  const refused = await send('POST', 'alarm-rules/import', broken);
  expect(said(refused)).toEqual([422, 'alarm-invalid']);
  expect(places(refused).every((place) => place.startsWith('/rules/1/'))).toBe(true);
  await expectGerman(refused);
  expect((await ask('/api/v1/alarm-rules')).json.items).toEqual([]);
  for (const [body, place] of [
    [{ ...file, version: 2 }, '/version'],
    [{ ...file, format: 'x' }, '/format'],
    [{ ...file, rules: [{ ...RULE, id: 'No id' }] }, '/rules/0/id'],
  ] as const)
    expect(places(await send('POST', 'alarm-rules/import', body))).toEqual([place]);
  expect((await send('POST', 'alarm-rules/import', file)).status).toBe(200);
  const { json } = await ask('/api/v1/alarm-rules/export');
  expect(json.rules).toMatchObject([{ id: 'a', name: 'Too full' }]);
  expect((await send('POST', 'alarm-rules/import', json)).status).toBe(200);
});

describe('an alarm', () => {
  test('is acknowledged once; what is not there, or has nothing to do, says so', async () => {
    const id = encodeURIComponent(await raise());
    expect((await send('POST', `alarms/${id}/acknowledge`, { comment: 'seen' })).json).toMatchObject({
      state: 'acknowledged',
    });
    expect(said(await send('POST', `alarms/${id}/acknowledge`, {}))).toEqual([409, 'alarm-state']);
    expect(said(await send('POST', `alarms/${id}/unshelve`))).toEqual([409, 'alarm-state']);
    expect(said(await send('POST', `alarms/${id}/return-to-service`))).toEqual([409, 'alarm-state']);
    for (const path of ['acknowledge', 'shelve', 'unshelve', 'out-of-service', 'return-to-service']) {
      const body = path === 'shelve' ? { until: later(HOUR_MS), reason: 'x' } : { reason: 'x' };
      const known = path.startsWith('un') || path.startsWith('return') ? undefined : body;
      expect(said(await send('POST', `alarms/gone:1/${path}`, path === 'acknowledge' ? {} : known))).toEqual([
        404,
        'alarm-unknown',
      ]);
    }
    expect(said(await ask('/api/v1/alarms/gone:1'))).toEqual([404, 'alarm-unknown']);
  });

  test('is kept quiet with a reason and an end to come', async () => {
    const id = encodeURIComponent(await raise());
    for (const [body, wrong] of [
      [{}, ['/until', '/reason']],
      [{ until: later(HOUR_MS) }, ['/reason']],
      [{ until: later(HOUR_MS), reason: '' }, ['/reason']],
      [{ until: 'tomorrow', reason: 'x' }, ['/until']],
      [{ until: later(HOUR_MS), reason: 'x'.repeat(501) }, ['/reason']],
    ] as const) {
      const answer = await send('POST', `alarms/${id}/shelve`, body);
      expect([...said(answer), places(answer)]).toEqual([422, 'invalid-body', wrong]);
    }
    expect(said(await send('POST', `alarms/${id}/shelve`, { until: later(-HOUR_MS), reason: 'x' }))).toEqual([
      422,
      'alarm-invalid',
    ]);
    expect(said(await send('POST', `alarms/${id}/out-of-service`, {}))).toEqual([422, 'invalid-body']);
    const shelved = await send('POST', `alarms/${id}/shelve`, { until: later(HOUR_MS), reason: 'x' });
    expect(shelved.json).toMatchObject({ silence: 'shelved', shelved: { reason: 'x' } });
    expect((await send('POST', `alarms/${id}/unshelve`)).status).toBe(200);
  });

  test('many at once: at least one, at most 5 000', async () => {
    const id = await raise();
    const many = (alarms: unknown) => send('POST', 'alarms/acknowledge', { alarms });
    for (const wrong of [[], Array.from({ length: 5_001 }, () => id)]) {
      const answer = await many(wrong);
      expect([...said(answer), places(answer)]).toEqual([422, 'invalid-body', ['/alarms']]);
    }
    expect(places(await many(['x'.repeat(101)]))).toEqual(['/alarms/0']);
    expect((await many([id, 'gone:1'])).json).toEqual({ acknowledged: 1 });
    expect(said(await many([id, 'gone:1']))).toEqual([409, 'alarm-state']);
  });
});

test('an area is put under maintenance where there is one, until a time to come', async () => {
  const put = (area: string, body: unknown) => send('PUT', `alarm-suppressions/${area}`, body);
  expect(said(await put('South', { until: later(HOUR_MS), reason: 'x' }))).toEqual([404, 'alarm-unknown']);
  expect(said(await put('North', { until: later(-HOUR_MS), reason: 'x' }))).toEqual([422, 'alarm-invalid']);
  expect(places(await put('North', { until: 'never' }))).toEqual(['/until', '/reason']);
  expect((await put('North', { until: later(HOUR_MS), reason: 'x' })).status).toBe(204);
  expect((await ask('/api/v1/alarm-suppressions')).json.items).toMatchObject([
    { area: 'North', reason: 'x' },
  ]);
  expect((await send('DELETE', 'alarm-suppressions/North')).status).toBe(204);
  expect(said(await send('DELETE', 'alarm-suppressions/North'))).toEqual([404, 'alarm-unknown']);
});

test.each([
  ['alarms?priority=urgent', ['priority']],
  ['alarms?state=new', ['state']],
  ['alarms/journal?limit=0', ['limit']],
  ['alarms/journal?limit=1000000', ['limit']],
  ['alarms/journal?event=raised,born', ['event']],
  ['alarms/journal?from=yesterday', ['from']],
  ['alarms/statistics?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', []],
  ['alarms/statistics?from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', []],
])('%s is no question', async (path, wrong) => {
  const answer = await ask(`/api/v1/${path}`);
  expect([...said(answer), places(answer)]).toEqual([400, 'invalid-query', wrong]);
});

test('the list comes a page at a time for who says how many, and what changes meanwhile moves no other one out of it', async () => {
  await putRule('full', RULE);
  for (const n of [2, 3, 4, 5])
    store.devices.put({ devEui: eui(n), name: `Tank ${n}`, codec: 'raw', origin: 'api', area: 'North' });
  for (const n of [1, 2, 3, 4, 5])
    await store.commit({ records: [uplink(eui(n), Date.now(), { level: 9 })] });
  await eventually('they are active', () => alarms.list().length === 5);
  type Page = { items: { id: string; state: string }[]; nextCursor?: string };
  const page = async (params: string): Promise<Page> => (await ask(`/api/v1/alarms?${params}`)).json;
  const ids = ({ items }: Page): string[] => items.map(({ id }) => id);
  const whole = ids(await page(''));
  expect(whole).toHaveLength(5);
  const first = await page('limit=2');
  // Goes to the end of the list.
  await send('POST', `alarms/${first.items[1]?.id}/acknowledge`, {});
  const second = await page(`limit=2&cursor=${first.nextCursor}`);
  const third = await page(`limit=2&cursor=${second.nextCursor}`);
  expect([...ids(first), ...ids(second), ...ids(third)]).toEqual([...whole, whole[1]]);
  expect(third.nextCursor).toBeUndefined();
  expect(ids(await page('limit=5&state=active'))).toHaveLength(4);
  expect((await page('limit=4&state=active')).nextCursor).toBeUndefined();
  for (const cursor of ['x', encodeCursor('0 0 active soon 1 x'), encodeCursor('')]) {
    const answer = await ask(`/api/v1/alarms?cursor=${cursor}`);
    expect([...said(answer), places(answer)]).toEqual([400, 'invalid-query', ['cursor']]);
  }
  for (const cursor of ['x', '0', '-1', '1e3', encodeCursor('5')]) {
    const answer = await ask(`/api/v1/alarms/journal?cursor=${cursor}`);
    expect([...said(answer), places(answer)]).toEqual([400, 'invalid-query', ['cursor']]);
  }
});

test('a box on which nobody watches says so', async () => {
  const { ask: bare } = makeApi();
  const answer = await bare('/api/v1/alarms');
  expect(said(answer)).toEqual([503, 'alarm-not-started']);
});
