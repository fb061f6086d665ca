/** What the audit trail says of requests: every change, by whom and from where, what was refused, and no secret. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuditTrail } from '../../src/appliance/audit-trail.ts';
import type { NewRecord } from '../../src/model/record.ts';
import { type AccessBox, cookieOf, createAccessBox, PASSWORD } from '../support/access-box.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let box: AccessBox;
let admin: string;
let logged: NewRecord[];
let stop: () => Promise<void>;
beforeEach(async () => {
  folder = temporaryFolder();
  logged = [];
  const world = createTestWorld();
  const store = {
    commit: async ({ records = [] }: { records?: readonly NewRecord[] }) => {
      logged.push(...records);
      return { firstSeq: 1 };
    },
  };
  const audit = createAuditTrail({ dir: folder.path, store, world });
  await audit.start();
  box = await createAccessBox({ dir: folder.path, world, services: { audit } });
  stop = async () => {
    await box.stop();
    await audit.stop();
  };
  admin = await box.claim();
});
afterEach(async () => {
  await stop();
  folder.remove();
});

interface Item {
  who: string;
  from: string;
  what: string;
  on: string;
  refused?: boolean;
  detail?: Record<string, unknown>;
}

async function entries(search = ''): Promise<Item[]> {
  return (await box.ask('/api/v1/audit', { cookie: admin, search })).json.items;
}

const send = (method: string, path: string, body: object, cookie = admin) =>
  box.ask(`/api/v1/${path}`, { method, body, cookie });

test('claim, login, users, tokens and devices are there, newest first, with who, from where and on what', async () => {
  await send('POST', 'users', { name: 'bob', password: PASSWORD, role: 'operator' });
  await box.login('bob', PASSWORD, '192.0.2.9');
  await send('PATCH', 'users/bob', { password: `${PASSWORD} new` });
  await send('POST', 'tokens', { name: 'grafana', scopes: ['read'] });
  await send('DELETE', 'users/bob', {});
  const found = await entries();
  expect(found.map(({ who, what, on }) => `${who}: ${what} ${on}`)).toEqual([
    'user ada: deleteUser users/bob',
    'user ada: createToken tokens',
    'user ada: changeUser users/bob',
    'nobody: login session',
    'user ada: createUser users',
    'nobody: claim access/claim',
  ]);
  expect(found[3]).toMatchObject({ from: '192.0.2.9', detail: { name: 'bob' } });
  expect(found[4]?.detail).toEqual({ name: 'bob', role: 'operator' });
  expect(found[2]?.detail).toEqual({ newPassword: true });
});

test('what is only looked at, or did not work, is not', async () => {
  await box.ask('/api/v1/devices', { cookie: admin });
  await send('POST', 'users', { name: 'bob' });
  await send('DELETE', 'users/nobody', {});
  expect((await entries()).map(({ what }) => what)).toEqual(['claim']);
});

test('what was refused is, but for strangers who try more and more, and a wrong name is not shown', async () => {
  await send('POST', 'users', { name: 'vic', password: PASSWORD, role: 'viewer' });
  const viewer = cookieOf(await box.login('vic'));
  await send('DELETE', 'users/ada', {}, viewer);
  await box.login('ada', 'wrong');
  await box.login('my secret passphrase', 'x');
  const found = await entries();
  expect(found.slice(0, 3)).toMatchObject([
    { what: 'login', refused: true, detail: { name: '?' } },
    { what: 'login', refused: true, detail: { name: 'ada' } },
    { who: 'user vic', what: 'deleteUser', refused: true },
  ]);
  for (let at = 0; at < 100; at++) await send('DELETE', `users/${at}`, {}, viewer);
  expect((await entries('limit=1000')).filter(({ refused }) => refused)).toHaveLength(30);
});

test('each entry is in the log as well, by which the centre hears of it; no password or token is in any', async () => {
  const { json } = await send('POST', 'tokens', { name: 'grafana', scopes: ['read'] });
  await stop();
  expect(logged.map(({ kind, body }) => [kind, (body as { event: string; what: string }).what])).toEqual([
    ['system', 'claim'],
    ['system', 'createToken'],
  ]);
  expect(logged[1]?.body).toMatchObject({ event: 'audit', seq: 2, who: 'user ada' });
  for (const secret of [PASSWORD, json.token, box.claimCode()])
    expect(JSON.stringify(logged)).not.toContain(secret);
  stop = async () => {};
});

test('pages go on where the one before ended, with and without a filter', async () => {
  for (let at = 0; at < 7; at++)
    await send('POST', 'tokens', { name: `t${at}`, scopes: [at % 2 ? 'read' : 'records'] });
  const all: string[] = [];
  for (let cursor: string | undefined, page = 0; page < 9; page++) {
    const search = `limit=2&find=RECORDS${cursor === undefined ? '' : `&cursor=${cursor}`}`;
    const { json } = await box.ask('/api/v1/audit', { cookie: admin, search });
    all.push(...json.items.map(({ detail }: Item) => detail?.name));
    cursor = json.nextCursor;
    if (cursor === undefined) break;
  }
  expect(all).toEqual(['t6', 't4', 't2', 't0']);
});

test('the file has every entry as it was hashed, and the check finds it whole', async () => {
  await send('POST', 'tokens', { name: 'x', scopes: ['read'] });
  const { text, headers } = await box.ask('/api/v1/audit/export', { cookie: admin });
  expect(headers['content-disposition']).toContain('audit.ndjson');
  expect(text.trim().split('\n')).toHaveLength(3);
  expect((await entries())[0]?.what).toBe('exportAudit');
  const { json } = await box.ask('/api/v1/audit/check', { cookie: admin });
  expect(json).toMatchObject({ entries: 3, firstSeq: 1, lastSeq: 3 });
});
