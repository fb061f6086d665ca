/** The objects of a site fit together: names, labels, ports, volumes, images, rights, and who may talk to whom. */
import { describe, expect, test } from 'vitest';
import { staleFiles } from '../../scripts/manifests.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { alertGroups } from '../../src/deploy/alerts.ts';
import { applianceEnv } from '../../src/deploy/appliance.ts';
import { customProblems } from '../../src/deploy/custom.ts';
import { grafanaDashboardJson } from '../../src/deploy/dashboard.ts';
import { METRICS_SECRET } from '../../src/deploy/names.ts';
import type { KubeObject } from '../../src/deploy/object.ts';
import { siteObjects } from '../../src/deploy/objects.ts';
import { yamlText } from '../../src/deploy/print.ts';
import { readSite } from '../../src/deploy/read-site.ts';
import { neededSecrets, type SecretName } from '../../src/deploy/secrets.ts';
import { SITE_KEYS } from '../../src/deploy/site.ts';
import { applianceFigures } from '../../src/ops/figures.ts';
import { unitText } from '../../src/ops/install/unit.ts';
import {
  CENTRE_OF_CLUSTERED,
  CLUSTERED,
  checkedSite,
  configHashes,
  ELSEWHERE,
  EVERYTHING,
  MINIMAL,
  matches,
  objectsOf,
  SITES,
  type Table,
  VALUES,
  workloadsOf,
} from '../support/manifest-sites.ts';
import { isAllowed } from '../support/network-policies.ts';

function names(objects: readonly KubeObject[], ...kinds: readonly string[]): Set<string> {
  return new Set(objects.filter(({ kind }) => kinds.includes(kind)).map(({ metadata }) => metadata.name));
}

