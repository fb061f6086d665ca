/** A frame's whole way in one trace: from a gateway of the simulator to InfluxDB and, by Redis, into a store of the centre. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { centreTracing } from '../../src/ops/tracing/tracing.ts';
import { createCollector } from '../../src/sync/centre/collector.ts';
import {
  type ApplianceProcess,
  BUNDLED,
  startAppliance,
  writeSettings,
} from '../support/appliance-process.ts';
import { collectConfig } from '../support/centre-site.ts';
import { createInfluxFake, type ServedFake, serveInfluxFake } from '../support/influx-fake.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { type ReceivedSpan, startTraceReceiver, type TraceReceiver } from '../support/trace-receiver.ts';
import { createFastWorld } from '../support/world.ts';

const AT_SITE = ['frame', 'frame.gather', 'frame.decode', 'frame.commit', 'influx.write', 'centre.append'];
const AT_CENTRE = ['collect.read', 'collect.store'];

describeWith(['redis-server'], 'a trace from the gateway to the centre', () => {
  const folder = temporaryFolder();
  let redis: RedisServer;
  let influx: ServedFake;
  let receiver: TraceReceiver;
  let box: ApplianceProcess | undefined;

  beforeAll(async () => {
    redis = await startRedis(folder.path);
    influx = await serveInfluxFake(createInfluxFake());
    receiver = await startTraceReceiver();
  }, 60_000);
  afterAll(async () => {
    await box?.stop();
    await receiver?.stop();
    await influx?.close();
    await redis?.stop();
    folder.remove();
  });

  async function startBox(site: string, more: Readonly<Record<string, unknown>>): Promise<ApplianceProcess> {
    const port = await freePort();
    const settings = {
      site: { id: site },
      http: { port, host: '127.0.0.1' },
      store: { dir: join(folder.path, site) },
      mqtt: { mode: 'embedded', embedded_port: await freePort() },
      simulator: { enabled: true, interval_s: 1 },
      centre: { url: redis.url },
      influx: { url: influx.url, token: 'secret-token', org: 'org', bucket: 'bucket' },
      ...more,
    };
    const file = writeSettings(folder.path, settings);
    return startAppliance(file, port, {}, BUNDLED);
  }

  /** What a scraper of OpenMetrics is told. */
  async function openMetrics({ url }: ApplianceProcess): Promise<{ type: string; body: string }> {
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5';
    const answer = await fetch(`${url}/metrics`, { headers: { accept } });
    return { type: answer.headers.get('content-type') ?? '', body: await answer.text() };
  }

  async function collect(sample = 1) {
    const config = await collectConfig({
      ...{ 'redis.url': redis.url, 'files.dir': join(folder.path, 'files'), 'collect.poll_ms': 10 },
      ...{ 'tracing.sample_one_in': sample },
    });
    const world = createFastWorld(5);
    const tracing = centreTracing({ ...config.tracing, endpoint: receiver.url }, 'copy-1', world);
    const collector = await createCollector(config, world, tracing);
    await tracing.start();
    await collector.start();
    return {
      status: collector.status,
      async stop() {
        await collector.stop();
        await tracing.stop();
      },
    };
  }

  const spansOf = (site: string): Map<string, ReceivedSpan[]> =>
    Map.groupBy(
      receiver.spans.filter(({ attributes }) => attributes['webscada.site'] === site),
      ({ traceId }) => traceId,
    );
  const isWhole = (spans: readonly ReceivedSpan[]): boolean =>
    [...AT_SITE, ...AT_CENTRE].every((name) => spans.some((span) => span.name === name));

  test.each<[string, 'none' | 'zstd']>([
    ['flat', 'none'],
    ['blocks', 'zstd'],
  ])(
    '%s: every step under its parent, in its order',
    async (site, compression) => {
      box = await startBox(site, {
        centre: { url: redis.url, compression, max_delay_seconds: compression === 'none' ? 1 : 2 },
        tracing: { endpoint: receiver.url, sample_one_in: 1 },
      });
      const collector = await collect();
      try {
        const whole = await eventually(
          'three traces are whole',
          () => {
            const found = [...spansOf(site).values()].filter(isWhole);
            return found.length >= 3 ? found : false;
          },
          60_000,
        );
        expect(receiver.problems).toEqual([]);
        const entries = await redis.client.xrange(`webscada:{${site}}:log`, '-', '+');
        const carried = compression === 'none' ? 'traceparent' : 'traceparents';
        expect(entries.some(([, fields]) => fields.includes(carried))).toBe(true);
        for (const spans of whole) {
          const of = (name: string) => spans.find((span) => span.name === name);
          const [root, append, read, store] = ['frame', 'centre.append', ...AT_CENTRE].map(of);
          expect(spans).toHaveLength(AT_SITE.length + AT_CENTRE.length);
          for (const name of AT_SITE.slice(1)) expect(of(name)?.parentSpanId, name).toBe(root?.spanId);
          for (const span of [read, store]) expect(span?.parentSpanId, span?.name).toBe(append?.spanId);
          const starts = AT_SITE.slice(0, 4).map((name) => of(name)?.startMs ?? 0);
          expect(starts).toEqual(starts.toSorted((a, b) => a - b));
          expect(root?.attributes).toMatchObject({
            'webscada.site': site,
            'webscada.gateway': expect.any(String),
          });
          expect(store).toMatchObject({
            service: 'webscada-collect',
            attributes: { 'webscada.sink': 'files' },
          });
          expect(root?.service).toBe('webscada-edge');
        }
        const { tracing } = await box.get<{ tracing: { state: string; sent: number } }>('/api/v1/status');
        expect(tracing).toMatchObject({ state: 'ok', sent: expect.any(Number) });
        expect(collector.status().tracing).toMatchObject({ state: 'ok', dropped: 0 });
        expect(await (await fetch(`${box.url}/metrics`)).text()).toMatch(
          /^webscada_edge_tracing_spans_sent_total\S* [1-9]/m,
        );
        const named = await openMetrics(box);
        for (const figure of ['store_commit', 'sink_request.*"influx"', 'sink_request.*"centre"']) {
          const trace = new RegExp(`_${figure}.* # \\{trace_id="([0-9a-f]{32})"\\}`).exec(named.body)?.[1];
          // The newest may still be on its way to the collector.
          await eventually(`the trace of ${figure}`, () => spansOf(site).has(trace ?? ''), 30_000);
        }
      } finally {
        await collector.stop();
        await box.stop();
      }
    },
    120_000,
  );

  test('off: nothing more goes to the centre, nothing is sent, and no part tells of it', async () => {
    const before = receiver.requests.length;
    box = await startBox('quiet', {});
    const stream = 'webscada:{quiet}:log';
    await eventually('entries', async () => (await redis.client.xlen(stream)) > 5, 30_000);
    const entries = await redis.client.xrange(stream, '-', '+');
    expect(entries.filter(([, fields]) => fields.includes('traceparent'))).toEqual([]);
    expect(await box.get('/api/v1/status')).not.toHaveProperty('tracing');
    expect(await (await fetch(`${box.url}/metrics`)).text()).not.toMatch(/^webscada_edge_tracing\S* \d/m);
    expect((await openMetrics(box)).type).toContain('text/plain');
    await box.stop();
    expect(receiver.requests).toHaveLength(before);
  }, 60_000);
});
