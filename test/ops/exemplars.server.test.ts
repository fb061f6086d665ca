/** Exemplars, read by a real Prometheus: from a bar of a histogram to the trace of a frame that took so long; none where tracing is off. */

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createDurations } from '../../src/model/durations.ts';
import { traceIdOf } from '../../src/model/trace.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { createExemplars } from '../../src/ops/tracing/exemplars.ts';
import { createSiteTracer } from '../../src/ops/tracing/tracers.ts';
import { createWorld } from '../../src/ops/world.ts';
import { describeWith, eventually, freePort, startServer, temporaryFolder } from '../support/process.ts';
import { createUiSite, furnish } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

/** A box that traces every frame, and the commit of one that took so long. */
function tracedBox() {
  const site = createUiSite(createTestWorld());
  furnish(site, 1);
  const { clock } = createWorld(createTestWorld().logger);
  const exemplars = createExemplars(clock);
  const exporter = { add: () => {} };
  const tracer = createSiteTracer({
    ...{ site: 'hut', epoch: () => 3, oneIn: 1, exporter, clock, took: exemplars.note },
  });
  const commits = createDurations();
  const commit = (seq: number, seconds: number): void => {
    commits.note(seconds);
    const span = { name: 'frame.commit', startMs: 0, endMs: seconds * 1_000 } as const;
    tracer.traceOf({ seq, kind: 'uplink' })?.add(span);
  };
  const sinks = { influx: commits.counts };
  return { deps: site.deps, timings: { commits: commits.counts, sinks, exemplars: exemplars.of }, commit };
}

const OPEN = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const NAME = 'webscada_edge_store_commit_duration_seconds_bucket';

test('are told in OpenMetrics, each in the bar it belongs to, the newest of it, and nowhere else', async () => {
  const { deps, timings, commit } = tracedBox();
  const scrape = createMetrics({ ...deps, timings });
  for (const [seq, seconds] of [
    [1, 0.03],
    [2, 0.04],
    [3, 20],
  ] as const)
    commit(seq, seconds);
  const { contentType, body } = await scrape(OPEN);
  expect(contentType).toContain('openmetrics');
  const named = body.split('\n').filter((line) => line.includes('trace_id'));
  expect(named.map((line) => line.replace(/ [\d.]+$/, ''))).toEqual([
    `${NAME}{le="0.05",site="Test site"} 2 # {trace_id="${traceIdOf('hut', 3, 2)}"} 0.04`,
    `${NAME}{le="+Inf",site="Test site"} 3 # {trace_id="${traceIdOf('hut', 3, 3)}"} 20`,
  ]);
  const text = await scrape();
  expect(text.contentType).toContain('text/plain');
  expect(text.body).not.toContain('trace_id');
  expect(text.body).toContain('webscada_edge_sink_delivered_total{');
});

test('without tracing a scraper of OpenMetrics gets what it always got', async () => {
  const { deps } = tracedBox();
  const scrape = createMetrics(deps);
  const { contentType, body } = await scrape(OPEN);
  expect(contentType).toBe((await scrape()).contentType);
  expect(body).toContain('# TYPE webscada_edge_sink_delivered_total counter');
  expect(body).not.toContain('# EOF');
});

describeWith(['promtool'], 'a real Prometheus', () => {
  test('finds the trace of a slow commit', async () => {
    const { deps, timings, commit } = tracedBox();
    commit(7, 0.03);
    const scrape = createMetrics({ ...deps, timings });
    const box = createServer(async (request, response) => {
      const { contentType, body } = await scrape(request.headers.accept);
      response.setHeader('content-type', contentType).end(body);
    });
    const boxPort = await freePort();
    await new Promise<void>((resolve) => box.listen(boxPort, '127.0.0.1', resolve));
    onTestFinished(() => void box.close());
    const folder = temporaryFolder();
    onTestFinished(folder.remove);
    const config = join(folder.path, 'prometheus.yml');
    const job = `{ job_name: box, scrape_interval: 1s, static_configs: [{ targets: ['127.0.0.1:${boxPort}'] }] }`;
    writeFileSync(config, `scrape_configs:\n  - ${job}\n`);
    const port = await freePort();
    const prometheus = await startServer(
      'prometheus',
      [
        ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder.path, 'data')}`],
        ...[`--web.listen-address=127.0.0.1:${port}`, '--enable-feature=exemplar-storage'],
      ],
      { port },
    );
    onTestFinished(() => prometheus.stop());
    interface Found {
      readonly data?: readonly { readonly exemplars: readonly { readonly labels: object }[] }[];
    }
    const now = (): number => Math.floor(Date.now() / 1_000);
    const found = await eventually(
      'the exemplar is stored',
      async () => {
        const words = new URLSearchParams({
          query: NAME,
          start: String(now() - 3_600),
          end: String(now() + 60),
        });
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query_exemplars?${words}`);
        const { data = [] } = answer.ok ? ((await answer.json()) as Found) : {};
        return data[0]?.exemplars[0];
      },
      60_000,
    );
    expect(found).toMatchObject({ labels: { trace_id: traceIdOf('hut', 3, 7) }, value: '0.03' });
    // All the rest is read too: a text it cannot read would be no scrape at all.
    const words = new URLSearchParams({ query: 'webscada_edge_sink_delivered_total' });
    const rest = await (await fetch(`http://127.0.0.1:${port}/api/v1/query?${words}`)).json();
    expect((rest as { data: { result: unknown[] } }).data.result).toHaveLength(2);
  }, 120_000);
});