function told(table: Readonly<Record<string, unknown>>): string[] {
  const result = readSite(table);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path} ${message}`);
}

describe.each(SITES)('the objects of the site "%s"', (_, table) => {
  const site = checkedSite(table);
  const objects = objectsOf(table);
  const workloads = workloadsOf(objects);

  test('lie in one namespace held to the restricted Pod Security rules of one version', () => {
    const [first, ...others] = objects;
    expect(first?.kind).toBe('Namespace');
    expect(first?.metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': expect.stringMatching(/^v1\.\d+$/),
    });
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set([site.site.namespace]));
  });

  test('have names of their own', () => {
    const all = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(all).size).toBe(all.length);
  });

  test('select the pods they make', () => {
    for (const { labels, selector } of workloads) {
      if (selector === undefined) continue;
      expect(Object.keys(selector).length).toBeGreaterThan(0);
      expect(labels).toMatchObject(selector);
    }
  });

  test('serve ports that containers have', () => {
    const services = objects.flatMap((object) => (object.kind === 'Service' ? [object] : []));
    expect(services.length).toBeGreaterThan(0);
    for (const { spec } of services) {
      const behind = workloads.filter(({ labels }) => matches(spec?.selector, labels));
      expect(behind.map(({ name }) => name)).toHaveLength(1);
      const ports = behind[0]?.spec.containers.flatMap((container) => container.ports ?? []) ?? [];
      for (const { port, targetPort, protocol } of spec?.ports ?? []) {
        expect(ports).toContainEqual({ name: targetPort, containerPort: port, protocol });
      }
    }
  });

  test('probe ports that containers have', () => {
    for (const { spec } of workloads) {
      for (const { ports, startupProbe, livenessProbe, readinessProbe } of spec.containers) {
        for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
          const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
          if (port !== undefined) expect(ports?.map(({ name }) => name)).toContain(port);
        }
      }
    }
  });

  test('mount only volumes that exist, and use every one they declare', () => {
    for (const { name, spec, claims } of workloads) {
      const declared = [...(spec.volumes ?? []).map((volume) => volume.name), ...claims].sort();
      const containers = [...spec.containers, ...(spec.initContainers ?? [])];
      const mounted = new Set(
        containers.flatMap(({ volumeMounts }) => (volumeMounts ?? []).map((mount) => mount.name)),
      );
      expect([name, [...mounted].sort()]).toEqual([name, declared]);
    }
  });

  test('refer only to ConfigMaps, Secrets and claims that are there or that the site names', () => {
    const secrets = names(objects, 'Secret', 'ExternalSecret', 'SealedSecret');
    for (const named of [site.mosquitto.lanTlsSecret, site.centre.clientTlsSecret])
      if (named !== undefined) secrets.add(named);
    if (site.gate.enabled) secrets.add(METRICS_SECRET);
    const configs = names(objects, 'ConfigMap');
    const claims = names(objects, 'PersistentVolumeClaim').add(site.backup.claim ?? '');
    for (const { spec } of workloads) {
      for (const { secret, configMap, persistentVolumeClaim } of spec.volumes ?? []) {
        if (secret) expect(secrets).toContain(secret.secretName);
        if (configMap) expect(configs).toContain(configMap.name);
        if (persistentVolumeClaim) expect(claims).toContain(persistentVolumeClaim.claimName);
      }
      for (const { env, envFrom } of spec.containers) {
        for (const { configMapRef } of envFrom ?? []) expect(configs).toContain(configMapRef?.name);
        for (const { valueFrom } of env ?? []) {
          if (valueFrom?.secretKeyRef) expect(secrets).toContain(valueFrom.secretKeyRef.name);
        }
      }
    }
  });

  test('O9: wait for the first answer of a start, and believe what it says of a repair that goes on', () => {
    const { containers = [] } = workloads.find(({ name }) => name.endsWith('/webscada-edge'))?.spec ?? {};
    const [{ startupProbe, livenessProbe } = {}] = containers;
    expect(startupProbe?.httpGet?.path).toBe('/startupz');
    expect(livenessProbe?.httpGet?.path).toBe('/healthz');
    expect((startupProbe?.periodSeconds ?? 0) * (startupProbe?.failureThreshold ?? 0)).toBe(600);
    // Kept for boxes whose unit is older than the program: systemd is told to wait on.
    expect(unitText()).toContain('\nTimeoutStartSec=1h\n');
  });

  test('O10, O11: leave backups to the box: no job, no claim that waits, a folder of its choice', () => {
    expect([...names(objects, 'PersistentVolumeClaim', 'CronJob')]).toEqual([]);
    const { volumes = [], containers = [] } =
      workloads.find(({ name }) => name.endsWith('/webscada-edge'))?.spec ?? {};
    const claimed = volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
    expect(claimed).toEqual(site.backup.claim === undefined ? [] : [site.backup.claim]);
    const mount = containers[0]?.volumeMounts?.find(({ name }) => name === 'backup')?.mountPath;
    expect(applianceEnv(site).WSE_BACKUP__DIR).toBe(mount);
  });

  test('name images with their registry and a version, and never pull one that is there', () => {
    for (const { spec } of workloads) {
      for (const { image, imagePullPolicy } of [...spec.containers, ...(spec.initContainers ?? [])]) {
        expect(image).toMatch(
          /^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9.-]+:\d+)\/\S+:(?!latest)[\w.-]+$/,
        );
        expect(imagePullPolicy).toBe('IfNotPresent');
      }
    }
  });

  test('have no rights, a read-only root and limits in every container', () => {
    for (const { spec } of workloads) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(spec.securityContext?.runAsUser).toBeGreaterThan(0);
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
        expect(container).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: {
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { cpu: expect.any(String), memory: expect.any(String) },
          },
        });
      }
      for (const { emptyDir } of spec.volumes ?? []) if (emptyDir) expect(emptyDir.sizeLimit).toBeDefined();
    }
  });

  test('give the appliance settings it accepts', async () => {
    const { WSE_CONFIG: file = '', ...env } = applianceEnv(site);
    const files = objects.find(({ metadata }) => metadata.name === 'webscada-edge-files');
    const settings = files?.kind === 'ConfigMap' ? files.data?.['settings.yaml'] : undefined;
    const credentials = neededSecrets(site).flatMap(
      (name) =>
        ({
          mqtt: ['mqtt.password'],
          influx_token: ['influx.token'],
          centre: ['centre.password'],
          sentinel: ['centre.sentinel_password'],
        })[String(name)] ?? [],
    );
    const result = await loadConfig({
      file,
      env: { ...env, CREDENTIALS_DIRECTORY: '/credentials' },
      readFile: async (path) => (path === file ? (settings ?? '') : 'secret'),
      listFolder: async (path) => (path === '/credentials' ? credentials : []),
    });
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
    expect(result.ok && result.config.site.id).toBe(site.site.id);
  });

  test('hand what the centre asks of a site (certificate, Sentinels’ login, replicas) to the appliance, secrets as files only', () => {
    const env = applianceEnv(site);
    const { centre } = site;
    expect(env.WSE_CENTRE__MIN_REPLICAS).toBe(centre.enabled ? String(centre.minReplicas) : undefined);
    expect(env.WSE_CENTRE__SENTINEL_USERNAME).toBe(centre.sentinelUsername);
    expect(env.WSE_CENTRE__USERNAME).toBe(centre.enabled ? centre.username : undefined);
    expect(env.WSE_CENTRE__CLUSTER_NODES ?? '').toBe(centre.clusterNodes.join(','));
    const { volumes = [], containers = [] } =
      workloads.find(({ name }) => name.endsWith('/webscada-edge'))?.spec ?? {};
    const mounted = volumes.find(({ secret }) => secret?.secretName === centre.clientTlsSecret);
    const path = containers[0]?.volumeMounts?.find(({ name }) => name === mounted?.name)?.mountPath;
    for (const [variable, file] of Object.entries({ CERT_FILE: 'tls.crt', KEY_FILE: 'tls.key' })) {
      const wanted = centre.clientTlsSecret === undefined ? undefined : `${path}/${file}`;
      expect(env[`WSE_CENTRE__${variable}`]).toBe(wanted);
    }
    expect(neededSecrets(site).includes('sentinel')).toBe(centre.sentinelAuth);
    expect(JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'))).not.toContain('sentinel-pass');
  });

  test('let through every connection the programs make, and no other', () => {
    const pods = Object.fromEntries(workloads.map(({ name, labels }) => [name.split('/')[1], labels]));
    const kube = { namespace: 'kube-system' };
    const open = (from: string, to: string, port: number): boolean =>
      isAllowed(objects, { pod: pods[from] ?? {} }, { pod: pods[to] ?? {} }, port, 'TCP');
    const wanted = new Set([
      ...(site.mosquitto.enabled ? ['webscada-edge>mosquitto:1883'] : []),
      ...(site.bridge.enabled ? ['chirpstack-gateway-bridge>mosquitto:1883'] : []),
      ...(site.influx.enabled ? ['webscada-edge>influxdb:8086'] : []),
      ...(site.gate.enabled ? ['webscada-edge-gate>webscada-edge:8080'] : []),
      // The door for gateways with a bridge of their own is open to everyone.
    ]);
    const found = new Set<string>();
    for (const from of Object.keys(pods)) {
      for (const to of Object.keys(pods)) {
        for (const port of [53, 443, 1883, 1700, 8080, 8086, 9100]) {
          if (from !== to && open(from, to, port)) found.add(`${from}>${to}:${port}`);
        }
      }
      const dns = { ...kube, pod: { 'k8s-app': 'kube-dns' } };
      expect(isAllowed(objects, { pod: pods[from] ?? {} }, dns, 53, 'UDP')).toBe(true);
    }
    expect(found).toEqual(wanted);
    const appliance = { pod: pods['webscada-edge'] ?? {} };
    const traefik = { ...kube, pod: { 'app.kubernetes.io/name': 'traefik' } };
    expect(isAllowed(objects, traefik, appliance, 8080, 'TCP')).toBe(site.ingress.enabled);
    expect(isAllowed(objects, { namespace: 'other', pod: {} }, appliance, 8080, 'TCP')).toBe(false);
    const prometheus = { namespace: site.monitoring.namespace, pod: {} };
    expect(isAllowed(objects, prometheus, appliance, 8080, 'TCP')).toBe(site.monitoring.enabled);
    const gateway = { address: '192.168.20.7' };
    const bridge = { pod: pods['chirpstack-gateway-bridge'] ?? {} };
    if (site.bridge.enabled) expect(isAllowed(objects, gateway, bridge, 1700, 'UDP')).toBe(true);
    const outside = { address: '203.0.113.9' };
    expect(isAllowed(objects, appliance, outside, 443, 'TCP')).toBe(false);
    for (const port of site.centre.enabled ? site.centre.ports : []) {
      expect(isAllowed(objects, appliance, outside, port, 'TCP')).toBe(true);
    }
    if (site.broker.url !== undefined) expect(isAllowed(objects, appliance, outside, 8883, 'TCP')).toBe(true);
  });

  test('that belong to operators have the structure those expect', () => {
    for (const object of objects) expect(customProblems(object) ?? []).toEqual([]);
  });
});

describe('the description of a site', () => {
  test.each(SITE_KEYS)(
    '$path is described, and its default and example are right',
    ({ path, doc, default: fallback }) => {
      expect(doc.description).toMatch(/^[A-Z`].{5,}\.$/s);
      for (const value of [fallback, doc.example]) {
        const [section = '', key = ''] = path.split('.');
        if (value === undefined) continue;
        expect(told({ [section]: { [key]: value } }).filter((line) => line.includes(`${path} must`))).toEqual(
          [],
        );
      }
    },
  );

  test('a wrong key is told with the right one, and everything is told at once', () => {
    expect(told({ site: { idd: 'x' }, ingres: {}, influx: { retention_days: 0 } })).toEqual([
      'site.idd is not a key of a site; did you mean `id`?',
      'ingres is not a section; did you mean `ingress`?',
      'site.id is missing',
      'influx.retention_days must be a whole number from 1 to 36500, not 0',
    ]);
  });

  test.each([
    ['ingress.host', { ingress: {} }],
    ['broker.url', { ...MINIMAL, broker: { url: 'mqtt://b.example' } }],
    ['bridge.enabled', { ...ELSEWHERE, bridge: {} }],
    ['centre.ports', { ...MINIMAL, centre: { enabled: true, url: 'redis://c.example:7000' } }],
    ['centre.url', { ...MINIMAL, centre: { enabled: true } }],
    ['centre.url', { ...CLUSTERED, centre: { ...CENTRE_OF_CLUSTERED, url: 'redis://c.example' } }],
    ['centre.ports', { ...CLUSTERED, centre: { ...CENTRE_OF_CLUSTERED, ports: [6379] } }],
    ['image.tag', { ...MINIMAL, image: { tag: 'latest' } }],
    ['centre.client_tls_secret', { ...MINIMAL, centre: { client_tls_secret: 'x' } }],
    ['centre.sentinel_auth', { ...MINIMAL, centre: { sentinel_auth: true } }],
    ['gate.hold_seconds', { ...MINIMAL, gate: { wait_seconds: 60, hold_seconds: 60 } }],
    ['centre.sentinel_username', { ...ELSEWHERE, centre: { sentinel_username: 'x' } }],
  ])('%s is refused where it makes no sense', (path, table) => {
    const problems = told({ site: { id: 'x' }, ...table });
    expect(problems.map((line) => line.split(' ')[0])).toContain(path);
  });
});

