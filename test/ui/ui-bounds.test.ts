/** What a stranger, or somebody with a token that only reads, can make the web server hold or do: bounded (S1, S5, S6, S7, S9, S13, S14). */
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Services } from '../../src/ui/routes/services.ts';
import { eventually } from '../support/process.ts';
import { createUiSite, furnish } from '../support/ui-site.ts';
import { createWebServer } from '../support/web-server.ts';
import { createTestWorld } from '../support/world.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serve(more: Partial<Services> = {}) {
  const world = createTestWorld();
  const site = createUiSite(world);
  const server = createWebServer({ ...site.deps, ...more });
  await server.start();
  cleanups.push(async () => {
    const stopped = server.stop();
    world.advance(1_000);
    await stopped;
  });
  return { site: { ...site, world }, url: server.url(), port: Number(new URL(server.url()).port) };
}

/** A connection with everything it was sent; `text` grows. */
function open(port: number): { socket: Socket; text: () => string; ended: () => boolean } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let ended = false;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
  });
  cleanups.push(() => void socket.destroy());
  return { socket, text: () => text, ended: () => ended };
}

const POST = 'POST /api/v1/devices HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const LOGIN = 'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

describe('bodies', () => {
  test('S1: a public route takes 4 kB, whatever the pieces', async () => {
    const { port } = await serve();
    const { socket, text, ended } = open(port);
    socket.write(`${LOGIN}Transfer-Encoding: chunked\r\n\r\n`);
    for (let n = 0; n < 5_000; n++) socket.write('1\r\nx\r\n');
    await eventually('refused', () => text().includes(' 413 ') && ended());
    expect(text()).toContain('A body may have 4 kB here.');
  });

  test('S1: a body in 900 000 pieces of one byte is refused, and costs neither memory nor time', async () => {
    const { port } = await serve();
    const { socket, text } = open(port);
    const before = process.memoryUsage().heapUsed;
    let highest = before;
    socket.write(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
    const thousand = '1\r\nx\r\n'.repeat(1_000);
    for (let n = 0; n < 900 && !socket.destroyed; n++) {
      if (!socket.write(thousand))
        await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
      highest = Math.max(highest, process.memoryUsage().heapUsed);
    }
    await eventually('answered', () => text().includes(' 413 '));
    expect(highest - before).toBeLessThan(60 * 1024 * 1024);
  });

  test('S1: many bodies at once have one limit together, and those that are told to wait are let go', async () => {
    const { port, url } = await serve();
    const held = Array.from({ length: 40 }, () => open(port));
    for (const { socket } of held) {
      socket.write(`${POST}Content-Length: 1000000\r\n\r\n`);
      socket.write('x'.repeat(100));
    }
    await eventually(
      'some are told',
      () => held.filter(({ text }) => text().includes(' 503 ')).length === 24,
    );
    expect(held.filter(({ text }) => text() === '').length).toBe(16);
    for (const { socket } of held) socket.destroy();
    const post = () =>
      fetch(`${url}api/v1/devices`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{',
      });
    await eventually('there is room again', async () => (await post()).status === 400);
  });

  test('S15: an upload that its sender breaks off is no error', async () => {
    const { port, site } = await serve();
    const { logged } = site.world;
    for (const head of [
      `${POST}Content-Length: 9\r\n\r\n{`,
      `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
    ]) {
      const before = logged.length;
      const { socket } = open(port);
      socket.write(head);
      socket.end();
      await eventually('it was noticed', () => logged.length > before);
    }
    expect(new Set(logged.map(({ level }) => level))).toEqual(new Set(['debug']));
  });

  test('S7: one file of devices is taken at a time; others are told before theirs is gathered', async () => {
    const { port, url } = await serve();
    const post = () => fetch(`${url}api/v1/devices/import`, { method: 'POST', body: 'dev_eui\n' });
    const slow = open(port);
    slow.socket.write(
      'POST /api/v1/devices/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\ndev_eui',
    );
    await eventually('the second is told to wait', async () => {
      const answer = await post();
      await answer.arrayBuffer();
      return answer.status === 503 && answer.headers.get('retry-after') === '5';
    });
    slow.socket.destroy();
    await eventually("it is the next one's turn", async () => (await post()).status === 200);
  });

  test('S5: a problem does not repeat what was sent', async () => {
    const { url } = await serve();
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`key${n}`, 1])));
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}api/v1/devices`, { method: 'POST', headers, body });
    expect(answer.status).toBe(422);
    expect((await answer.text()).length).toBeLessThan(8_000);
  });

  test('a query or a header beyond 8 kB is refused before it is read, and what browsers send is not', async () => {
    const { url } = await serve();
    const query = (bytes: number) => 'k=1&'.repeat(bytes / 4);
    expect((await fetch(`${url}api/v1/health?${query(15_000)}`)).status).toBe(431);
    expect((await fetch(`${url}healthz?${query(4_000)}`)).status).toBe(200);
    expect((await fetch(`${url}healthz`, { headers: { cookie: 'a=b; '.repeat(1_000) } })).status).toBe(200);
  });

  test('S14: an upload that was refused ends with its answer', async () => {
    const { port } = await serve();
    const { socket, text, ended } = open(port);
    socket.write('PUT /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n');
    await eventually('refused', () => text().includes(' 405 '));
    expect(text().toLowerCase()).toContain('connection: close');
    await eventually('closed', () => ended());
  });
});

describe('answers', () => {
  test('S6: a page of devices and one of readings have a bound of their own, and go on behind it', async () => {
    const { site, url } = await serve();
    furnish(site, 50);
    const page = async (path: string) => {
      const answer = await fetch(`${url}api/v1/${path}`);
      return (await answer.json()) as { items: { devEui?: string; id?: string }[]; nextCursor?: string };
    };
    for (let n = 0; n < 200; n++) {
      const devEui = (0xa00000000000 + n).toString(16).padStart(16, '0');
      site.deps.store.devices.put({ devEui, name: devEui, codec: 'raw', origin: 'api' });
    }
    const names = new Set<string>();
    let cursor = '';
    do {
      const { items, nextCursor } = await page(`devices?limit=1000&recent=100${cursor}`);
      expect(items.length).toBeLessThanOrEqual(80);
      for (const { devEui = '' } of items) names.add(devEui);
      cursor = nextCursor ? `&cursor=${nextCursor}` : '';
    } while (cursor);
    expect(names.size).toBe(site.deps.store.devices.list().length);
  });

  test('S6: requests that come all at once on one connection are answered in turn, and too many end it', async () => {
    const { port } = await serve();
    const few = open(port);
    few.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(10));
    await eventually('ten answers', () => few.text().split('HTTP/1.1 200').length === 11);
    const many = open(port);
    many.socket.write('GET /api/v1/devices HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(250));
    await eventually('ended', () => many.ended());
  });

  test('S6: what waits on a connection that has gone is not worked on, and others are heard in between', async () => {
    const { status } = createUiSite(createTestWorld()).deps;
    let asked = 0;
    const counted = () => {
      asked++;
      return status();
    };
    const { port } = await serve({ status: counted });
    const gone = open(port);
    gone.socket.write('GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20));
    await eventually('ended', () => gone.ended());
    const before = asked;
    const [long, short] = [open(port), open(port)];
    long.socket.write('GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(16));
    short.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    let longAnswers = 0;
    short.socket.once('data', () => {
      longAnswers = long.text().split('HTTP/1.1 200').length - 1;
    });
    await eventually('all answered', () => long.text().split('HTTP/1.1 200').length === 17);
    expect(before).toBeLessThan(3);
    expect(longAnswers).toBeLessThan(16);
  });

  test('P3: answers of the API are compressed where the caller takes that', async () => {
    const { site, url } = await serve();
    furnish(site, 50);
    const answer = await fetch(`${url}api/v1/openapi.json`);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(await answer.json()).toMatchObject({ openapi: '3.1.0' });
  });
});

describe('places', () => {
  test('S9: idle connections of one address keep nobody out', async () => {
    const { port, url } = await serve();
    const idle = Array.from({ length: 300 }, () => open(port));
    await eventually('the first are shown out', () => idle.filter(({ ended }) => ended()).length >= 44);
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect(idle.at(-1)?.ended()).toBe(false);
  });

  test('S13: one token opens eight streams, and others still get in', async () => {
    const site = createUiSite(createTestWorld());
    const token = (id: string) => ({ kind: 'token', id, hash: id, scopes: ['read'] }) as const;
    const access = {
      ...site.deps.access,
      identify: ({ authorization = '' }) => token(authorization),
    };
    const { port } = await serve({ access });
    const stream = (who: string) =>
      new Promise<number>((resolve, reject) => {
        const request = httpRequest(
          { port, path: '/api/v1/events', headers: { authorization: who } },
          (answer) => resolve(answer.statusCode ?? 0),
        );
        request.on('error', reject);
        request.end();
        cleanups.push(() => void request.on('error', () => {}).destroy());
      });
    for (let n = 0; n < 8; n++) expect(await stream('one')).toBe(200);
    expect(await stream('one')).toBe(503);
    expect(await stream('other')).toBe(200);
  });
});
