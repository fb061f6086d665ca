/** A webhook to a real receiver: signed, never redirected, bounded; one that answers 500 for a week grows nothing. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { eventually as waitFor } from '../support/process.ts';
import { ADA, ALL, type TellingSite, tellingSite } from './telling-site.ts';

const HOUR = 3_600_000;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const eventually = <T>(check: () => T) => waitFor('what is waited for', check, 20_000);
const proofs = (telling: TellingSite) => telling.notify.proofs(Number.MAX_SAFE_INTEGER, 1_000);

interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

const NOTHING: Posted = { path: '', headers: {}, body: '', atMs: 0 };

async function receiver() {
  const posted: Posted[] = [];
  const statusOf = (_body: string): number => state.status;
  const headers: Record<string, string> = { location: '/elsewhere' };
  const state = { status: 200, statusOf, headers, isSilent: false, posted, port: 0 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString();
    });
    request.on('end', () => {
      posted.push({ path: request.url ?? '', headers: request.headers, body, atMs: performance.now() });
      if (state.isSilent) return;
      response.writeHead(state.statusOf(body), state.headers);
      response.end('x'.repeat(1_000_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  state.port = typeof address === 'object' && address ? address.port : 0;
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return state;
}

async function site(port: number, timeoutMs = 20_000, secret = 'signed with this'): Promise<TellingSite> {
  const url = `http://127.0.0.1:${port}/hook`;
  const telling = await tellingSite({
    settings: { timeoutMs, webhooks: [{ name: 'chat', url, template: 'json', secret }] },
    person: { ...ADA, addresses: [{ channel: 'webhook', webhook: 'chat' }] },
  });
  stops.push(telling.stop);
  return telling;
}

test('it is signed as Standard Webhooks have it', async () => {
  const there = await receiver();
  const telling = await site(there.port);
  await telling.raise('Tank 1');
  const [proof] = await eventually(() => proofs(telling).length > 0 && proofs(telling));
  const [{ headers, body } = NOTHING] = there.posted;
  const id = headers['webhook-id'];
  const content = `${id}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', 'signed with this').update(content).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  expect(id).toBe(proof?.messageId);
  expect(JSON.parse(body)).toMatchObject({
    id,
    site: 'Hill',
    alarms: [{ subjectName: 'Tank 1', priority: 'high' }],
  });
});

test('a secret as receivers hand it out is base64 behind its prefix (seen with standardwebhooks 1.1.1)', async () => {
  const there = await receiver();
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const telling = await site(there.port, 20_000, secret);
  await telling.raise('Tank 1');
  await eventually(() => proofs(telling).length > 0);
  const [{ headers, body } = NOTHING] = there.posted;
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const expected = createHmac('sha256', key).update(content).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
});

test('it is not redirected, and says what to do', async () => {
  const there = await receiver();
  there.status = 307;
  const telling = await site(there.port);
  await telling.raise('Tank 1');
  const status = await eventually(
    () => telling.notify.status().state === 'degraded' && telling.notify.status(),
  );
  expect(status.hint).toContain('redirects');
  expect(there.posted.every(({ path }) => path === '/hook')).toBe(true);
});

test('500 for a week grows nothing; then one message says all', async () => {
  const there = await receiver();
  there.status = 500;
  const telling = await site(there.port);
  const size = () =>
    JSON.stringify([...telling.store.kept('notify')].filter(([key]) => key.startsWith('line:'))).length;
  let sizeOfDay = 0;
  for (let hour = 0; hour < 168; hour++) {
    for (let n = 0; n < 5; n++) await telling.raise(`Tank ${n}`);
    for (let n = 0; n < 5; n++) await telling.say('cleared', `Tank ${n}`, { state: 'normal' });
    telling.pass(HOUR);
    if (hour === 24) {
      await eventually(() => there.posted.length > 2);
      sizeOfDay = size();
    }
  }
  await eventually(() => telling.notify.waiting().reduce((sum, { alarms }) => sum + alarms, 0) === 840);
  expect(size()).toBeLessThan(sizeOfDay * 1.5);
  expect(proofs(telling)).toEqual([]);
  there.status = 200;
  telling.pass(HOUR);
  const before = there.posted.length;
  await eventually(() => proofs(telling).length > 0);
  const told = there.posted
    .slice(before)
    .map(({ body }) => JSON.parse(body) as { raised: number; over: number });
  expect(told.reduce((sum, { raised }) => sum + raised, 0)).toBe(840);
  expect(told).toHaveLength(1);
}, 60_000);

test('a receiver that asks for a pause has it', async () => {
  const there = await receiver();
  there.status = 429;
  there.headers['retry-after'] = '600';
  const telling = await site(there.port);
  await telling.raise('Tank 1');
  await eventually(() => there.posted.length > 1);
  // Time runs a thousand times as fast; the back-off alone is ten seconds.
  const [first = 0, second = 0] = there.posted.map(({ atMs }) => atMs);
  expect(second - first).toBeGreaterThan(500);
});

test('a receiver that never answers is left after a time, and asked again with the same id', async () => {
  const there = await receiver();
  there.isSilent = true;
  const telling = await site(there.port, 1_000);
  await telling.raise('Tank 1');
  await eventually(() => there.posted.length === 2);
  there.isSilent = false;
  const [proof] = await eventually(() => proofs(telling).length > 0 && proofs(telling));
  expect(new Set(there.posted.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(proof).toMatchObject({ maybeTwice: true, outcome: 'sent' });
}, 60_000);

test.each([403, 500])(
  'one that is always answered %i holds up no other of the same receiver',
  async (status) => {
    const there = await receiver();
    there.statusOf = (body) => (body.includes('"to":"ada"') ? status : 200);
    const telling = await site(there.port);
    const person = (to: string) => ({
      ...ADA,
      addresses: [{ channel: 'webhook', webhook: 'chat', to }] as const,
    });
    telling.notify.put('person', 'ada', person('ada'), 1, 'user root');
    telling.notify.put('person', 'bob', person('bob'), 0, 'user root');
    telling.notify.put('route', 'all', { ...ALL, to: ['person:ada', 'person:bob'] }, 1, 'user root');
    await telling.raise('Tank 1');
    const [proof] = await eventually(() => proofs(telling).length > 0 && proofs(telling));
    expect(proof).toMatchObject({ person: 'bob', outcome: 'sent' });
  },
);

test('a clock that is set back holds up no message', async () => {
  const there = await receiver();
  there.status = 500;
  const telling = await site(there.port);
  await telling.raise('Tank 1');
  await eventually(() => there.posted.length > 1);
  const byMs = -30 * 24 * HOUR;
  telling.pass(byMs);
  there.status = 200;
  await eventually(() => proofs(telling).length > 0);
});
