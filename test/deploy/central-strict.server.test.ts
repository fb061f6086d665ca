/** The centre's manifests as the programs see that will read them: Kubernetes' strict decoder, Helm, Kustomize and Compose. */
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { CENTRE_VARIANTS, centralObjects } from '../../scripts/manifests/central.ts';
import { customProblems } from '../../src/deploy/custom.ts';
import { yamlDocuments, yamlText } from '../../src/deploy/print.ts';
import { CENTRE_VALUES, CENTRES, centreOf } from '../support/manifest-centres.ts';
import {
  brokenChart,
  describeWithGo,
  LINT_FINDS,
  readObjects,
  useValidator,
  withTypo,
} from '../support/manifest-validator.ts';

const central = join(dirname(dirname(import.meta.dirname)), 'deploy/central');

describeWithGo("the centre's manifests, read by the real readers", () => {
  const { write, folder, run } = useValidator();

  test.each(CENTRES)('centre "%s" holds no field that Kubernetes does not know', (name, table) => {
    const objects = centreOf(table);
    const { status, stdout, stderr } = run(
      'strict',
      write(`${name}.yaml`, yamlDocuments(objects, 'a centre')),
    );
    expect([status, stderr]).toEqual([0, '']);
    const verdicts = stdout.trim().split('\n');
    const custom = objects.filter((object) => customProblems(object) !== undefined).length;
    expect(verdicts.filter((line) => line.endsWith(': custom'))).toHaveLength(custom);
    expect(verdicts.filter((line) => line.endsWith(': ok'))).toHaveLength(objects.length - custom);
  });

  test('a planted typo is caught in each kind of object', () => {
    const kinds = new Map(
      CENTRES.flatMap(([, table]) => centreOf(table).map((object) => [object.kind, object] as const)),
    );
    expect([...kinds.keys()].sort()).toEqual(
      [
        'CronJob',
        'Cluster',
        'ConfigMap',
        'Deployment',
        'ExternalSecret',
        'HorizontalPodAutoscaler',
        'Namespace',
      ]
        .concat(['NetworkPolicy', 'PersistentVolumeClaim', 'PodDisruptionBudget', 'PrometheusRule'])
        .concat(['ScheduledBackup', 'Secret', 'Service', 'ServiceMonitor', 'StatefulSet'])
        .sort(),
    );
    for (const [kind, object] of kinds) {
      const wrong = withTypo(object);
      const problems = customProblems(wrong);
      const { status, stdout } = run('strict', write(`typo-${kind}.yaml`, yamlText(wrong)));
      if (problems === undefined)
        expect([kind, status, stdout]).toEqual([kind, 1, expect.stringContaining('unknown field')]);
      else expect([kind, problems.join()]).toEqual([kind, expect.stringContaining('unrecognized_keys')]);
    }
  });

  test.each(['base', ...Object.keys(CENTRE_VARIANTS)])(
    'Kustomize builds "%s" to what the generator makes',
    (name) => {
      const table = CENTRE_VARIANTS[name] ?? {};
      const { status, stdout, stderr } = run(
        'kustomize',
        join(central, name === 'base' ? 'base' : `variants/${name}`),
      );
      expect([status, stderr]).toEqual([0, '']);
      expect(readObjects(stdout)).toEqual(readObjects(yamlDocuments(centralObjects(table, '0.1.0'), name)));
    },
  );

  test.each(CENTRES)('the Helm chart renders centre "%s" to what the generator makes', (name, table) => {
    const external = (table as { secrets?: { form?: string } }).secrets?.form === 'external';
    const values = external ? table : { ...table, secret_values: CENTRE_VALUES };
    const file = write(`values-${name}.yaml`, yamlText(values));
    const { status, stdout, stderr } = run('helm', join(central, 'helm'), file);
    expect([status, stderr]).toEqual([0, '']);
    const wanted = readObjects(yamlDocuments(centreOf(table), 'a centre'));
    expect([...readObjects(stdout).keys()].sort()).toEqual([...wanted.keys()].sort());
    expect(readObjects(stdout)).toEqual(wanted);
  });

  test.each([
    ['additional propert', { rediss: {} }],
    ['exclude each other', { cluster: { enabled: true }, secret_values: CENTRE_VALUES }],
    ['exclude each other', { cloudnativepg: { enabled: true }, secret_values: CENTRE_VALUES }],
    ['secret_values.redis_operator is needed', {}],
  ])('the Helm chart refuses wrong values: %s', (message, table) => {
    const { status, stderr } = run('helm', join(central, 'helm'), write('wrong.yaml', yamlText(table)));
    expect(status).toBe(1);
    expect(stderr.toLowerCase()).toContain(message);
  });

  const chart = join(central, 'helm');

  test.each(['dev', 'staging', 'prod'])(
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

  test('Compose loads deploy/central/compose.yaml', () => {
    const { status, stdout, stderr } = run('compose', join(central, 'compose.yaml'));
    expect([status, stderr]).toEqual([0, '']);
    const names = (name: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `${name}-${index}`);
    expect(stdout.trim().split(' ')).toEqual(
      ['collect', 'influxdb', 'influxdb-backup', ...names('postgres', 2), 'postgres-base', 'postgres-dump']
        .concat(names('redis', 3))
        .concat(['redis-backup', 'redis-door', ...names('sentinel', 3)]),
    );
  });
});
