/** The objects of the centre fit together: names, labels, ports, volumes, images, rights, and who may talk to whom. */
import { describe, expect, test } from 'vitest';
import { CENTRE_VARIANTS, centralScripts, checkedCentre } from '../../scripts/manifests/central.ts';
import { loadCollectConfig } from '../../src/config/collect-schema.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { CENTRE_KEYS } from '../../src/deploy/central/centre.ts';
import { readCentre } from '../../src/deploy/central/read-centre.ts';
import { customProblems } from '../../src/deploy/custom.ts';
import type { KubeObject } from '../../src/deploy/object.ts';
import { yamlText } from '../../src/deploy/print.ts';
import { CENTRE_VALUES, CENTRES, centreOf, OTHER_CENTRE, podsOf } from '../support/manifest-centres.ts';
import { matches, type Table } from '../support/manifest-sites.ts';
import { isAllowed } from '../support/network-policies.ts';

function names(objects: readonly KubeObject[], ...kinds: readonly string[]): Set<string> {
  return new Set(objects.filter(({ kind }) => kinds.includes(kind)).map(({ metadata }) => metadata.name));
}

function told(table: Table): string[] {
  const result = readCentre(table);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path} ${message}`);
}

describe.each(CENTRES)('the objects of the centre "%s"', (_, table) => {
  const centre = checkedCentre(table);
  const objects = centreOf(table);
  const workloads = podsOf(objects);

  test('lie in one namespace held to the restricted Pod Security rules, with names of their own', () => {
    const [first, ...others] = objects;
    expect(first?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(
      new Set([centre.centre.namespace]),
    );
    const all = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(all).size).toBe(all.length);
  });

  test('select the pods they make, and serve and probe ports that those have', () => {
    for (const { labels, selector } of workloads) if (selector) expect(labels).toMatchObject(selector);
    for (const object of objects) {
      if (object.kind !== 'Service') continue;
      const { 'statefulset.kubernetes.io/pod-name': pod, ...selector } = object.spec?.selector ?? {};
      const behind = workloads.filter(({ labels }) => matches(selector, labels));
      expect([object.metadata.name, behind.length]).toEqual([object.metadata.name, 1]);
      if (pod !== undefined) expect(behind[0]?.name).toBe(`StatefulSet/${pod.replace(/-\d+$/, '')}`);
      const ports = behind[0]?.spec.containers.flatMap((container) => container.ports ?? []);
      for (const { port, targetPort, protocol } of object.spec?.ports ?? []) {
        expect(ports).toContainEqual({ name: targetPort, containerPort: port, protocol });
      }
    }
    for (const { spec } of workloads) {
      for (const { ports, startupProbe, livenessProbe, readinessProbe } of spec.containers) {
        for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
          const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
          if (port !== undefined) expect(ports?.map(({ name }) => name)).toContain(port);
        }
      }
    }
  });

  test('mount only what exists and use all of it; ConfigMaps, Secrets, claims and scripts they name are there', () => {
    const secrets = names(objects, 'Secret', 'ExternalSecret');
    secrets.add(centre.redis.tlsSecret).add(centre.redis.sitesSecret);
    // Made by the operator; without a database here it is for a password that is brought along.
    if (!centre.postgres.enabled) secrets.add('postgres-app');
    const configs = names(objects, 'ConfigMap');
    const claims = names(objects, 'PersistentVolumeClaim').add(`archive-postgres-${centre.postgres.primary}`);
    const scripts = centralScripts();
    for (const { name, spec, claims: own } of workloads) {
      const declared = [...(spec.volumes ?? []).map((volume) => volume.name), ...own].sort();
      const mounted = new Set(
        spec.containers.flatMap(({ volumeMounts }) => (volumeMounts ?? []).map((one) => one.name)),
      );
      expect([name, [...mounted].sort()]).toEqual([name, declared]);
      for (const { secret, configMap, persistentVolumeClaim, projected } of spec.volumes ?? []) {
        if (secret) expect(secrets).toContain(secret.secretName);
        for (const source of projected?.sources ?? []) expect(secrets).toContain(source.secret?.name);
        if (configMap) expect(configs).toContain(configMap.name);
        if (persistentVolumeClaim) expect(claims).toContain(persistentVolumeClaim.claimName);
      }
      for (const { command = [], env = [], envFrom = [] } of spec.containers) {
        for (const word of command.filter((one) => one.startsWith('/scripts/')))
          expect(Object.keys(scripts)).toContain(word.slice('/scripts/'.length));
        for (const { configMapRef } of envFrom) expect(configs).toContain(configMapRef?.name);
        for (const { valueFrom } of env)
          if (valueFrom?.secretKeyRef) expect(secrets).toContain(valueFrom.secretKeyRef.name);
      }
    }
  });

  test('name images with registry and version, and have no rights, a read-only root and limits', () => {
    for (const { spec } of workloads) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of spec.containers) {
        expect(container.image).toMatch(
          /^(localhost|[a-z0-9.-]+\.[a-z0-9-]+(:\d+)?)\/\S+:(?!latest)[\w.-]+$/,
        );
        expect(container).toMatchObject({
          imagePullPolicy: 'IfNotPresent',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: { requests: { memory: expect.any(String) }, limits: { memory: expect.any(String) } },
        });
      }
      for (const { emptyDir } of spec.volumes ?? []) if (emptyDir) expect(emptyDir.sizeLimit).toBeDefined();
    }
  });

  test('keep several pods of one program on several nodes, and a drain takes one at a time', () => {
    for (const object of objects) {
      if (object.kind !== 'StatefulSet' && object.kind !== 'Deployment') continue;
      if (object.spec?.replicas === 1) continue;
      const { name } = object.metadata;
      const labels = object.spec?.selector.matchLabels;
      const [byNode] = object.spec?.template.spec?.topologySpreadConstraints ?? [];
      expect(byNode).toMatchObject({
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        labelSelector: { matchLabels: labels },
        whenUnsatisfiable: object.kind === 'StatefulSet' ? 'DoNotSchedule' : 'ScheduleAnyway',
      });
      const budget = objects.find(
        ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === name,
      );
      expect(budget).toMatchObject({ spec: { maxUnavailable: 1, selector: { matchLabels: labels } } });
    }
  });

  test('let through every connection the programs make, and no other', () => {
    const pods = new Map(
      workloads.map(({ name, labels }) => [
        name.startsWith('CronJob/') ? 'backup' : (name.split('/')[1] ?? ''),
        labels,
      ]),
    );
    if (centre.cloudnativepg.enabled) pods.set('postgres', { 'cnpg.io/cluster': 'postgres' });
    const found = new Set<string>();
    for (const [from, pod] of pods) {
      for (const [to, other] of pods) {
        for (const port of [53, 443, 5432, 6379, 8000, 8080, 8086, 8404, 16_379, 26_379]) {
          if (isAllowed(objects, { pod }, { pod: other }, port, 'TCP')) found.add(`${from}>${to}:${port}`);
        }
      }
      const dns = { namespace: 'kube-system', pod: { 'k8s-app': 'kube-dns' } };
      expect(isAllowed(objects, { pod }, dns, 53, 'UDP')).toBe(true);
      const outside = { address: '192.0.2.9' };
      const enters = from === 'redis-door' || from === 'redis-cluster';
      expect([from, isAllowed(objects, outside, { pod }, 6380, 'TCP')]).toEqual([from, enters]);
      for (const port of [5432, 6379, 8080, 26_379])
        expect(isAllowed(objects, outside, { pod }, port, 'TCP')).toBe(false);
      const operator = from === 'postgres' && centre.cloudnativepg.enabled;
      expect([from, isAllowed(objects, { pod }, outside, 443, 'TCP')]).toEqual([from, operator]);
    }
    const { sentinel, cluster, postgres, cloudnativepg, influx } = centre;
    const wanted = [
      ...(sentinel.enabled
        ? ['redis>redis:6379', 'redis>redis:26379', 'collect>redis:6379', 'collect>redis:26379'].concat([
            'redis-door>redis:6379',
            'backup>redis:6379',
          ])
        : []),
      ...(cluster.enabled
        ? ['redis-cluster>redis-cluster:6379', 'redis-cluster>redis-cluster:16379'].concat([
            'collect>redis-cluster:6379',
            'backup>redis-cluster:6379',
          ])
        : []),
      ...(postgres.enabled || cloudnativepg.enabled
        ? ['postgres>postgres:5432', 'collect>postgres:5432', 'backup>postgres:5432']
        : []),
      ...(cloudnativepg.enabled ? ['postgres>postgres:8000'] : []),
      ...(influx.enabled ? ['collect>influxdb:8086', 'backup>influxdb:8086'] : []),
    ];
    expect([...found].sort()).toEqual(wanted.sort());
    const collect = { pod: pods.get('collect') ?? {} };
    const prometheus = { namespace: centre.monitoring.namespace, pod: {} };
    expect(isAllowed(objects, prometheus, collect, 8080, 'TCP')).toBe(centre.monitoring.enabled);
  });

  test('give collect settings it accepts, those of its file and its passwords included', async () => {
    const map = (name: string) =>
      objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
    const [given, files] = [map('collect'), map('collect-files')];
    const { WSE_CONFIG: file = '', ...env } = given?.kind === 'ConfigMap' ? (given.data ?? {}) : {};
    const settings = files?.kind === 'ConfigMap' ? files.data?.['settings.yaml'] : undefined;
    const credentials = ['redis.password', 'postgres.password', 'http.token'];
    const result = await loadCollectConfig({
      file,
      env: { ...env, CREDENTIALS_DIRECTORY: '/credentials' },
      readFile: async (path) => (path === file ? (settings ?? '') : 'secret'),
      listFolder: async (path) =>
        path === '/credentials' ? credentials.concat(centre.influx.enabled ? ['influx.token'] : []) : [],
    });
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
  });

  test('hold no password outside of Secrets, and those of operators have the structure those expect', () => {
    const others = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
    for (const value of Object.values(CENTRE_VALUES).filter((one) => one.includes('-')))
      expect(others).not.toContain(value);
    for (const object of objects) expect(customProblems(object) ?? []).toEqual([]);
  });

  test('have volumes of the classes they are given, and keep what holds data', () => {
    const large = new Set([
      'archive',
      'influxdb-backups',
      'redis-cluster-backups',
      'postgres-backups',
      'redis-backups',
    ]);
    for (const object of objects) {
      if (object.kind === 'PersistentVolumeClaim') {
        expect(large).toContain(object.metadata.name);
        expect(object.spec?.storageClassName).toBe(centre.storage.large);
        expect(object.metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
      }
      if (object.kind !== 'StatefulSet') continue;
      for (const { metadata, spec } of object.spec?.volumeClaimTemplates ?? []) {
        const slow = object.metadata.name === 'influxdb' || large.has(metadata?.name ?? '');
        expect(spec?.storageClassName).toBe(slow ? centre.storage.large : centre.storage.fast);
      }
    }
  });
});

describe('the centre by default', () => {
  const objects = centreOf({});
  const sizeOf = (name: string, volume = 'data'): string | undefined => {
    const set = objects.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === name);
    const claims = set?.kind === 'StatefulSet' ? (set.spec?.volumeClaimTemplates ?? []) : [];
    return claims.find(({ metadata }) => metadata?.name === volume)?.spec?.resources?.requests?.storage;
  };

  test('has the storage of the architecture, three Redis, three PostgreSQL, two copies of collect', () => {
    expect([sizeOf('postgres'), sizeOf('redis'), sizeOf('influxdb')]).toEqual(['50Gi', '10Gi', '200Gi']);
    const replicas = objects.flatMap((object) =>
      object.kind === 'StatefulSet' || object.kind === 'Deployment'
        ? [`${object.metadata.name} ${object.spec?.replicas}`]
        : [],
    );
    expect(replicas.sort()).toEqual(['collect 2', 'influxdb 1', 'postgres 3', 'redis 3', 'redis-door 2']);
  });

  test('backs up by the clock: RDB every six hours for 7 days, dumps daily for 30, InfluxDB weekly', () => {
    const jobs = objects.flatMap((object) => {
      if (object.kind !== 'CronJob') return [];
      const { env = [] } = object.spec?.jobTemplate.spec?.template.spec?.containers[0] ?? {};
      const days = env.find(({ name }) => name === 'DAYS')?.value;
      return [`${object.metadata.name}: ${object.spec?.schedule}, ${days}`];
    });
    expect(jobs).toEqual([
      'redis-backup: 15 */6 * * *, 7',
      'postgres-dump: 40 2 * * *, 30',
      'postgres-base: 30 1 * * 0, 30',
      'influxdb-backup: 10 3 * * 0, 35',
    ]);
  });
});

describe('the description of the centre', () => {
  test.each(CENTRE_KEYS)(
    '$path is described, and its default and example are right',
    ({ path, doc, default: fallback }) => {
      expect(doc.description).toMatch(/^[A-Z`].{5,}\.$/s);
      const [section = '', key = ''] = path.split('.');
      for (const value of [fallback, doc.example]) {
        if (value === undefined) continue;
        expect(told({ [section]: { [key]: value } }).filter((line) => line.includes('must be'))).toEqual([]);
      }
    },
  );

  test.each<[string, Table]>([
    ['cluster.enabled', { cluster: { enabled: true } }],
    ['cluster.domain', { cluster: { domain: 'x.example' } }],
    ['cloudnativepg.enabled', { cloudnativepg: { enabled: true } }],
    ['cloudnativepg.object_store', { cloudnativepg: { object_store: 's3://x/y' } }],
    ['collect.most', { collect: { replicas: 7 } }],
    ['image.tag', { image: { tag: 'latest' } }],
    ['redis.sizes', { redis: { sizes: '1Gi' } }],
  ])('%s is refused where it makes no sense', (path, table) => {
    expect(told(table).map((line) => line.split(' ')[0])).toEqual([path]);
  });

  test('variants are differences that a file of values can say', () => {
    for (const table of Object.values(CENTRE_VARIANTS)) expect(told(table)).toEqual([]);
    expect(told(OTHER_CENTRE)).toEqual([]);
    expect(yamlText(OTHER_CENTRE)).toContain('allow_from');
  });
});
