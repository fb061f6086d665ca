/**
 * The manifests as the programs see that will read them: Kubernetes' strict decoder, Helm's engine and lint, Kustomize and Compose,
 * from scripts/validate-manifests. Needs Go; skipped by name where it is missing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { SITE_ENVIRONMENTS } from '../../scripts/manifests/environments.ts';
import { BASE_SITE, EXAMPLE_SITE, externalOf } from '../../scripts/manifests.ts';
import { customProblems, type FleetFile } from '../../src/deploy/custom.ts';
import type { KubeObject } from '../../src/deploy/object.ts';
import { yamlDocuments, yamlText } from '../../src/deploy/print.ts';
import { applicationSet, fleetRings, upgradePlan } from '../../src/deploy/rings.ts';
import {
  checkedSite,
  configHashes,
  ELSEWHERE,
  EVERYTHING,
  MINIMAL,
  objectsOf,
  SITES,
  type Table,
  VALUES,
} from '../support/manifest-sites.ts';
import {
  brokenChart,
  describeWithGo,
  LINT_FINDS,
  readObjects as read,
  useValidator,
  withTypo,
} from '../support/manifest-validator.ts';

const root = dirname(dirname(import.meta.dirname));

const PLAIN = { form: 'plain' };
/** Kinds of ours that no site but a collection of sites has. */
const COLLECTIONS = [applicationSet(), ...fleetRings(), upgradePlan()];

