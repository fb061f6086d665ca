/** Everything in deploy/central that is made from src/deploy/central: a base, its variants, a chart, Compose, the fleet's dashboard. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CENTRE_KEYS,
  CENTRE_SECTION_DOCS,
  type Centre,
  centreSchema,
} from '../../src/deploy/central/centre.ts';
import { centreChart } from '../../src/deploy/central/chart.ts';
import { centreCompose } from '../../src/deploy/central/compose.ts';
import { fleetAlertGroups, fleetDashboardJson } from '../../src/deploy/central/fleet.ts';
import { centreObjects } from '../../src/deploy/central/objects.ts';
import { readCentre } from '../../src/deploy/central/read-centre.ts';
import { CENTRE_SECRET_NAMES, type CentreSecretForms } from '../../src/deploy/central/secrets.ts';
import type { Scripts } from '../../src/deploy/central/workload.ts';
import { chartTemplates } from '../../src/deploy/chart.ts';
import { kustomizeBase, kustomizeOverlay } from '../../src/deploy/overlay.ts';
import { yamlText } from '../../src/deploy/print.ts';
import { type ChartValues, chartFiles, MADE } from './chart-files.ts';
import { CENTRE_ENVIRONMENTS } from './environments.ts';

type Table = Readonly<Record<string, unknown>>;

/** Where the scripts are that pods run. */
export const SCRIPTS_FOLDER = join(import.meta.dirname, '../../src/deploy/central/scripts');

/** The scripts that pods run, by file name. */
export function centralScripts(): Scripts {
  return Object.fromEntries(
    readdirSync(SCRIPTS_FOLDER)
      .sort()
      .map((name) => [name, readFileSync(join(SCRIPTS_FOLDER, name), 'utf8')]),
  );
}

/** Redis with Sentinels and PostgreSQL as a plain StatefulSet; the variants are differences to this. */
export const CENTRE_BASE: Table = {};

/** Folders below deploy/central/variants. */
export const CENTRE_VARIANTS: Readonly<Record<string, Table>> = {
  'redis-cluster': { sentinel: { enabled: false }, cluster: { enabled: true, domain: 'centre.example' } },
  cloudnativepg: {
    postgres: { enabled: false },
    cloudnativepg: { enabled: true, object_store: 's3://webscada-backups/postgres' },
  },
  example: {
    image: { repository: 'registry.example/webscada/webscada-edge' },
    redis: { allow_from: ['203.0.113.0/24'] },
    monitoring: { enabled: true },
    secrets: { form: 'external' },
  },
  ...CENTRE_ENVIRONMENTS,
};

export function checkedCentre(table: Table): Centre {
  const result = readCentre(table);
  if (result.ok) return result.centre;
  throw new Error(result.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
}

/** All objects of a centre; by default with ExternalSecrets where its description asks for them, and without secrets else. */
export function centralObjects(table: Table, version: string, forms?: CentreSecretForms) {
  const centre = checkedCentre(table);
  const secrets = forms ?? (centre.secrets.form === 'external' ? { external: true as const } : {});
  const settingsText = yamlText(centre.settings);
  return centreObjects(centre, { version, secrets, settingsText, scripts: centralScripts() });
}

export function centralFiles(version: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const folder = (path: string, content: ReadonlyMap<string, string>): void => {
    for (const [name, text] of content) files.set(`deploy/central/${path}/${name}`, MADE + text);
  };
  const base = centralObjects(CENTRE_BASE, version);
  folder('base', kustomizeBase(base));
  for (const [name, table] of Object.entries(CENTRE_VARIANTS)) {
    folder(`variants/${name}`, kustomizeOverlay(base, centralObjects(table, version), '../../base'));
  }
  const templates = chartTemplates(centreChart(centralScripts()), version);
  folder('helm/templates', new Map([...templates, ['checks.yaml', CHECKS]]));
  for (const [path, text] of chartFiles(CENTRE_VALUES, version))
    files.set(`deploy/central/helm/${path}`, text);
  for (const [name, table] of Object.entries(CENTRE_ENVIRONMENTS))
    files.set(`deploy/central/helm/values-${name}.yaml`, MADE + yamlText(table));
  const centre = checkedCentre(CENTRE_BASE);
  const image = `${centre.image.repository}:${version}`;
  const compose = centreCompose({ centre, image, scripts: centralScripts() });
  files.set('deploy/central/compose.yaml', MADE + yamlText(compose));
  files.set('deploy/central/grafana/webscada-fleet.json', fleetDashboardJson());
  files.set('deploy/central/grafana/alerts.yaml', MADE + yamlText({ groups: fleetAlertGroups() }));
  return files;
}

const CENTRE_VALUES: ChartValues = {
  name: 'webscada-central',
  description: 'The centre of many sites: Redis, PostgreSQL, InfluxDB, and what brings the streams into them',
  keys: CENTRE_KEYS,
  sections: CENTRE_SECTION_DOCS,
  settings: 'Settings `collect` reads itself, by section (docs/centre.md).',
  secretNames: CENTRE_SECRET_NAMES,
  schema: centreSchema,
};

/** Rules of the description that a schema of values cannot say. */
const CHECKS = `{{- if and .Values.sentinel.enabled .Values.cluster.enabled }}{{ fail "cluster.enabled and sentinel.enabled exclude each other" }}{{ end }}
{{- if and .Values.postgres.enabled .Values.cloudnativepg.enabled }}{{ fail "cloudnativepg.enabled and postgres.enabled exclude each other" }}{{ end }}
{{- if and .Values.cluster.domain (not .Values.cluster.enabled) }}{{ fail "cluster.domain needs cluster.enabled" }}{{ end }}
{{- if and .Values.cloudnativepg.object_store (not .Values.cloudnativepg.enabled) }}{{ fail "cloudnativepg.object_store needs cloudnativepg.enabled" }}{{ end }}
{{- if lt (int .Values.collect.most) (int .Values.collect.replicas) }}{{ fail "collect.most must be collect.replicas at least" }}{{ end }}
{{- if eq .Values.secrets.form "sealed" }}{{ fail "the chart knows plain and external secrets" }}{{ end }}
`;
