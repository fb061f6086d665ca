/**
 * Writes everything in deploy/ and compose.yaml that is made from src/deploy: `node scripts/manifests.ts`. With --check it
 * changes nothing and fails when a committed file differs.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { alertGroups } from '../src/deploy/alerts.ts';
import { chartTemplates, SITE_CHART } from '../src/deploy/chart.ts';
import { composeFile, LAPTOP } from '../src/deploy/compose.ts';
import { grafanaDashboardJson } from '../src/deploy/dashboard.ts';
import { siteObjects } from '../src/deploy/objects.ts';
import { kustomizeBase, kustomizeOverlay } from '../src/deploy/overlay.ts';
import { yamlText } from '../src/deploy/print.ts';
import { readSite } from '../src/deploy/read-site.ts';
import { applicationSet, fleetFile, fleetRings, upgradePlan } from '../src/deploy/rings.ts';
import { SECRET_NAMES, type SecretForms } from '../src/deploy/secrets.ts';
import { SITE_KEYS, SITE_SECTION_DOCS, type Site, siteSchema } from '../src/deploy/site.ts';
import { centralFiles } from './manifests/central.ts';
import { type ChartValues, chartFiles, MADE } from './manifests/chart-files.ts';
import { SITE_ENVIRONMENTS } from './manifests/environments.ts';

const root = dirname(import.meta.dirname);

/** Folders that hold nothing but what is made here. */
const OWNED = [
  'deploy/helm',
  'deploy/k3s/base',
  'deploy/k3s/sites/example',
  'deploy/k3s/environments',
  'deploy/rings',
  'deploy/grafana',
  'deploy/central',
];

/** The site all others are a difference to: everything usual, nothing special. */
export const BASE_SITE = { site: { id: 'base' }, ingress: { host: 'base.example' } };

/** The site of the example. */
export const EXAMPLE_SITE = {
  site: { id: 'north-hill', name: 'North Hill Pumping Station', ring: 'canary' },
  ingress: { host: 'north-hill.example' },
  bridge: { allow_from: ['192.168.20.0/24'] },
  centre: { enabled: true, url: 'rediss://centre.example:6380', username: 'site-north-hill' },
  monitoring: { enabled: true },
  gate: { enabled: true },
  settings: { gateway: { region: 'EU868' } },
};

/** Every generated file by its path in the project. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version;
  const objects = (table: Readonly<Record<string, unknown>>, secrets: SecretForms) => {
    const site = checkedSite(table);
    return siteObjects(site, { version, secrets, settingsText: yamlText(site.settings) });
  };
  const base = objects(BASE_SITE, {});
  const files = new Map<string, string>();
  const folder = (path: string, content: ReadonlyMap<string, string>): void => {
    for (const [name, text] of content) files.set(`${path}/${name}`, MADE + text);
  };
  folder('deploy/k3s/base', kustomizeBase(base));
  const example = objects(EXAMPLE_SITE, { external: true });
  folder('deploy/k3s/sites/example', kustomizeOverlay(base, example, '../../base'));
  for (const [name, table] of Object.entries(SITE_ENVIRONMENTS)) {
    const site = objects(table, externalOf(table));
    folder(`deploy/k3s/environments/${name}`, kustomizeOverlay(base, site, '../../base'));
    files.set(`deploy/helm/values-${name}.yaml`, MADE + yamlText(table));
  }
  folder('deploy/helm/templates', new Map([...chartTemplates(SITE_CHART, version), ['checks.yaml', CHECKS]]));
  for (const [path, text] of chartFiles(SITE_VALUES, version)) files.set(`deploy/helm/${path}`, text);
  const fleet = fleetFile({ [EXAMPLE_SITE.site.id]: { ...EXAMPLE_SITE, secrets: { form: 'external' } } });
  files.set('deploy/helm/fleet.yaml', MADE + yamlText(fleet));
  folder(
    'deploy/rings',
    new Map([
      ['argocd-applicationset.yaml', yamlText(applicationSet())],
      ['fleet-gitrepos.yaml', fleetRings().map(yamlText).join('---\n')],
      ['system-upgrade-plan.yaml', yamlText(upgradePlan())],
    ]),
  );
  files.set('deploy/grafana/webscada-edge.json', grafanaDashboardJson());
  files.set('deploy/grafana/alerts.yaml', MADE + yamlText({ groups: alertGroups() }));
  const laptop = checkedSite(LAPTOP);
  const compose = composeFile(laptop, `${laptop.image.repository}:${version}`);
  for (const [path, text] of centralFiles(version)) files.set(path, text);
  files.set('compose.yaml', MADE + yamlText(compose));
  return files;
}

/** ExternalSecrets where the description asks for them, and no secrets else. */
export function externalOf({ secrets }: Readonly<Record<string, unknown>>): SecretForms {
  return JSON.stringify(secrets ?? '').includes('external') ? { external: true } : {};
}

function checkedSite(table: Readonly<Record<string, unknown>>): Site {
  const result = readSite(table);
  if (result.ok) return result.site;
  throw new Error(result.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
}

/** What Helm is told of a site's values. */
const SITE_VALUES: ChartValues = {
  name: 'webscada-edge',
  description: 'The appliance of a remote site with LoRaWAN sensors, with its broker and database',
  keys: SITE_KEYS,
  sections: SITE_SECTION_DOCS,
  settings: 'Settings the appliance reads itself, by section (docs/configuration.md).',
  secretNames: SECRET_NAMES,
  schema: siteSchema,
};

/** Rules of the site file that a schema of values cannot say. */
const CHECKS = `{{- if not .Values.site.id }}{{ fail "site.id is needed" }}{{ end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ fail "ingress.host is needed" }}{{ end }}
{{- if and .Values.mosquitto.enabled .Values.broker.url }}{{ fail "broker.url and mosquitto.enabled exclude each other" }}{{ end }}
{{- if not (or .Values.mosquitto.enabled .Values.broker.url) }}{{ fail "mosquitto.enabled or broker.url is needed" }}{{ end }}
{{- if and .Values.bridge.enabled (not .Values.mosquitto.enabled) }}{{ fail "bridge.enabled needs mosquitto.enabled" }}{{ end }}
{{- if ge (int .Values.gate.hold_seconds) (int .Values.gate.wait_seconds) }}{{ fail "gate.hold_seconds must be less than gate.wait_seconds" }}{{ end }}
{{- if eq .Values.secrets.form "sealed" }}{{ fail "the chart knows plain and external secrets; webscada-edge manifest makes sealed ones" }}{{ end }}
`;

/** Paths of committed files in folders of ours that are not made any more. */
function strayFiles(files: ReadonlyMap<string, string>): string[] {
  return OWNED.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => !files.has(path)),
  );
}

/** What is not as it would be made now: 'deploy/helm/values.yaml differs'. */
export function staleFiles(): string[] {
  const files = generatedFiles();
  const differs = [...files].flatMap(([path, text]) => {
    if (!existsSync(join(root, path))) return [`${path} is missing`];
    return readFileSync(join(root, path), 'utf8') === text ? [] : [`${path} differs`];
  });
  return [...differs, ...strayFiles(files).map((path) => `${path} is not made any more`)];
}

function writeFiles(): void {
  const files = generatedFiles();
  for (const path of strayFiles(files)) rmSync(join(root, path));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  console.log(`${files.size} files written`);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  if (values.check) {
    const stale = staleFiles();
    for (const line of stale) console.error(line);
    if (stale.length > 0) console.error('run: node scripts/manifests.ts');
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    writeFiles();
  }
}