describeWithGo('the manifests, read by the real readers', () => {
  const { write, folder, run } = useValidator();

  test.each(SITES)('site "%s" holds no field that Kubernetes does not know', (name, table) => {
    const objects = objectsOf(table);
    const { status, stdout, stderr } = run('strict', write(`${name}.yaml`, yamlDocuments(objects, 'a site')));
    expect([status, stderr]).toEqual([0, '']);
    const verdicts = stdout.trim().split('\n');
    expect(verdicts).toHaveLength(objects.length);
    const custom = objects.filter((object) => customProblems(object) !== undefined).length;
    expect(verdicts.filter((line) => line.endsWith(': custom'))).toHaveLength(custom);
    expect(verdicts.filter((line) => line.endsWith(': ok'))).toHaveLength(objects.length - custom);
  });

  test('a planted typo is caught in each kind of object', () => {
    const plain = objectsOf({ ...EVERYTHING, secrets: PLAIN }, { plain: VALUES, external: true });
    const sealed = objectsOf(ELSEWHERE, { sealed: { values: VALUES, seal: () => 'c2VhbGVk' } });
    const kinds = new Map([...plain, ...sealed, ...COLLECTIONS].map((object) => [object.kind, object]));
    expect(kinds.size).toBe(18);
    for (const [kind, object] of kinds) {
      const wrong = withTypo(object);
      const problems = customProblems(wrong);
      const file = write(`typo-${kind}.yaml`, yamlText(wrong));
      const { status, stdout } = run('strict', file);
      if (problems === undefined)
        expect([kind, status, stdout]).toEqual([kind, 1, expect.stringContaining('unknown field')]);
      else expect([kind, problems.join()]).toEqual([kind, expect.stringContaining('unrecognized_keys')]);
    }
  });

  test('committed files are known to Kubernetes, and those of operators have their structure', () => {
    const base = join(root, 'deploy/k3s/base');
    const files = readdirSync(base).filter((name) => name !== 'kustomization.yaml');
    const { status, stderr } = run('strict', ...files.map((name) => join(base, name)));
    expect([status, stderr]).toEqual([0, '']);
    for (const object of COLLECTIONS) expect(customProblems(object)).toEqual([]);
  });

  test('Kustomize builds the base and the example to what the generator makes', () => {
    const built = (path: string) => run('kustomize', join(root, 'deploy/k3s', path));
    const base = built('base');
    expect([base.status, base.stderr]).toEqual([0, '']);
    expect(read(base.stdout)).toEqual(read(yamlDocuments(objectsOf(BASE_SITE, {}), 'base')));
    const example = built('sites/example');
    expect([example.status, example.stderr]).toEqual([0, '']);
    expect(read(example.stdout)).toEqual(
      read(yamlDocuments(objectsOf(EXAMPLE_SITE, { external: true }), 'example')),
    );
  });

  test.each(Object.entries(SITE_ENVIRONMENTS))(
    'environment "%s": Kustomize, and Helm with its values, make what the generator makes',
    (name, table) => {
      const wanted = read(yamlDocuments(objectsOf(table, externalOf(table)), name));
      const built = run('kustomize', join(root, 'deploy/k3s/environments', name));
      expect([built.status, built.stderr]).toEqual([0, '']);
      expect(read(built.stdout)).toEqual(wanted);
      const committed = readFileSync(join(root, `deploy/helm/values-${name}.yaml`), 'utf8');
      const plain = yamlText({ secret_values: VALUES });
      const isExternal = Object.hasOwn(externalOf(table), 'external');
      const file = write(`environment-${name}.yaml`, committed + (isExternal ? '' : plain));
      const chart = run('helm', join(root, 'deploy/helm'), file);
      expect([chart.status, chart.stderr]).toEqual([0, '']);
      expect([...read(chart.stdout).keys()]).toEqual(expect.arrayContaining([...wanted.keys()]));
    },
  );

  test.each(SITES)('the Helm chart renders site "%s" to what the generator makes', (name, table) => {
    const external = (table as { secrets?: { form?: string } }).secrets?.form === 'external';
    const values: Table = external ? table : { ...table, secret_values: VALUES };
    const file = write(`values-${name}.yaml`, yamlText(values));
    const { status, stdout, stderr } = run('helm', join(root, 'deploy/helm'), file);
    expect([status, stderr]).toEqual([0, '']);
    expect(read(stdout)).toEqual(read(yamlDocuments(objectsOf(table), 'a site')));
  });

  const chart = join(root, 'deploy/helm');

  test.each([...Object.keys(SITE_ENVIRONMENTS)])(
    '`helm lint --strict` finds nothing with the values of %s',
    (name) => {
      const { status, stdout } = run('lint', chart, join(chart, `values-${name}.yaml`));
      expect([status, stdout]).toEqual([0, '']);
    },
  );

  test.each(LINT_FINDS)('`helm lint --strict` finds what is broken: %s in %s', (says, ...broken) => {
    const wrong = brokenChart(chart, folder(), [says, ...broken]);
    const { status, stdout } = run('lint', wrong, join(chart, 'values-prod.yaml'));
    expect([status, stdout]).toEqual([1, expect.stringContaining(says)]);
  });

  test('what server-side apply cannot merge is found: two variables of one name', () => {
    const twice = objectsOf(MINIMAL).map((object) => {
      if (object.kind !== 'StatefulSet' || object.metadata.name !== 'webscada-edge') return object;
      const copy = structuredClone(object);
      for (const { env } of copy.spec?.template.spec?.containers ?? []) env?.push(...env.slice(0, 1));
      return copy;
    });
    const { status, stdout } = run('strict', write('twice.yaml', yamlDocuments(twice, 'a site')));
    expect([status, stdout]).toEqual([1, expect.stringContaining('duplicate entries for key')]);
  });

  test('what Fleet gives the chart makes the example, and is taken back when it is not well', () => {
    const file = parse(readFileSync(join(root, 'deploy/helm/fleet.yaml'), 'utf8')) as FleetFile;
    expect(file.helm).toMatchObject({ atomic: true });
    // Longer than the gate may take, or Helm would give up before it.
    expect(file.helm.timeoutSeconds).toBeGreaterThan(checkedSite(EXAMPLE_SITE).gate.waitSeconds);
    const [site] = file.targetCustomizations;
    const values = write('fleet-values.yaml', yamlText(site?.helm.values ?? {}));
    const { status, stdout, stderr } = run('helm', join(root, 'deploy/helm'), values);
    expect([status, stderr]).toEqual([0, '']);
    const wanted = objectsOf({ ...EXAMPLE_SITE, secrets: { form: 'external' } });
    expect(read(stdout)).toEqual(read(yamlDocuments(wanted, 'example')));
    expect(read(stdout).has('Job/webscada-edge-gate')).toBe(true);
  });

  test('O7: in the Helm chart, too, pods are made anew when a secret they are given changes', () => {
    const hashes = (bridge: string): Map<string, string> => {
      const table = { ...EVERYTHING, secrets: { form: 'plain' }, secret_values: { ...VALUES, bridge } };
      const { stdout } = run('helm', join(root, 'deploy/helm'), write('hashed.yaml', yamlText(table)));
      const documents = parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject | null);
      return configHashes(documents.filter((object) => object !== null));
    };
    const [before, after] = [hashes('one'), hashes('two')];
    expect([...before].filter(([name, hash]) => after.get(name) !== hash).map(([name]) => name)).toEqual([
      'chirpstack-gateway-bridge',
      'mosquitto',
    ]);
  });

  test.each([
    ['additional propert', { ...EVERYTHING, ingres: {} }],
    ['ingress.host is needed', { site: { id: 'x' }, secrets: { form: 'external' } }],
    ['secret_values.mqtt is needed', { site: { id: 'x' }, ingress: { host: 'x.example' } }],
    [
      'must be less than',
      { ...ELSEWHERE, gate: { wait_seconds: 60, hold_seconds: 60 }, secrets: { form: 'external' } },
    ],
    ['exclude each other', { ...ELSEWHERE, mosquitto: { enabled: true }, secrets: { form: 'external' } }],
  ])('the Helm chart refuses wrong values: %s', (message, table) => {
    const { status, stderr } = run('helm', join(root, 'deploy/helm'), write('wrong.yaml', yamlText(table)));
    expect(status).toBe(1);
    expect(stderr.toLowerCase()).toContain(message.toLowerCase());
  });

  test('Compose loads compose.yaml', () => {
    const { status, stdout, stderr } = run('compose', join(root, 'compose.yaml'));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.trim().split(' ')).toEqual(
      ['appliance', 'collect', 'gateway-bridge', 'influxdb', 'mosquitto', 'postgres', 'redis'].concat([
        'redis-replica',
        'sentinel-1',
        'sentinel-2',
        'sentinel-3',
      ]),
    );
  });
});
