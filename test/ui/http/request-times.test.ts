/** O21: the requests the pages and the API answer are counted by route, never by path, and so is how long that took. */
import { expect, it } from 'vitest';
import { createMetrics } from '../../../src/ops/metrics.ts';
import { createRequestTimes } from '../../../src/ui/http/request-times.ts';
import { createApp } from '../../../src/ui/routes/app.ts';
import { makeApi, PEER } from '../../support/api.ts';
import { createUiSite } from '../../support/ui-site.ts';
import { createTestWorld } from '../../support/world.ts';

const NAME = 'webscada_edge_http_request_duration_seconds';

function createSite() {
  const world = createTestWorld();
  const requests = createRequestTimes();
  const slow = async () => {
    world.advance(300);
    return { contentType: 'text/plain', body: 'null' };
  };
  const { ask, site } = makeApi({ world, requests, metrics: slow });
  const counted = (): string[] =>
    requests.list().map(({ method, route, status, count }) => `${method} ${route} ${status} ${count}`);
  return { ask, counted, scrape: createMetrics({ ...site.deps, requests }) };
}

it('O21: requests are counted by method, declared route and class of status, whatever the path', async () => {
  const { ask, counted } = createSite();
  for (const devEui of ['0000000000000001', '0000000000000002', 'zzz'])
    await ask(`/api/v1/devices/${devEui}`);
  await ask('/healthz');
  await ask('/healthz', { method: 'HEAD' });
  expect(counted()).toEqual([
    'GET /api/v1/devices/:devEui 4xx 3',
    'GET /healthz 2xx 1',
    'HEAD /healthz 2xx 1',
  ]);
});

it('O21: what no route was declared for is one, as are methods nobody has heard of', async () => {
  const { ask, counted } = createSite();
  for (let i = 0; i < 50; i++) await ask(`/api/v1/nothing-${i}`);
  for (let i = 0; i < 50; i++) await ask(`/api/v1/nothing-${i}`, { method: `M${i}` });
  await ask('/healthz', { method: 'DELETE' });
  expect(counted()).toEqual(['GET unknown 4xx 50', 'other unknown 4xx 50', 'DELETE unknown 4xx 1']);
});

it('O21: what is refused on the way, or fails, is counted at its route', async () => {
  const { ask, counted } = createSite();
  await ask('/api/v1/devices', {
    method: 'POST',
    headers: { origin: 'https://elsewhere.example' },
    body: {},
  });
  await ask('/api/v1/status', { headers: { host: 'elsewhere.example' } });
  await ask('/api/v1/devices?limit=none');
  expect(counted()).toEqual([
    'POST /api/v1/devices 4xx 1',
    'GET /api/v1/status 4xx 1',
    'GET /api/v1/devices 4xx 1',
  ]);
});

it('O21: a scrape tells them as a histogram, by the conventions of Prometheus', async () => {
  const { ask, scrape } = createSite();
  const linesOf = async () => (await scrape()).body.split('\n').filter((line) => line.includes(NAME));
  expect(await linesOf()).toEqual([expect.stringContaining('# HELP'), `# TYPE ${NAME} histogram`]);
  await ask('/metrics');
  await ask('/metrics');
  const labels = 'method="GET",route="/metrics",status="2xx"';
  const lines = await linesOf();
  expect(lines).toEqual(
    expect.arrayContaining([
      `${NAME}_bucket{${labels},le="0.25",site="Test site"} 0`,
      `${NAME}_bucket{${labels},le="0.5",site="Test site"} 2`,
      `${NAME}_bucket{${labels},le="10",site="Test site"} 2`,
      `${NAME}_bucket{${labels},le="+Inf",site="Test site"} 2`,
      `${NAME}_sum{${labels},site="Test site"} 0.6`,
      `${NAME}_count{${labels},site="Test site"} 2`,
    ]),
  );
  // 11 bounds and no bound, sum and count, help and type.
  expect(lines).toHaveLength(16);
});

it('O21: what took longer than the last bound is in the count, and in no bound', () => {
  const requests = createRequestTimes();
  requests.note('GET', '/slow', 200, 11);
  expect(requests.list()).toMatchObject([{ count: 1, sumS: 11 }]);
  expect(requests.list()[0]?.within.map(([, count]) => count)).toEqual(Array(11).fill(0));
});

it('O21: a stream of events takes as long as somebody looks, and is not counted; one that is refused is', async () => {
  const requests = createRequestTimes();
  const { app, close } = createApp({ ...createUiSite(createTestWorld()).deps, requests, maxStreams: 1 });
  const look = () => app.request('/api/v1/events', { headers: { host: 'localhost' } }, { peer: PEER });
  const stream = await look();
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  expect(requests.list()).toEqual([]);
  expect((await look()).status).toBe(503);
  expect(requests.list()).toMatchObject([{ route: '/api/v1/events', status: '5xx', count: 1 }]);
  close();
  await stream.body?.cancel();
});