describe('O7: pods are made anew when what they are given changes, and only then:', () => {
  const plain = { ...EVERYTHING, secrets: { form: 'plain' } };
  const hashes = (table: Table, values = VALUES): Map<string, string> => {
    const site = checkedSite(table);
    const settingsText = yamlText(site.settings);
    return configHashes(siteObjects(site, { version: '1.2.3', secrets: { plain: values }, settingsText }));
  };
  const changed = (after: Map<string, string>): string[] =>
    [...hashes(plain)].filter(([name, hash]) => after.get(name) !== hash).map(([name]) => name);

  test.each<[SecretName, string[]]>([
    ['mqtt', ['chirpstack-gateway-bridge', 'mosquitto', 'webscada-edge']],
    ['bridge', ['chirpstack-gateway-bridge', 'mosquitto']],
    ['influx_admin', ['influxdb']],
    ['influx_token', ['influxdb', 'webscada-edge']],
    ['centre', ['webscada-edge']],
  ])('the secret %s', (name, workloads) => {
    expect(changed(hashes(plain, { ...VALUES, [name]: 'another' }))).toEqual(workloads);
  });

  test.each<[string, Table, string[]]>([
    ['a setting', { settings: { gateway: { region: 'EU868' } } }, ['webscada-edge']],
    ['the access list of the broker', { simulator: { enabled: false } }, ['mosquitto', 'webscada-edge']],
    [
      'nothing they read',
      { ingress: { host: 'other.example', enabled: false }, storage: { size: '1Gi' } },
      [],
    ],
  ])('%s', (_, more, workloads) => {
    const same = { ...plain, ingress: { enabled: false } };
    const before = hashes(same);
    const after = hashes({ ...same, ...more });
    expect([...before].filter(([name, hash]) => after.get(name) !== hash).map(([name]) => name)).toEqual(
      workloads,
    );
  });
});

