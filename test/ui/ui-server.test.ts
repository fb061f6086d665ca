/** The web server over real sockets: assets, limits, server-sent events, a graceful stop. */

import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createWorld } from '../../src/ops/world.ts';
import type { Asset } from '../../src/ui/http/assets.ts';
import type { HttpServer } from '../../src/ui/http/server.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { eventually } from '../support/process.ts';
import { createUiSite, furnish } from '../support/ui-site.ts';
import { createWebServer } from '../support/web-server.ts';
import { createTestWorld } from '../support/world.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const page: Asset = {
  body: Buffer.from(`<p>${'x'.repeat(2000)}</p>`),
  contentType: 'text/html',
  etag: '"abc"',
};

async function serve(more: Partial<Services> = {}, port = 0) {
  const world = createTestWorld();
  const site = createUiSite(world);
  const server = createWebServer(
    { ...site.deps, asset: (path) => (path === '/' ? page : undefined), ...more },
    port,
  );
  await server.start();
  cleanups.push(() => stopNow(server, world));
  return { world, site, server, port: Number(new URL(server.url()).port) };
}

/** Stops with a clock that stands still: the deadline for open requests is moved by hand. */
async function stopNow(server: HttpServer, world: { advance(ms: number): void }): Promise<void> {
  const stopped = server.stop();
  world.advance(1_000);
  await stopped;
}

interface Event {
  readonly id?: string;
  readonly event: string;
  readonly data: string;
}

