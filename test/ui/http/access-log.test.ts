/** The access log: who asked for what, nothing that may be secret, and no more lines than a card can bear. */
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { accessLog } from '../../../src/ui/http/access-log.ts';
import type { Env } from '../../../src/ui/http/env.ts';
import { createTestWorld } from '../../support/world.ts';

function site() {
  const world = createTestWorld();
  const app = new Hono<Env>();
  app.use(accessLog(world));
  app.use(async (c, next) => {
    c.set('client', { address: '10.0.0.7', secure: true });
    c.set('caller', { kind: 'user', name: 'ada', role: 'admin', session: 'sekrit' });
    await next();
  });
  app.post('/api/v1/devices/:devEui', async (c) => {
    world.advance(12);
    return c.text('ok', 201);
  });
  app.get('/healthz', (c) => c.text('ok'));
  return { world, ask: (path: string, init: RequestInit = {}) => app.request(path, init) };
}

test('a request is one line, without query, headers and body', async () => {
  const { world, ask } = site();
  await ask('/api/v1/devices/0011?token=sekrit', {
    method: 'POST',
    body: '{"appKey":"sekrit"}',
    headers: { authorization: 'Bearer sekrit', cookie: 'session=sekrit' },
  });
  await ask('/healthz');
  expect(world.logged).toEqual([
    {
      level: 'info',
      event: 'http.request',
      fields: {
        ...{ method: 'POST', path: '/api/v1/devices/0011', status: 201, ms: 12 },
        ...{ address: '10.0.0.7', user: 'ada' },
      },
    },
  ]);
  expect(JSON.stringify(world.logged)).not.toContain('sekrit');
});

test('a flood is 50 lines a second, and the next line says how many were left out', async () => {
  const { world, ask } = site();
  for (let times = 0; times < 120; times += 1) await ask(`/${'x'.repeat(500)}`);
  expect(world.logged).toHaveLength(50);
  expect(String(world.logged[0]?.fields.path).length).toBeLessThanOrEqual(200);
  world.advance(1_000);
  await ask('/y');
  await ask('/y');
  expect(world.logged.slice(50).map(({ fields }) => fields.leftOut)).toEqual([70, undefined]);
});
