/**
 * The manifests as the programs see that will read them: Kubernetes' strict decoder, Helm's engine, Kustomize and Compose,
 * from scripts/validate-manifests. Needs Go; skipped by name where it is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { BASE_SITE, EXAMPLE_SITE } from '../../scripts/manifests.ts';
import { HASH_ANNOTATION } from '../../src/deploy/config-hash.ts';
import { customProblems } from '../../src/deploy/custom.ts';
import type { KubeObject } from '../../src/deploy/object.ts';
import { yamlDocuments, yamlText } from '../../src/deploy/print.ts';
import { applicationSet, fleetRings, upgradePlan } from '../../src/deploy/rings.ts';
import {
  configHashes,
  ELSEWHERE,
  EVERYTHING,
  objectsOf,
  SITES,
  type Table,
  VALUES,
} from '../support/manifest-sites.ts';

const root = dirname(dirname(import.meta.dirname));
const source = join(root, 'scripts/validate-manifests');
const hasGo = spawnSync('go', ['version']).status === 0;
const excused = (process.env.WSE_TEST_EXCUSED ?? '').split(',').includes('go');
const suite = hasGo ? describe : process.env.CI && !excused ? describe : describe.skip;
if (!hasGo) console.warn('SKIPPED: strict validation of the manifests: needs Go (apt-get install golang-go)');

const PLAIN = { form: 'plain' };
/** Kinds of ours that no site but a collection of sites has. */
const COLLECTIONS = [applicationSet(), ...fleetRings('example'), upgradePlan()];

suite('the manifests, read by the real readers', () => {
  let folder = '';
  let validator = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wse-manifests-'));
    validator = join(folder, 'validate-manifests');
    execFileSync('go', ['build', '-buildvcs=false', '-o', validator, '.'], { cwd: source, stdio: 'pipe' });
  }, 400_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(validator, args, { encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  /** Parsed documents by kind and name, in the form in which two ways to the same site are equal. */
  const read = (text: string): Map<string, unknown> => {
    const objects = parseAllDocuments(text, { version: '1.1', logLevel: 'error' }).flatMap((document) => {
      expect('errors' in document ? document.errors : []).toEqual([]);
      const object = document.toJS() as KubeObject | null;
      return object === null ? [] : [object];
    });
    return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, comparable(object)]));
  };

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
    expect(kinds.size).toBe(17);
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

  test.each(SITES)('the Helm chart renders site "%s" to what the generator makes', (name, table) => {
    const external = (table as { secrets?: { form?: string } }).secrets?.form === 'external';
    const values: Table = external ? table : { ...table, secret_values: VALUES };
    const file = write(`values-${name}.yaml`, yamlText(values));
    const { status, stdout, stderr } = run('helm', join(root, 'deploy/helm'), file);
    expect([status, stderr]).toEqual([0, '']);
    expect(read(stdout)).toEqual(read(yamlDocuments(objectsOf(table), 'a site')));
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
      ['appliance', 'gateway-bridge', 'influxdb', 'mosquitto', 'redis', 'redis-replica'].concat([
        'sentinel-1',
        'sentinel-2',
        'sentinel-3',
      ]),
    );
  });
});

/** Settings as what they say and not how they are written; the chart's own hash of them is another one. */
function comparable(object: KubeObject): unknown {
  const copy = JSON.parse(JSON.stringify(object)) as {
    data?: Record<string, unknown>;
    spec?: { template?: { metadata?: { annotations?: Record<string, string> } } };
  };
  const settings = copy.data?.['settings.yaml'];
  if (copy.data && typeof settings === 'string') {
    copy.data['settings.yaml'] = parseAllDocuments(settings).map((document) => document.toJS());
  }
  const annotations = copy.spec?.template?.metadata?.annotations;
  if (annotations) annotations[HASH_ANNOTATION] = 'some';
  return copy;
}

/** A copy in which the deepest key that is a field, not a free name, has an x too many. */
function withTypo(object: KubeObject): KubeObject {
  const copy = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
  const free =
    /^(labels|matchLabels|annotations|data|stringData|encryptedData|requests|limits|values|additional.*)$/;
  let deepest: { holder: Record<string, unknown>; key: string; depth: number } | undefined;
  const visit = (node: unknown, depth: number): void => {
    if (Array.isArray(node)) for (const item of node) visit(item, depth + 1);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const holder = node as Record<string, unknown>;
    for (const [key, value] of Object.entries(holder)) {
      if (!/^(apiVersion|kind)$/.test(key) && depth >= (deepest?.depth ?? -1))
        deepest = { holder, key, depth };
      if (!free.test(key)) visit(value, depth + 1);
    }
  };
  visit(copy, 0);
  if (!deepest) throw new Error(`${object.kind} has no field`);
  const { holder, key } = deepest;
  holder[`${key}x`] = holder[key];
  delete holder[key];
  return copy as unknown as KubeObject;
}
