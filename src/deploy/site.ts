/**
 * The short description of one site on Kubernetes, declared once: the site file's keys, Helm's values and the page that
 * explains them are all this. Keys are snake_case in files, camelCase in the code (`Site`).
 */
import * as z from 'zod/mini';
import { type Camelled, listSettings, type Setting, setting } from '../config/declare.ts';
import { hostName, label, network, port, text, url, whole } from '../config/formats.ts';

/** Text that fits `pattern`; `wanted` says so in words. */
const matching = (wanted: string, pattern: RegExp) =>
  z.string().check(z.refine((value) => pattern.test(value), { error: `must be ${wanted}` }));
export const size = () => matching('a size such as 8Gi', /^[1-9]\d{0,5}(Mi|Gi|Ti)$/);
export const cidrs = () =>
  z
    .array(matching('a network such as 192.168.1.0/24', /^[0-9a-fA-F.:]{2,45}\/\d{1,3}$/))
    .check(z.maxLength(64));
export const imageName = () =>
  matching('a qualified image name, host/path/name', /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+$/);
export const imageTag = () =>
  matching('a version, never latest', /^(?!latest$)[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
const pem = () =>
  matching('a PEM certificate', /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n?$/);
const ports = () => z.array(port()).check(z.minLength(1), z.maxLength(32));
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** How Prometheus' and Grafana's operators find what is theirs. */
export function monitoringKeys() {
  return z.strictObject({
    enabled: setting(z.boolean(), {
      description: 'ServiceMonitor, alerts and Grafana dashboard, for a cluster that has their operators.',
      default: false,
    }),
    namespace: setting(label(), { description: 'Namespace Prometheus runs in.', default: 'monitoring' }),
    release: setting(z.optional(label()), {
      description:
        'Label `release` that Prometheus selects by: the name kube-prometheus-stack was installed under.',
      example: 'kube-prometheus-stack',
    }),
  });
}

/** Which form passwords have; `where` describes the key of their place in an external store, `path` is its default. */
export function secretsKeys(where: string, path: string) {
  return z.strictObject({
    form: setting(z.enum(['plain', 'external', 'sealed']), {
      description: 'Kind of object the secrets are written as.',
      default: 'plain',
    }),
    store: setting(label(), {
      description: 'Secret store of the External Secrets operator.',
      default: 'site-secrets',
    }),
    store_kind: setting(z.enum(['ClusterSecretStore', 'SecretStore']), {
      description: 'Kind of that store.',
      default: 'ClusterSecretStore',
    }),
    path: setting(text(), {
      description: where,
      default: path,
    }),
  });
}

const sections = {
  site: z.strictObject({
    id: setting(label(), {
      description: 'Short name of the site, unique at the centre.',
      required: true,
      example: 'north-hill',
    }),
    name: setting(text(100), {
      description: 'Name shown on the pages.',
      example: 'North Hill Pumping Station',
    }),
    namespace: setting(label(), { description: 'Namespace everything is put into.', default: 'webscada' }),
    ring: setting(label(), {
      description: 'When the site gets a new version: canary first, then early, then stable.',
      default: 'stable',
    }),
  }),
  image: z.strictObject({
    repository: setting(imageName(), {
      description: 'Name of the image; with `localhost/` it only ever comes from the airgap bundle.',
      default: 'localhost/webscada/webscada-edge',
    }),
    tag: setting(imageTag(), {
      description: 'Version of the image; without it that of the program which writes the manifests.',
      example: '0.1.0',
    }),
  }),
  storage: z.strictObject({
    class: setting(label(), { description: 'Storage class of all volumes.', default: 'local-path' }),
    size: setting(size(), { description: 'Size of the log’s volume.', default: '8Gi' }),
  }),
  ingress: z.strictObject({
    enabled: setting(z.boolean(), { description: 'Publish the pages through Traefik.', default: true }),
    host: setting(hostName(), {
      description: 'Name the pages are asked by.',
      example: 'north-hill.example',
    }),
    tls_secret: setting(label(), {
      description: 'TLS secret of the name; while it is missing Traefik shows a certificate of its own.',
      default: 'webscada-edge-tls',
    }),
    proxies: setting(z.array(network()).check(z.minLength(1), z.maxLength(32)), {
      description: 'Networks Traefik’s pods are in, whose word on who asks is believed.',
      default: ['10.42.0.0/16'],
    }),
    rate_average: setting(whole(1, 10_000), {
      description: 'Requests a second from one address, on average.',
      default: 50,
    }),
    rate_burst: setting(whole(1, 100_000), {
      description: 'Requests at once from one address.',
      default: 200,
    }),
  }),
  mosquitto: z.strictObject({
    enabled: setting(z.boolean(), {
      description: 'Run the broker here. Without it, [broker] names another.',
      default: true,
    }),
    size: setting(size(), { description: 'Size of the broker’s volume.', default: '1Gi' }),
    lan_tls_secret: setting(label(), {
      description:
        'TLS secret; with it gateways that run a bridge themselves reach the broker on port 8883 of the node.',
      example: 'mosquitto-tls',
    }),
  }),
  bridge: z.strictObject({
    enabled: setting(z.boolean(), {
      description: 'Run the ChirpStack Gateway Bridge for packet forwarders, UDP 1700 of the node.',
      default: true,
    }),
    allow_from: setting(cidrs(), {
      description: 'Networks the gateways are in; without any, from everywhere.',
      default: [],
      example: ['192.168.20.0/24'],
    }),
  }),
  broker: z.strictObject({
    url: setting(url(['mqtt', 'mqtts']), {
      description: 'A broker outside, instead of [mosquitto].',
      example: 'mqtts://broker.example:8883',
    }),
    username: setting(text(), { description: 'Our user name at the broker.', default: 'appliance' }),
    ports: setting(ports(), { description: 'Ports we may reach the broker at.', default: [1883, 8883] }),
    allow_to: setting(cidrs(), { description: 'Networks the broker is in.', default: EVERYWHERE }),
    ca: setting(pem(), {
      description: 'PEM of the authority that signed the broker’s certificate.',
      example: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
    }),
  }),
  influx: z.strictObject({
    enabled: setting(z.boolean(), { description: 'Run InfluxDB 2.7 here.', default: true }),
    org: setting(text(), { description: 'Organisation in InfluxDB.', default: 'webscada' }),
    bucket: setting(text(), { description: 'Bucket the readings go to.', default: 'webscada' }),
    retention_days: setting(whole(1, 36_500), {
      description: 'Days InfluxDB keeps readings; takes effect when the bucket is made.',
      default: 90,
    }),
    size: setting(size(), { description: 'Size of InfluxDB’s volume.', default: '10Gi' }),
  }),
  centre: z.strictObject({
    enabled: setting(z.boolean(), { description: 'Forward readings to the centre.', default: false }),
    url: setting(url(['redis', 'rediss']), {
      description: 'Redis at the centre.',
      example: 'rediss://centre.example:6380',
    }),
    sentinels: setting(z.array(text()).check(z.maxLength(32)), {
      description: 'Redis Sentinels, instead of `url`.',
      default: [],
      example: ['sentinel-1.example:26379', 'sentinel-2.example:26379'],
    }),
    master_name: setting(text(), {
      description: 'Name the Sentinels know the master by.',
      default: 'centre',
    }),
    cluster_nodes: setting(z.array(text()).check(z.maxLength(64)), {
      description:
        'Nodes of a Redis Cluster, instead of `url` and `sentinels`: as many as may be left when others are down.',
      default: [],
      example: ['redis-1.example:6379', 'redis-2.example:6379', 'redis-3.example:6379'],
    }),
    tls: setting(z.boolean(), {
      description: 'Speak TLS to Sentinels and master, or to the nodes of the Cluster.',
      default: false,
    }),
    auth: setting(z.boolean(), {
      description: 'Redis asks for a password (the secret `centre`).',
      default: true,
    }),
    username: setting(text(), { description: 'Our user name at Redis.', example: 'site-north-hill' }),
    sentinel_auth: setting(z.boolean(), {
      description: 'The Sentinels ask for a password (the secret `sentinel`).',
      default: false,
    }),
    sentinel_username: setting(text(), {
      description: 'Our user name at the Sentinels.',
      example: 'site-north-hill',
    }),
    client_tls_secret: setting(label(), {
      description: 'TLS secret with the certificate this box shows to a centre that asks for one.',
      example: 'centre-client-tls',
    }),
    min_replicas: setting(whole(0, 100), {
      description:
        'Replicas that must hold a batch before it counts as delivered; 0: the master’s word is enough.',
      default: 0,
    }),
    ports: setting(ports(), {
      description: 'Ports we may reach the centre at, those of master and Sentinels, or of all nodes.',
      default: [6379, 6380, 26_379],
    }),
    allow_to: setting(cidrs(), { description: 'Networks the centre is in.', default: EVERYWHERE }),
    ca: setting(pem(), {
      description: 'PEM of the authority that signed the centre’s certificate.',
      example: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
    }),
  }),
  simulator: z.strictObject({
    enabled: setting(z.boolean(), { description: 'Play a made-up site.', default: false }),
  }),
  backup: z.strictObject({
    claim: setting(label(), {
      description:
        'Claim of a volume that is there (a share, a folder or a stick of the host) for the backups; without, they lie beside the log. When and how many: `[settings.backup]`.',
      example: 'site-backups',
    }),
  }),
  monitoring: monitoringKeys(),
  gate: z.strictObject({
    enabled: setting(z.boolean(), {
      description:
        'A Job after each sync of Argo CD and each upgrade of Helm, which fails it when the box is not well; not for `kubectl apply`.',
      default: false,
    }),
    alarms: setting(whole(0, 10_000), {
      description:
        'So many alarms of the priorities critical and high that nobody has acknowledged are still well.',
      default: 0,
    }),
    wait_seconds: setting(whole(60, 3600), {
      description: 'Seconds within which the box must be well, from its first readiness on.',
      default: 600,
    }),
    hold_seconds: setting(whole(30, 3000), {
      description: 'Seconds of them it must be well without a break.',
      default: 120,
    }),
  }),
  secrets: secretsKeys('Where in the store they lie: `<path>/<site.id>`, a property each.', 'webscada'),
};

/** The site file as Helm and editors know it. `settings` is what the appliance reads itself (docs/configuration.md). */
export const siteSchema = z.strictObject({
  ...sections,
  settings: z._default(z.record(z.string(), z.unknown()), {}),
});

type Declared = { [K in keyof typeof sections]: z.output<(typeof sections)[K]> };

/** A checked site description. */
export type Site = Camelled<Declared> & { readonly settings: Readonly<Record<string, unknown>> };

/** Every key of the site file, in the order of the declaration. */
export const SITE_KEYS: readonly Setting[] = listSettings(sections);

export const SITE_SECTION_DOCS: Readonly<Record<keyof typeof sections, string>> = {
  site: 'Which site this is.',
  image: 'What is run.',
  storage: 'Where the log lies.',
  ingress: 'How people reach the pages.',
  mosquitto: 'The broker on this site.',
  bridge: 'The door for packet forwarders.',
  broker: 'A broker elsewhere.',
  influx: 'InfluxDB beside the appliance.',
  centre: 'The Redis at the centre.',
  simulator: 'A made-up site.',
  backup: 'Where the backups go that the box makes by itself.',
  monitoring: 'Prometheus and Grafana.',
  gate: 'Whether a new version may stay (docs/k3s.md, rings).',
  secrets: 'Where passwords come from.',
};
