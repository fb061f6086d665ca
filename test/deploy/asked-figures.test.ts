/**
 * The files of rules and dashboards as they are shipped ask for nothing that /metrics of the box, or of `collect`, does not have;
 * and one that does is found.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../scripts/house/sources.ts';
import { applianceFigures } from '../../src/ops/figures.ts';
import { FIGURES } from '../../src/sync/centre/metrics.ts';
import { type Figures, unknownIn } from '../support/asked-figures.ts';
import { createTestWorld } from '../support/world.ts';

/** Every figure has the site; Prometheus names the parts of a histogram. */
function figuresOfBox(): Figures {
  const nobody = (): never => {
    throw new Error('names only');
  };
  const figures = applianceFigures({
    ...{ world: createTestWorld(), status: nobody, gateways: nobody, unknownDevices: nobody },
  });
  return new Map(
    figures.flatMap(({ name, kind, labels = [] }): [string, string[]][] => {
      const own = ['site', ...labels];
      if (kind !== 'histogram') return [[name, own]];
      return [
        [`${name}_bucket`, [...own, 'le']],
        [`${name}_count`, own],
        [`${name}_sum`, own],
      ];
    }),
  );
}

const figuresOfCollect: Figures = new Map(FIGURES.map(({ name, labels }) => [name, labels]));

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

const rulesIn = (text: string): string[] =>
  (parse(text) as Rules).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
const panelsIn = (text: string): string[] =>
  (JSON.parse(text) as Dashboard).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

const FILES: readonly (readonly [string, (text: string) => string[], Figures])[] = [
  ['deploy/grafana/alerts.yaml', rulesIn, figuresOfBox()],
  ['deploy/grafana/webscada-edge.json', panelsIn, figuresOfBox()],
  ['deploy/central/grafana/alerts.yaml', rulesIn, figuresOfCollect],
  ['deploy/central/grafana/webscada-fleet.json', panelsIn, figuresOfCollect],
];

describe.each(FILES)('%s', (file, exprsIn, figures) => {
  const text = readFileSync(join(root, file), 'utf8');

  test('asks for what there is', () => {
    expect(exprsIn(text).length).toBeGreaterThan(5);
    expect(exprsIn(text).flatMap((expr) => unknownIn(expr, figures))).toEqual([]);
  });

  test('with a figure nobody has, in the place of any that it asks for, is refused', () => {
    const all = exprsIn(text).join('\n');
    const asked = [...figures.keys()].filter((name) => new RegExp(`\\b${name}\\b`).test(all));
    expect(asked.length).toBeGreaterThan(5);
    for (const name of asked) {
      const wrong = text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `${name}_x`);
      expect(exprsIn(wrong).flatMap((expr) => unknownIn(expr, figures))).toContain(`${name}_x`);
    }
  });
});

test.each([
  ['sum(rate(webscada_edge_sink_deliverd_total[5m]))', ['webscada_edge_sink_deliverd_total']],
  ['webscada_edge_alarms{prio="high"} > 0', ['webscada_edge_alarms{prio}']],
  ['sum by (site, gateway) (webscada_edge_alarms)', ['webscada_edge_alarms{gateway}']],
  ['webscada_edge_gateways{state!="offline", site=~"$site"}', []],
  ['process_resident_memory_byte > 1 and kube_pod_info', ['process_resident_memory_byte']],
  ['histogram_quantile(0.9, sum by (le) (rate(webscada_edge_store_commit_duration_seconds_bucket[5m])))', []],
  ['webscada_edge_store_commit_duration_seconds > 1', ['webscada_edge_store_commit_duration_seconds']],
])('%s', (expr, unknown) => {
  expect(unknownIn(expr, figuresOfBox())).toEqual(unknown);
});
