/** docs/infrastructure.md leaves out no line of the parent's infrastructure design, and what it names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../scripts/house/sources.ts';

interface Row {
  readonly item: string;
  readonly where: string;
  readonly how: string;
  readonly files: readonly string[];
  readonly tests: readonly string[];
}

const rows: readonly Row[] = readFileSync(join(root, 'docs/infrastructure.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!item of|---)/.test(line))
  .map((line) => {
    const [, item = '', where = '', how = '', files = '', tests = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    return { item, where, how, files: pathsIn(files), tests: pathsIn(tests) };
  });

function pathsIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
}

/** What the design names, by the words it uses; each must be in an item, or in how one is done. */
const DESIGN = [
  'Load balancer, Frontend, Backend, Realtime service, Simulator, PostgreSQL, Redis, Sentinel, InfluxDB, ChirpStack',
  'Ingress, rate limiting, TLS termination, namespaces, monitoring, logging, K3s, registry, build pipeline, node requirements',
  'fast-ssd, standard, local-path, AOF, RDB, 90 days, ClusterIP, LoadBalancer, NodePort, DNS, network policies, deny all',
  'Kubernetes manifests, Helm, Docker Compose, liveness, readiness, HPA, JWT, connection pooling, fail-over',
  'dumps, WAL, point in time, weekly full, aggregates, database restore, application rollback',
  'application logs, access logs, error logs, Fluent Bit, Elasticsearch, tracing, Jaeger',
  'system metrics, application metrics, database metrics, custom metrics, dashboards, alerts, notifications',
  'firewall, TLS, Kubernetes Secrets, encrypted at rest, Sealed Secrets, External Secrets, RBAC, service accounts, pod-to-pod',
  'VPN, VPA, PodDisruptionBudget, service mesh',
  'requests and limits, cluster autoscaler, retention, compress, rolling update, blue-green, canary',
  'multi-region, edge computing, GitOps, Argo CD, serverless',
].flatMap((line) => line.split(', '));

test('every line of the design has a row', () => {
  const items = rows
    .map(({ item }) => item)
    .join('\n')
    .toLowerCase();
  expect(DESIGN.filter((word) => !items.includes(word.toLowerCase()))).toEqual([]);
});

test('a row says where, how, and names files and tests that exist', () => {
  const wrong = rows.flatMap(({ item, where, how, files, tests }) => [
    ...(/^(edge|centre|edge, centre|nowhere)$/.test(where) ? [] : [`${item}: where is "${where}"`]),
    ...(how.length < 3 ? [`${item}: how is missing`] : []),
    ...(files.length === 0 || tests.length === 0 ? [`${item}: no file or no test`] : []),
    ...[...files, ...tests]
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${item}: no ${path}`),
    ...tests.filter((path) => !path.endsWith('.test.ts')).map((path) => `${item}: ${path} is no test`),
  ]);
  expect(rows.length).toBeGreaterThan(60);
  expect(wrong).toEqual([]);
});

test('the recommendation is asked for the container there is, and changes nothing', () => {
  const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
  const advice = parse(textOf('deploy/k3s/vpa-recommendation.yaml')) as {
    spec: {
      targetRef: { kind: string; name: string };
      updatePolicy: object;
      resourcePolicy: { containerPolicies: { containerName: string }[] };
    };
  };
  const appliance = parse(textOf('deploy/k3s/base/statefulset-webscada-edge.yaml')) as {
    kind: string;
    metadata: { name: string };
    spec: { template: { spec: { containers: { name: string }[] } } };
  };
  const { targetRef, updatePolicy, resourcePolicy } = advice.spec;
  expect(targetRef).toMatchObject({ kind: appliance.kind, name: appliance.metadata.name });
  expect(updatePolicy).toEqual({ updateMode: 'Off' });
  expect(resourcePolicy.containerPolicies.map(({ containerName }) => containerName)).toEqual(
    appliance.spec.template.spec.containers.map(({ name }) => name),
  );
});

test('a release signs what it names by its digest, once it is built', () => {
  const text = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
  const { jobs } = parse(text) as { jobs: Record<string, { needs?: string }> };
  expect(jobs.publish?.needs).toBe('build');
  const signed = [...text.matchAll(/cosign (?:sign|attest) [^\n]*/g)].map(([line]) => line);
  expect(signed.length).toBeGreaterThan(1);
  expect(signed.filter((line) => !/@\$\{\{ steps\.image\.outputs\.digest \}\}/.test(line))).toEqual([]);
});
