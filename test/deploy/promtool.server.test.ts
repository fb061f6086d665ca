/** Prometheus' own judge: the figures keep to its conventions, the rules can be loaded, and each says what it should when it should. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../scripts/house/sources.ts';
import { alertGroups } from '../../src/deploy/alerts.ts';
import { fleetAlertGroups } from '../../src/deploy/central/fleet.ts';
import { createDurations } from '../../src/model/durations.ts';
import { KEY_FIGURES } from '../../src/model/key-figures.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { metricsText } from '../../src/sync/centre/metrics.ts';
import { describeWith, temporaryFolder } from '../support/process.ts';
import { createUiSite, furnish } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

function promtool(
  args: readonly string[],
  input = '',
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

const CASES = [
  ['site', alertGroups(), 'deploy/grafana/alerts.yaml'],
  ['fleet', fleetAlertGroups(), 'deploy/central/grafana/alerts.yaml'],
] as const;

async function scrapeOfBox(): Promise<string> {
  const site = createUiSite(createTestWorld());
  furnish(site, 2);
  const took = createDurations();
  took.note(0.3);
  site.deps.requests.note('GET', '/api/v1/status', 200, 0.02);
  site.status.refused = { wrong_mic: 3 };
  site.status.influx = { ...site.status.influx, late: { hours: 2, oldestMs: 1 } };
  const timings = { commits: took.counts, loopDelay: took.counts, sinks: { influx: took.counts } };
  const scrape = createMetrics({ ...site.deps, timings, freshness: async () => ({ onTime: 1, stale: 1 }) });
  return (await scrape()).body;
}

function scrapeOfCollect(): Promise<string> {
  const figures = Object.fromEntries(KEY_FIGURES.map((name, index) => [name, index]));
  const counts = { fresh: 1, poison: 0, batches: 1, trimmed: 0, takenBack: 0, lastStoredMs: 1, records: 1 };
  const well = { state: 'ok', detail: '', sinceMs: 0 } as const;
  return metricsText({
    status: {
      redis: well,
      sites: 1,
      sinks: [
        {
          ...well,
          name: 'postgres',
          group: 'postgres',
          counts: { ...counts, bySite: new Map([['hill', 1]]) },
        },
      ],
    },
    fleet: [
      {
        ...{ site: 'hill', last: undefined, first: undefined, entries: 1, watermarks: new Map(), lag: 3 },
        report: { lastSeenMs: 1, figures },
        findings: [{ trouble: 'lag', detail: '' }],
      },
    ],
    nowMs: 2,
  });
}

describeWith(['promtool'], 'promtool', () => {
  test.each([
    ['a box', scrapeOfBox],
    ['collect', scrapeOfCollect],
  ])('has nothing to say about the metrics of %s', async (_, scrape) => {
    const text = await scrape();
    expect(text.split('\n').length).toBeGreaterThan(40);
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, said: '' });
    // Where a name is against the conventions it does say so.
    const wrong = text.replaceAll(/(webscada_\w+_)seconds/g, '$1hours');
    expect(promtool(['check', 'metrics'], wrong).status).not.toBe(0);
  });

  test.each(CASES)(
    'loads the rules of the %s, and each fires when it should and then only',
    (name, _, file) => {
      expect(promtool(['check', 'rules', join(root, file)]).status).toBe(0);
      const { status, said } = promtool(['test', 'rules', join(root, 'test/deploy/rules', `${name}.yaml`)]);
      expect(said).toContain('SUCCESS');
      expect(status).toBe(0);
    },
  );

  test('a rule that asks for a figure nobody has is found', () => {
    const [name, , file] = CASES[1];
    const folder = temporaryFolder();
    try {
      const [cases, rules] = [join('test/deploy/rules', `${name}.yaml`), join(root, file)];
      for (const path of [cases, file]) mkdirSync(dirname(join(folder.path, path)), { recursive: true });
      cpSync(join(root, cases), join(folder.path, cases));
      const broken = readFileSync(rules, 'utf8').replace(
        'webscada_collect_redis_up',
        'webscada_collect_redis',
      );
      writeFileSync(join(folder.path, file), broken);
      const { status, said } = promtool(['test', 'rules', join(folder.path, cases)]);
      expect([status, said]).toEqual([1, expect.stringContaining('WebscadaCollectRedisDown fires')]);
    } finally {
      folder.remove();
    }
  });
});

test.each(CASES)(
  'every alert of the %s has a case in which it fires, and one in which it does not',
  (name, groups) => {
    const text = readFileSync(join(root, 'test/deploy/rules', `${name}.yaml`), 'utf8');
    const named = [...text.matchAll(/- name: (\w+) (fires|keeps quiet)$/gm)].map(
      ([, alert, how]) => `${alert} ${how}`,
    );
    const wanted = groups.flatMap(({ rules }) =>
      rules.flatMap(({ alert }) => [`${alert} fires`, `${alert} keeps quiet`]),
    );
    expect(named.sort()).toEqual(wanted.sort());
  },
);
