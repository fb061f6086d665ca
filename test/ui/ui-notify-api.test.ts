/** People, groups and routes over HTTP on a real store: what is wrong is said with code and place, two at once, unknown ones, limits, the log. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NOTIFY_LIMITS } from '../../src/model/notify.ts';
import type { ChannelSender } from '../../src/notify/channels/channel.ts';
import { type TellingSite, tellingSite } from '../notify/telling-site.ts';
import { makeApi } from '../support/api.ts';
import { ENGLISH, germanOf } from '../support/german.ts';

const PERSON = { name: 'Bea', language: 'de', addresses: [{ channel: 'email', to: 'bea@site.example' }] };
const GROUP = { name: 'Night shift', members: ['ada'] };
const ROUTE = {
  ...{ name: 'Urgent', enabled: true, priorities: ['critical'], to: ['person:ada'] },
  ...{ recovery: true, escalate: [] },
};
const NEW = { 'if-none-match': '*' };

let telling: TellingSite;
let ask: ReturnType<typeof makeApi>['ask'];
/** What each channel was handed. */
let handed: string[];

function sender(channel: string): ChannelSender {
  return {
    async send() {
      handed.push(channel);
      return { kind: 'sent', answer: 'taken' };
    },
  };
}

beforeEach(async () => {
  handed = [];
  const settings = { webhooks: [{ name: 'chat', url: 'http://127.0.0.1:9/', template: 'json' } as const] };
  const senders = new Map(['email', 'mqtt', 'webhook:chat'].map((name) => [name, sender(name)]));
  telling = await tellingSite({ settings, senders });
  ({ ask } = makeApi({ notify: telling.notify }));
});
afterEach(() => telling.stop());

const put = (path: string, body: unknown, headers: Record<string, string> = NEW) =>
  ask(`/api/v1/notify/${path}`, { method: 'PUT', body, headers });
const remove = (path: string, revision: number) =>
  ask(`/api/v1/notify/${path}`, { method: 'DELETE', headers: { 'if-match': `"${revision}"` } });
const codeOf = ({ json }: { json: { type: string } }) => json.type.split(':').at(-1);
const places = ({ json }: { json: { errors?: { pointer?: string; parameter?: string }[] } }) =>
  (json.errors ?? []).map(({ pointer, parameter }) => pointer ?? parameter);

describe('is added, found and removed', () => {
  test.each([
    ['people', PERSON],
    ['groups', GROUP],
    ['routes', ROUTE],
  ])('one of the %s', async (kind, body) => {
    const made = await put(`${kind}/one`, body);
    expect(made).toMatchObject({ status: 201, json: { id: 'one', revision: 1, ...body } });
    expect(made.headers.etag).toBe('"1"');
    const { items } = (await ask(`/api/v1/notify/${kind}`)).json;
    expect(items).toContainEqual(made.json);
    const changed = await put(`${kind}/one`, { ...body, name: 'Another' }, { 'if-match': '"1"' });
    expect(changed).toMatchObject({ status: 200, json: { revision: 2, name: 'Another' } });
    expect(await remove(`${kind}/one`, 2)).toMatchObject({ status: 204 });
    expect(codeOf(await remove(`${kind}/one`, 2))).toBe('not-found');
  });
});

