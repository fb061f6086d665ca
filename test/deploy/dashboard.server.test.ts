/** O13: the dashboard asked of a real reader of PromQL, with two sites whose pods have the same address. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertGroups } from '../../src/deploy/alerts.ts';
import { grafanaDashboardJson } from '../../src/deploy/dashboard.ts';
import { createDurations } from '../../src/model/durations.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { describeWith, eventually } from '../support/process.ts';
import { createUiSite, furnish } from '../support/ui-site.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../support/victoria-metrics.ts';
import { createTestWorld } from '../support/world.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[] };
}

const SITES = ['north-hill', 'south-dam'];
const AT_MS = Date.UTC(2026, 0, 1);

describeWith(['victoria-metrics'], 'dashboard and alerts', () => {
  let victoria: VictoriaMetrics | undefined;
  beforeAll(async () => {
    victoria = await startVictoriaMetrics();
    for (const site of SITES) {
      const box = createUiSite(createTestWorld());
      furnish(box, 2);
      box.status.site = site;
      box.status.refused = { wrong_mic: 3 };
      box.status.influx = { ...box.status.influx, state: 'degraded', oldestPendingMs: 1 };
      const told = { state: 'missing', looked: 20, missing: 3, checkedMs: 1, detail: '' } as const;
      box.status.influx = { ...box.status.influx, check: told, late: { hours: 2, oldestMs: 1 } };
      box.status.store = {
        ...box.status.store,
        freeBytes: 1e8,
        deviceLifeUsedPercent: 90,
        projectedWearYears: 2,
      };
      const care = {
        state: 'degraded',
        detail: '',
        sinceMs: 0,
        lastSuccessMs: 1,
        lastBytes: 7,
        kept: 3,
      } as const;
      box.status.backup = care;
      const took = createDurations([0.2]);
      const { counts } = took;
      const timings = { commits: counts, loopDelay: counts, sinks: { influx: counts } };
      const scrape = createMetrics({
        ...box.deps,
        timings,
        freshness: async () => ({ onTime: 1, stale: 1 }),
      });
      for (const timestamp of [AT_MS - 60_000, AT_MS]) {
        took.note(0.1);
        box.deps.requests.note('GET', '/api/v1/status', 200, 0.02);
        box.deps.requests.note('GET', '/api/v1/status', 500, 0.02);
        const { body } = await scrape();
        // As each site's own Prometheus sends it on to one for all.
        const address = `extra_label=instance=10.42.0.7:8080&extra_label=cluster=${site}`;
        const url = `${victoria.url}/api/v1/import/prometheus?timestamp=${timestamp}&${address}`;
        expect((await fetch(url, { method: 'POST', body })).status).toBe(204);
      }
    }
  });
  afterAll(async () => victoria?.stop());

  const ask = async (query: string, atMs = AT_MS): Promise<Answer> => {
    const words = new URLSearchParams({ query, time: String(atMs / 1000), nocache: '1' });
    return (await (await fetch(`${victoria?.url}/api/v1/query?${words}`)).json()) as Answer;
  };

  test.each(alertGroups().flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr])))(
    'O13: the alert %s can be asked for',
    async (_, expr) => {
      expect(await ask(expr)).toMatchObject({ status: 'success' });
    },
  );

  const CARE = /Lost|Late|DiskFull|Card|Backup|DevicesStale|HttpErrors/;
  test.each(
    alertGroups().flatMap(({ rules }) =>
      rules.filter(({ alert }) => CARE.test(alert)).map(({ alert, expr }) => [alert, expr]),
    ),
  )('O21: %s is told of each of two sites that have every trouble there is', async (_, expr) => {
    const answer = await eventually('an answer with both', async () => {
      const found = await ask(expr);
      return found.error !== undefined || (found.data?.result.length ?? 0) >= 2 ? found : undefined;
    });
    expect(answer.error).toBeUndefined();
    expect(answer.data?.result.map(({ metric }) => metric.site).sort()).toEqual(SITES);
  });

  test('O13: an alert names the site that it is about', async () => {
    const gone = alertGroups()[0]?.rules[0]?.expr ?? '';
    // A quarter of an hour after the last figures.
    const answer = await eventually('an answer with both', async () => {
      const found = await ask(gone, AT_MS + 900_000);
      return (found.data?.result.length ?? 0) >= 2 ? found : undefined;
    });
    expect(answer.data?.result.map(({ metric }) => metric)).toEqual(SITES.map((site) => ({ site })));
    expect((await ask(gone)).data?.result).toEqual([]);
  });

  test.each(
    (JSON.parse(grafanaDashboardJson()) as Dashboard).panels.map(({ title, targets }) => [
      title,
      targets[0]?.expr ?? '',
    ]),
  )('O13: "%s" shows each site once, as itself', async (_, expr) => {
    await fetch(`${victoria?.url}/internal/force_flush`);
    const answer = await eventually('an answer with both', async () => {
      const found = await ask(expr.replaceAll('$site', '.*'));
      return found.error !== undefined || (found.data?.result.length ?? 0) >= 2 ? found : undefined;
    });
    expect(answer.error).toBeUndefined();
    // What was summed up by site has nothing else to tell them apart.
    const shown = answer.data?.result.map(
      ({ metric }) => `${metric.cluster ?? metric.site} as ${metric.site}`,
    );
    expect([...new Set(shown)].sort()).toEqual(SITES.map((site) => `${site} as ${site}`));
  });
});