/** A client of the event stream that takes everything at once. */
function listen(port: number, path = '/api/v1/events', headers: Record<string, string> = {}) {
  const events: Event[] = [];
  const state = { status: 0, ended: false };
  const request = httpRequest({ port, host: '127.0.0.1', path, headers }, (response) => {
    state.status = response.statusCode ?? 0;
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const frames = (text + chunk).split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const fields = Object.fromEntries(frame.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields.event) events.push(fields);
      }
    });
    response.on('close', () => {
      state.ended = true;
    });
  });
  request.on('error', () => {
    state.ended = true;
  });
  request.end();
  cleanups.push(() => {
    request.destroy();
  });
  const seqs = (): number[] =>
    events
      .filter(({ event }) => event === 'records')
      .flatMap(({ data }) => JSON.parse(data).map((r: { seq: number }) => r.seq));
  return { events, state, seqs, close: () => request.destroy() };
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('pages and limits', () => {
  test('the page comes compressed, with a tag that saves sending it again, and strict headers', async () => {
    const { server } = await serve();
    const first = await fetch(server.url());
    expect(await first.text()).toBe(page.body.toString());
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect(first.headers.get('content-security-policy')).toContain("default-src 'self'");
    const again = await fetch(server.url(), {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
    const plain = await fetch(server.url(), { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
  });

  test('an idle connection outlasts the patience of a proxy in front, two minutes in Caddy', async () => {
    const { server } = await serve();
    const { headers } = await fetch(server.url());
    expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(120);
  });

  test('HEAD gives the headers of GET and no body', async () => {
    const { server } = await serve();
    for (const path of ['', 'api/v1/status', 'healthz', 'nothing']) {
      const get = await fetch(server.url() + path, { headers: { 'accept-encoding': 'identity' } });
      const head = await fetch(server.url() + path, {
        method: 'HEAD',
        headers: { 'accept-encoding': 'identity' },
      });
      expect(head.status).toBe(get.status);
      expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
      expect(await head.text()).toBe('');
    }
  });

  test('an unknown path, a malformed one and a POST to a page are problem documents', async () => {
    const { server } = await serve();
    const answers = [
      await fetch(`${server.url()}nothing`),
      await fetch(`${server.url()}%ff`),
      await fetch(server.url(), { method: 'POST' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 400, 405]);
    for (const answer of answers) expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test.each([
    ['/api/../healthz', 404],
    ['/api/v1/%2E%2e/%2e./healthz', 404],
    ['http://evil.example/healthz', 404],
    ['/api\\v1\\status', 400],
    ['/healthz', 200],
  ])('the target %s is taken as it is written: %i', async (target, status) => {
    const { port } = await serve();
    const socket = connectTcp(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    await eventually('the answer', () => socket.closed);
    expect(text).toContain(`HTTP/1.1 ${status} `);
  });

  test.each(['evil host', 'a@localhost', 'localhost/x', 'localhost:99999'])(
    'the Host header "%s" is refused before it becomes part of a URL',
    async (host) => {
      const { port } = await serve();
      const status = await new Promise((resolve, reject) => {
        const request = httpRequest(
          { port, host: '127.0.0.1', path: '/healthz', headers: { host } },
          (answer) => resolve(answer.resume().statusCode),
        );
        request.on('error', reject).end();
      });
      expect(status).toBe(421);
    },
  );

  test('a body over 1 MB is refused, announced or not', async () => {
    const { server } = await serve();
    const headers = { 'content-type': 'application/json' };
    const url = `${server.url()}api/v1/devices`;
    const body = 'x'.repeat(1024 * 1024 + 1);
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(413);
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(body));
        controller.close();
      },
    });
    const init = { method: 'POST', headers, body: chunked, duplex: 'half' };
    expect((await fetch(url, init)).status).toBe(413);
  });

  test('a port that is taken is named with what to do', async () => {
    const { port } = await serve();
    await expect(serve({}, port)).rejects.toThrow(`port ${port}: EADDRINUSE; another program uses it`);
  });

  test('rubbish instead of HTTP harms nobody', async () => {
    const { server, port } = await serve();
    const socket = connectTcp(port, '127.0.0.1');
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.on('error', () => {});
      socket.resume().end(Buffer.from([0, 1, 2, 255, 13, 10, 13, 10]));
    });
    expect((await fetch(`${server.url()}healthz`)).status).toBe(200);
  });
});

describe('server-sent events', () => {
  test('a new client gets the state, then each new record once', async () => {
    const { port, site, world } = await serve();
    furnish(site, 2);
    const client = listen(port);
    await eventually('the state', () => client.events.length >= 4);
    expect(client.events.map(({ event }) => event)).toEqual(['status', 'gateways', 'strangers', 'logs']);
    site.hear('70b3d57ed0000000', { temperature_1: 5 });
    site.note('started');
    world.advance(100);
    await eventually('both records', () => client.seqs().length === 2);
    expect(client.events.at(-1)).toMatchObject({ id: '1-62', event: 'records' });
    expect(client.seqs()).toEqual([61, 62]);
  });

  test('a proxy is told to hand events on as they come, in words nginx 1.22 and Caddy 2.6 heed', async () => {
    const { server } = await serve();
    const stop = new AbortController();
    const { headers } = await fetch(`${server.url()}api/v1/events`, { signal: stop.signal });
    stop.abort();
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-encoding')).toBe('identity');
    expect(headers.get('cache-control')).toBe('no-store, no-transform');
  });

  test('Last-Event-ID goes on where the client was, however long it was away', async () => {
    const { port, site } = await serve();
    for (let i = 0; i < 1000; i += 1) site.hear('70b3d57ed0000000', { temperature_1: i });
    const client = listen(port, '/api/v1/events?after=1-900', { 'last-event-id': '1-17' });
    await eventually('983 records', () => client.seqs().length >= 983);
    expect(client.seqs()).toEqual(range(18, 1000));
  });

  test('a place that is gone, or of another store, is told as a gap', async () => {
    const { port, site, world } = await serve();
    for (let i = 0; i < 50; i += 1) site.note('tick');
    site.expire(20);
    const late = listen(port, '/api/v1/events?after=1-5');
    const other = listen(port, '/api/v1/events?after=7-5');
    await eventually('the rest', () => late.seqs().length === 30);
    expect(late.seqs()).toEqual(range(21, 50));
    const gap = (client: typeof late) => client.events.find(({ event }) => event === 'gap')?.data ?? 'null';
    expect(JSON.parse(gap(late))).toEqual({ after: '1-5', resumesAfter: '1-20', reason: 'expired' });
    await eventually('the other', () => other.events.some(({ event }) => event === 'gap'));
    expect(JSON.parse(gap(other))).toMatchObject({ resumesAfter: '1-50', reason: 'other_store' });
    site.note('more');
    world.advance(100);
    await eventually('new ones', () => other.seqs().length === 1);
  });

  test('the state is sent again only after a change, at most once a second', async () => {
    const { port, site, world } = await serve();
    const client = listen(port);
    const count = () => client.events.filter(({ event }) => event === 'status').length;
    await eventually('the state', () => count() === 1);
    world.advance(10_000);
    for (let messages = 1; messages <= 9; messages += 1)
      site.status.broker = { ...site.status.broker, messages };
    world.advance(1_000);
    await eventually('the change', () => count() === 2);
    world.advance(5_000);
    await eventually('a beat', () => client.events.some(({ event }) => event === 'beat'));
    expect(count()).toBe(2);
  });

  test('S15: a stream ends within a second of what it was opened with', async () => {
    let isGood = true;
    const { access } = createUiSite(createTestWorld()).deps;
    const { port, world } = await serve({ access: { ...access, lasts: () => isGood } });
    const client = listen(port);
    await eventually('the state', () => client.events.length > 0);
    world.advance(1_000);
    isGood = false;
    world.advance(1_000);
    await eventually('the end', () => client.state.ended);
  });

  test('without clients nobody listens to the store', async () => {
    const { port, site } = await serve();
    expect(site.listeners()).toBe(0);
    const client = listen(port);
    await eventually('the client', () => site.listeners() === 3);
    client.close();
    await eventually('silence', () => site.listeners() === 0);
  });

  test('more clients than allowed are refused, and one that leaves makes room', async () => {
    const { port } = await serve({ maxStreams: 2 });
    const clients = [listen(port), listen(port)];
    await eventually('both', () => clients.every(({ events }) => events.length > 0));
    const third = listen(port);
    await eventually('the refusal', () => third.state.status === 503);
    clients[0]?.close();
    await eventually('room', async () => {
      const fourth = listen(port);
      return eventually('an answer', () => fourth.state.status !== 0 && { status: fourth.state.status }).then(
        ({ status }) => status === 200,
      );
    });
  });

  test('a client that takes nothing costs bounded memory, is dropped, and resumes without a gap', async () => {
    const { port, site, world } = await serve();
    const problem = 'p'.repeat(20_000);
    for (let i = 0; i < 2_000; i += 1) site.hear('70b3d57ed0000000', {}, { problem });
    const socket = connectTcp(port, '127.0.0.1');
    cleanups.push(() => {
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /api/v1/events?after=1-0 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await eventually('the stream', () => site.listeners() === 3);
    world.advance(60_000);
    await eventually('the drop', () => site.listeners() === 0);
    expect(world.logged.map(({ event }) => event)).toContain('http.stream_dropped');
    const again = listen(port, '/api/v1/events?after=1-1990');
    await eventually('the rest', () => again.seqs().length === 10);
    expect(again.seqs()).toEqual(range(1991, 2000));
  });
});

describe('stopping', () => {
  test('open streams and idle connections end within the time of a stop', async () => {
    const site = createUiSite(createWorld(createTestWorld().logger));
    const server = createWebServer(site.deps);
    await server.start();
    const port = Number(new URL(server.url()).port);
    const client = listen(port);
    const half = connectTcp(port, '127.0.0.1').on('error', () => {});
    half.write('POST /api/v1/devices HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n');
    await eventually('the stream', () => client.events.length > 0);
    const before = performance.now();
    await server.stop();
    expect(performance.now() - before).toBeLessThan(5_000);
    await eventually('the end', () => client.state.ended);
    await server.stop();
    half.destroy();
  });
});