test.each<[string, string, unknown, string[]]>([
  ['no body of a person', 'people', {}, ['/name', '/language', '/addresses']],
  ['another member', 'people', { ...PERSON, pager: '1' }, ['']],
  ['a language nobody wrote', 'people', { ...PERSON, language: 'fr' }, ['/language']],
  ['a name too long', 'people', { ...PERSON, name: 'x'.repeat(101) }, ['/name']],
  [
    'no e-mail address',
    'people',
    { ...PERSON, addresses: [{ channel: 'email', to: 'bea' }] },
    ['/addresses/0/to'],
  ],
  [
    'an address with a second recipient',
    'people',
    { ...PERSON, addresses: [{ channel: 'email', to: 'a@b,c@d' }] },
    ['/addresses/0/to'],
  ],
  [
    'a channel there is not',
    'people',
    { ...PERSON, addresses: [{ channel: 'fax', to: '1' }] },
    ['/addresses/0/channel'],
  ],
  [
    'a webhook the settings have not',
    'people',
    { ...PERSON, addresses: [{ channel: 'webhook', webhook: 'x' }] },
    ['/addresses/0/webhook'],
  ],
  [
    'a topic with a wildcard',
    'people',
    { ...PERSON, addresses: [{ channel: 'mqtt', topic: 'a/#' }] },
    ['/addresses/0/topic'],
  ],
  [
    'nothing to send to a relay',
    'people',
    { ...PERSON, addresses: [{ channel: 'downlink', device: '70b3d57ed0000000', fPort: 1, on: {} }] },
    ['/addresses/0/on/data'],
  ],
  [
    'a port of the network',
    'people',
    {
      ...PERSON,
      addresses: [{ channel: 'downlink', device: '70b3d57ed0000000', fPort: 0, on: { data: '01' } }],
    },
    ['/addresses/0/fPort'],
  ],
  [
    'nine addresses',
    'people',
    { ...PERSON, addresses: Array.from({ length: 9 }, () => PERSON.addresses[0]) },
    ['/addresses'],
  ],
  ['a time zone nowhere', 'people', { ...PERSON, timeZone: 'Mars/Olympus' }, ['/timeZone']],
  [
    'hours that are none',
    'people',
    { ...PERSON, quiet: { windows: ['25:00-26:00'], except: 'low' } },
    ['/quiet/windows/0'],
  ],
  ['quiet at no hours', 'people', { ...PERSON, quiet: { windows: [], except: 'low' } }, ['/quiet/windows']],
  ['a member there is not', 'groups', { ...GROUP, members: ['ada', 'gone'] }, ['/members/1']],
  [
    'more members than people',
    'groups',
    { ...GROUP, members: Array.from({ length: 201 }, () => 'ada') },
    ['/members'],
  ],
  ['nobody is told', 'routes', { ...ROUTE, to: [] }, ['/to']],
  ['somebody who is not there', 'routes', { ...ROUTE, to: ['person:gone'] }, ['/to/0']],
  ['neither person nor group', 'routes', { ...ROUTE, to: ['ada'] }, ['/to/0']],
  [
    'a step to a group that is not there',
    'routes',
    { ...ROUTE, escalate: [{ afterMinutes: 5, to: ['group:gone'] }] },
    ['/escalate/0/to/0'],
  ],
  [
    'a step after no time',
    'routes',
    { ...ROUTE, escalate: [{ afterMinutes: 0, to: ['person:ada'] }] },
    ['/escalate/0/afterMinutes'],
  ],
  [
    'eleven steps',
    'routes',
    { ...ROUTE, escalate: Array.from({ length: 11 }, () => ({ afterMinutes: 1, to: ['person:ada'] })) },
    ['/escalate'],
  ],
  ['of no alarms', 'routes', { ...ROUTE, priorities: [] }, ['/priorities']],
  ['a digest at no time', 'routes', { ...ROUTE, digestAt: '24:00' }, ['/digestAt']],
  ['fifty-one are told', 'routes', { ...ROUTE, to: Array.from({ length: 51 }, () => 'person:ada') }, ['/to']],
])('%s is refused with its place, and nothing is kept', async (_, kind, body, wrong) => {
  const before = (await ask(`/api/v1/notify/${kind}`)).json;
  const answer = await put(`${kind}/one`, body);
  expect(answer.status).toBe(422);
  expect(codeOf(answer)).toBe('invalid-body');
  expect(places(answer)).toEqual(wrong);
  for (const { detail } of answer.json.errors) expect(detail).not.toBe('');
  for (const words of await germanOf(answer.json)) {
    expect(words).toMatch(/^[^{}]+$/);
    expect(words).not.toMatch(ENGLISH);
  }
  expect((await ask(`/api/v1/notify/${kind}`)).json).toEqual(before);
});

test('a body that is none, is too large, or of another kind is refused by its code', async () => {
  expect(codeOf(await put('people/one', '{'))).toBe('malformed-json');
  expect(await put('people/one', PERSON, { ...NEW, 'content-type': 'text/plain' })).toMatchObject({
    status: 415,
  });
  const large = await put('people/one', { ...PERSON, name: 'x'.repeat(1_100_000) });
  expect([large.status, codeOf(large)]).toEqual([413, 'body-too-large']);
  expect(codeOf(await put('people/one', `{"__proto__":{},"name":"x"}`))).toBe('invalid-body');
});

test('of two who change the same, the second is told, and nothing is overwritten', async () => {
  const first = await put('people/ada', { ...PERSON, name: 'First' }, { 'if-match': '"1"' });
  expect(first.status).toBe(200);
  const second = await put('people/ada', { ...PERSON, name: 'Second' }, { 'if-match': '"1"' });
  expect([second.status, codeOf(second)]).toEqual([412, 'changed-meanwhile']);
  expect(codeOf(await put('people/ada', PERSON))).toBe('changed-meanwhile');
  expect(codeOf(await put('people/gone', PERSON, { 'if-match': '"1"' }))).toBe('changed-meanwhile');
  expect(codeOf(await remove('routes/all', 7))).toBe('changed-meanwhile');
  const { items } = (await ask('/api/v1/notify/people')).json;
  expect(items).toMatchObject([{ name: 'First', revision: 2 }]);
  const both = await Promise.all(
    ['A', 'B'].map((name) => put('people/ada', { ...PERSON, name }, { 'if-match': '"2"' })),
  );
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
});

test('a change says which state it is of', async () => {
  for (const headers of [
    {},
    { 'if-match': '*' },
    { 'if-match': '1' },
    { 'if-match': '"0"' },
    { 'if-match': '"x"' },
  ]) {
    const answer = await put('people/ada', PERSON, headers);
    expect([answer.status, codeOf(answer)]).toEqual([428, 'precondition-required']);
  }
  expect((await ask('/api/v1/notify/people/ada', { method: 'DELETE', headers: NEW })).status).toBe(428);
});

