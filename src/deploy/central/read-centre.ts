/** From the table of the centre's description to a checked one, or every problem it has at once. */
import { readTable } from '../read-site.ts';
import type { SiteProblem } from '../site-rules.ts';
import { CENTRE_KEYS, CENTRE_SECTION_DOCS, type Centre } from './centre.ts';

export type CentreResult =
  | { readonly ok: true; readonly centre: Centre }
  | { readonly ok: false; readonly problems: readonly SiteProblem[] };

export function readCentre(table: Readonly<Record<string, unknown>>): CentreResult {
  const { values, problems } = readTable(table, {
    keys: CENTRE_KEYS,
    sections: Object.keys(CENTRE_SECTION_DOCS),
    whose: 'the centre',
  });
  if (problems.length > 0) return { ok: false, problems };
  const centre = values as Centre;
  const broken = centreRules(centre);
  return broken.length === 0 ? { ok: true, centre } : { ok: false, problems: broken };
}

/** What no single key can get wrong alone. */
function centreRules({ sentinel, cluster, postgres, cloudnativepg, collect }: Centre): SiteProblem[] {
  const rules: readonly (readonly [path: string, broken: boolean, message: string])[] = [
    ['cluster.enabled', sentinel.enabled && cluster.enabled, 'and sentinel.enabled exclude each other'],
    ['cluster.domain', cluster.domain !== undefined && !cluster.enabled, 'needs cluster.enabled'],
    [
      'cloudnativepg.enabled',
      postgres.enabled && cloudnativepg.enabled,
      'and postgres.enabled exclude each other',
    ],
    [
      'cloudnativepg.object_store',
      cloudnativepg.objectStore !== undefined && !cloudnativepg.enabled,
      'needs cloudnativepg.enabled',
    ],
    ['collect.most', collect.most < collect.replicas, 'must be collect.replicas at least'],
  ];
  return rules.flatMap(([path, broken, message]) => (broken ? [{ path, message }] : []));
}