describe('generated files', () => {
  test('are as committed; run "node scripts/manifests.ts" when this fails', () => {
    expect(staleFiles()).toEqual([]);
  });

  test('O14: what the Prometheus operator reads carries the release it selects by, where the site names one', () => {
    const found = objectsOf(EVERYTHING).filter(({ apiVersion }) => apiVersion.startsWith('monitoring.'));
    expect(found.map(({ kind, metadata }) => [kind, metadata.labels?.release])).toEqual([
      ['ServiceMonitor', 'kps'],
      ['PrometheusRule', 'kps'],
    ]);
    const without = objectsOf({ ...EVERYTHING, monitoring: { enabled: true } });
    expect(without.filter(({ metadata }) => Object.hasOwn(metadata.labels ?? {}, 'release'))).toEqual([]);
  });

  test('dashboard and alerts ask for figures the appliance has', () => {
    const nobody = (): never => {
      throw new Error('names only');
    };
    const world = createTestWorld();
    const figures = applianceFigures({ world, status: nobody, gateways: nobody, unknownDevices: nobody });
    const parts = ['_bucket', '_count', '_sum'];
    const known = new Set(
      figures.flatMap(({ name, kind }) => (kind === 'histogram' ? parts.map((part) => name + part) : name)),
    );
    const asked = new Set(
      (grafanaDashboardJson() + JSON.stringify(alertGroups())).match(/\b(webscada_edge|process)_\w+/g),
    );
    expect(asked.size).toBeGreaterThan(5);
    const unknown = [...asked].filter((name) => !known.has(name));
    expect(unknown).toEqual([]);
  });
});

import { createTestWorld } from '../support/world.ts';