test('who is named is not removed, and by whom is said', async () => {
  await put('groups/night', GROUP);
  await put('routes/urgent', { ...ROUTE, to: ['group:night'] });
  const person = await remove('people/ada', 1);
  expect([person.status, codeOf(person)]).toEqual([409, 'notify-in-use']);
  expect(person.json.detail).toContain('Night shift');
  const group = await remove('groups/night', 1);
  expect(group.json.detail).toContain('Urgent');
  expect((await remove('routes/urgent', 1)).status).toBe(204);
  expect((await remove('groups/night', 1)).status).toBe(204);
});

test.each(['Bea', 'a_b', '-a', 'x'.repeat(65), '%2e%2e', 'a%2fb', '%00'])('%s is no id', async (id) => {
  expect((await put(`people/${id}`, PERSON)).status).toBe(404);
});

test('there can be so many of each, and no more', async () => {
  for (const [kind, most, body] of [
    ['people', NOTIFY_LIMITS.person, PERSON],
    ['groups', NOTIFY_LIMITS.group, GROUP],
    ['routes', NOTIFY_LIMITS.route, ROUTE],
  ] as const) {
    const { items } = (await ask(`/api/v1/notify/${kind}`)).json;
    for (let n = items.length; n < most; n += 1) expect((await put(`${kind}/n${n}`, body)).status).toBe(201);
    const more = await put(`${kind}/more`, body);
    expect([more.status, codeOf(more)]).toEqual([409, 'full']);
    expect(more.json.detail).toContain(String(most));
  }
  expect((await put('people/ada', PERSON, { 'if-match': '"1"' })).status).toBe(200);
});

describe('a test', () => {
  const tryIt = (id: string, search = '') =>
    ask(`/api/v1/notify/people/${id}/test${search}`, { method: 'POST' });

  test('goes to every address, or to those of one channel; its proof is in the log', async () => {
    const addresses = [
      { channel: 'email', to: 'a@site.example' },
      { channel: 'webhook', webhook: 'chat' },
      { channel: 'mqtt', topic: 'a' },
    ];
    await put('people/ada', { ...PERSON, addresses }, { 'if-match': '"1"' });
    expect((await tryIt('ada')).json.items).toHaveLength(3);
    handed = [];
    expect((await tryIt('ada', '?channel=webhook:chat')).json.items).toMatchObject([
      { channel: 'webhook', isOk: true, answer: 'taken' },
    ]);
    expect(handed).toEqual(['webhook:chat']);
    expect((await tryIt('ada', '?channel=downlink')).json.items).toEqual([]);
    const all = (await ask('/api/v1/notify/log')).json.items;
    expect(all).toHaveLength(4);
    expect(all[0]).toMatchObject({ channel: 'webhook', isTest: true, person: 'ada', personName: 'Bea' });
  });

  test('of nobody, or by no channel, is refused', async () => {
    expect(codeOf(await tryIt('gone'))).toBe('not-found');
    expect(codeOf(await tryIt('..%2fada'))).toBe('not-found');
    const answer = await tryIt('ada', '?channel=fax');
    expect([answer.status, codeOf(answer), places(answer)]).toEqual([400, 'invalid-query', ['channel']]);
    expect(handed).toEqual([]);
  });
});

test('the log is asked for by person, channel and page; what is no such question is refused', async () => {
  await put('people/bea', { ...PERSON, addresses: [...PERSON.addresses, { channel: 'mqtt', topic: 'a' }] });
  for (const id of ['ada', 'bea', 'bea']) await ask(`/api/v1/notify/people/${id}/test`, { method: 'POST' });
  const log = async (search: string) =>
    (
      (await ask(`/api/v1/notify/log?${search}`)).json.items as {
        n: number;
        person: string;
        channel: string;
      }[]
    ).map(({ n, person, channel }) => `${n} ${person} ${channel}`);
  const beas = await log('person=bea');
  expect(beas).toHaveLength(4);
  expect(await log('person=bea&channel=mqtt')).toHaveLength(2);
  expect(await log('channel=email')).toHaveLength(3);
  expect(await log('person=gone')).toEqual([]);
  const [first = ''] = beas;
  expect(await log(`person=bea&limit=1&before=${first.split(' ')[0]}`)).toEqual(beas.slice(1, 2));
  for (const [search, parameter] of [
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['before=x', 'before'],
    ['channel=fax', 'channel'],
    ['person=A%20B', 'person'],
  ] as const) {
    const answer = await ask(`/api/v1/notify/log?${search}`);
    expect([answer.status, codeOf(answer), places(answer)]).toEqual([400, 'invalid-query', [parameter]]);
  }
});

test('a box that tells nobody has none of it', async () => {
  const { ask: bare } = makeApi();
  for (const path of ['', '/people', '/log', '/waiting'])
    expect((await bare(`/api/v1/notify${path}`)).status).toBe(404);
});
