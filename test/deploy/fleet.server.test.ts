/** The fleet's dashboard and alerts ask for what `collect` tells, and a real reader of PromQL understands them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fleetAlertGroups, fleetDashboardJson } from '../../src/deploy/central/fleet.ts';
import { FIGURES } from '../../src/sync/centre/metrics.ts';
import { describeWith, eventually } from '../support/process.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../support/victoria-metrics.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const PANELS = (JSON.parse(fleetDashboardJson()) as Dashboard).panels.map(
  ({ title, targets }) => [title, targets[0]?.expr ?? ''] as const,
);
const ALERTS = fleetAlertGroups().flatMap(({ rules }) =>
  rules.map(({ alert, expr }) => [alert, expr] as const),
);
const OTHERS = /^kube(let)?_/;

describe('the fleet', () => {
  test.each([...PANELS, ...ALERTS])(
    '"%s" asks for figures that collect has, by labels they have',
    (_, expr) => {
      const known = new Map(FIGURES.map(({ name, labels }) => [name, labels]));
      const asked = expr.match(/\b(webscada_collect|kube|kubelet)_\w+/g) ?? [];
      expect(asked.length).toBeGreaterThan(0);
      for (const name of asked.filter((one) => !OTHERS.test(one))) expect([...known.keys()]).toContain(name);
      for (const [, name = '', inside = ''] of expr.matchAll(/\b(webscada_collect_\w+)\{([^}]*)\}/g)) {
        for (const [, label = ''] of inside.matchAll(/(\w+)=~?"/g)) expect(known.get(name)).toContain(label);
      }
      for (const [, by = '', name = ''] of expr.matchAll(
        /by \(([^)]*)\) \((?:rate|delta|increase)?\(?(webscada_collect_\w+)/g,
      ))
        for (const label of by.split(', '))
          expect([name, known.get(name)]).toEqual([name, expect.arrayContaining([label])]);
    },
  );

  test('every figure of collect is shown or told of', () => {
    const all = [...PANELS, ...ALERTS].map(([, expr]) => expr).join();
    expect(FIGURES.filter(({ name }) => !all.includes(name)).map(({ name }) => name)).toEqual([]);
  });
});

describeWith(['victoria-metrics'], 'the fleet, asked of a reader of PromQL', () => {
  const atMs = Date.UTC(2026, 0, 1);
  let victoria: VictoriaMetrics | undefined;
  beforeAll(async () => {
    victoria = await startVictoriaMetrics();
    for (const [step, timestamp] of [atMs - 60_000, atMs].entries()) {
      const body = FIGURES.flatMap(({ name, labels }) =>
        ['north-hill', 'south-dam'].map((site) => {
          const values: Readonly<Record<string, string>> = { site, state: 'offline' };
          const given = labels.map((label) => `${label}="${values[label] ?? 'postgres'}"`);
          // Two copies tell of the same.
          const value = name.endsWith('_up') ? 0 : name.endsWith('trouble') ? 1 : 200_000 * (step + 1);
          return ['a', 'b'].map((pod) => `${name}{${[...given, `pod="${pod}"`].join()}} ${value}`).join('\n');
        }),
      );
      const url = `${victoria.url}/api/v1/import/prometheus?timestamp=${timestamp}`;
      expect((await fetch(url, { method: 'POST', body: body.join('\n') })).status).toBe(204);
    }
    await fetch(`${victoria.url}/internal/force_flush`);
  });
  afterAll(async () => victoria?.stop());

  const ask = async (query: string): Promise<{ status: string; data?: { result: readonly unknown[] } }> => {
    const words = new URLSearchParams({ query, time: String(atMs / 1000), nocache: '1' });
    return (await (await fetch(`${victoria?.url}/api/v1/query?${words}`)).json()) as { status: string };
  };

  test.each(PANELS)('"%s" shows something', async (_, expr) => {
    const answer = await eventually('an answer', async () => {
      const found = await ask(expr.replaceAll('$site', '.*'));
      return found.status !== 'success' || (found.data?.result.length ?? 0) > 0 ? found : undefined;
    });
    expect(answer.status).toBe('success');
  });

  test.each(ALERTS)('%s can be asked for, and is told where there is every trouble', async (name, expr) => {
    const elsewhere =
      OTHERS.test(expr.match(/\b(webscada_collect|kube|kubelet)_/)?.[0] ?? '') ||
      name === 'WebscadaCollectGone';
    const answer = await eventually('an answer', async () => {
      const found = await ask(expr);
      return elsewhere || found.status !== 'success' || (found.data?.result.length ?? 0) > 0
        ? found
        : undefined;
    });
    expect(answer.status).toBe('success');
  });
});
