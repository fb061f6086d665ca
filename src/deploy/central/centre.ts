/**
 * The short description of the centre on Kubernetes, declared once, as that of a site is: Helm's values, their schema and
 * the variants in deploy/central are all this. Keys are snake_case in files, camelCase in the code (`Centre`).
 */
import * as z from 'zod/mini';
import { type Camelled, listSettings, type Setting, setting } from '../../config/declare.ts';
import { hostName, label, text, url, urlOfHosts, whole } from '../../config/formats.ts';
import { cidrs, imageName, imageTag, monitoringKeys, secretsKeys, size } from '../site.ts';

const sections = {
  centre: z.strictObject({
    namespace: setting(label(), {
      description: 'Namespace everything is put into.',
      default: 'webscada-central',
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
    fast: setting(label(), { description: 'Storage class of the databases’ volumes.', default: 'fast-ssd' }),
    large: setting(label(), {
      description: 'Storage class of InfluxDB, of archives and of backups.',
      default: 'standard',
    }),
  }),
  collect: z.strictObject({
    replicas: setting(whole(1, 100), { description: 'Copies of `collect`, at least.', default: 2 }),
    postgres_url: setting(urlOfHosts(['postgres', 'postgresql']), {
      description:
        'PostgreSQL to write to, with the user; the password is the key `password` of the secret `postgres-app`. [postgres] and [cloudnativepg] both have this name.',
      default: 'postgres://webscada@postgres-rw:5432/webscada',
    }),
    autoscale: setting(z.boolean(), {
      description:
        'More copies while the lag is great; needs the external metrics of prometheus-adapter and [monitoring].',
      default: true,
    }),
    most: setting(whole(1, 1000), { description: 'Copies of `collect`, at most.', default: 6 }),
    lag_records: setting(whole(1), {
      description: 'Records of all sites that wait, above which copies are added.',
      default: 100_000,
    }),
  }),
  redis: z.strictObject({
    memory: setting(size(), {
      description: 'Memory of each Redis server; seven tenths of it are for the streams.',
      default: '2Gi',
    }),
    size: setting(size(), { description: 'Size of each Redis server’s volume.', default: '10Gi' }),
    tls_secret: setting(label(), {
      description: 'TLS secret (tls.crt, tls.key, ca.crt) that sites see; it must be there.',
      default: 'redis-tls',
    }),
    sites_secret: setting(label(), {
      description: 'Secret with a key for each site, `<site.id>`: its password. Read again within a minute.',
      default: 'redis-sites',
    }),
    allow_from: setting(cidrs(), {
      description: 'Networks the sites are in; without any, from everywhere.',
      default: [],
      example: ['203.0.113.0/24'],
    }),
  }),
  sentinel: z.strictObject({
    enabled: setting(z.boolean(), {
      description: 'Redis as one master with two replicas, watched by three Sentinels.',
      default: true,
    }),
  }),
  cluster: z.strictObject({
    enabled: setting(z.boolean(), {
      description: 'Redis Cluster of six, three masters with a replica each, instead of [sentinel].',
      default: false,
    }),
    domain: setting(hostName(), {
      description:
        'Domain in which the six have the names redis-cluster-0 … redis-cluster-5 for sites; without it sites must be in the cluster’s network.',
      example: 'centre.example',
    }),
  }),
  postgres: z.strictObject({
    enabled: setting(z.boolean(), {
      description: 'PostgreSQL as a plain StatefulSet: a primary and two replicas by streaming replication.',
      default: true,
    }),
    primary: setting(whole(0, 2), {
      description: 'Number of the pod that is the primary. Changing it is the fail-over.',
      default: 0,
    }),
    memory: setting(size(), { description: 'Memory of each PostgreSQL server.', default: '4Gi' }),
    size: setting(size(), { description: 'Size of each server’s volume.', default: '50Gi' }),
    archive_size: setting(size(), {
      description: 'Size of each server’s archive of write-ahead log and base backups.',
      default: '200Gi',
    }),
    recovery_days: setting(whole(1, 3650), {
      description: 'Days back to which any moment can be recovered.',
      default: 30,
    }),
  }),
  cloudnativepg: z.strictObject({
    enabled: setting(z.boolean(), {
      description: 'PostgreSQL by the CloudNativePG operator, instead of [postgres].',
      default: false,
    }),
    size: setting(size(), { description: 'Size of each server’s volume.', default: '50Gi' }),
    memory: setting(size(), { description: 'Memory of each server.', default: '4Gi' }),
    object_store: setting(url(['s3', 'gs', 'https']), {
      description: 'Where base backups and write-ahead log go; the secret `postgres-object-store` opens it.',
      example: 's3://webscada-backups/postgres',
    }),
    operator_namespace: setting(label(), {
      description: 'Namespace the operator runs in.',
      default: 'cnpg-system',
    }),
  }),
  influx: z.strictObject({
    enabled: setting(z.boolean(), { description: 'Run InfluxDB 2.7 at the centre.', default: true }),
    org: setting(text(), { description: 'Organisation in InfluxDB.', default: 'webscada' }),
    bucket: setting(text(), { description: 'Bucket the readings go to.', default: 'webscada' }),
    retention_days: setting(whole(1, 36_500), {
      description: 'Days InfluxDB keeps readings; takes effect when the bucket is made.',
      default: 90,
    }),
    size: setting(size(), { description: 'Size of InfluxDB’s volume.', default: '200Gi' }),
  }),
  backup: z.strictObject({
    dumps: setting(z.boolean(), { description: 'Dump PostgreSQL every day.', default: true }),
    dump_days: setting(whole(1, 3650), { description: 'Days a daily pg_dump is kept.', default: 30 }),
    dump_size: setting(size(), { description: 'Size of the dumps’ volume.', default: '100Gi' }),
    redis_days: setting(whole(1, 365), {
      description: 'Days an RDB file of Redis, made every six hours, is kept.',
      default: 7,
    }),
    redis_size: setting(size(), { description: 'Size of their volume.', default: '50Gi' }),
    influx_days: setting(whole(1, 3650), {
      description: 'Days a weekly backup of InfluxDB is kept.',
      default: 35,
    }),
    influx_size: setting(size(), { description: 'Size of their volume.', default: '400Gi' }),
  }),
  monitoring: monitoringKeys(),
  secrets: secretsKeys('Where in the store they lie: properties of this key.', 'webscada/central'),
};

/** The description as Helm and editors know it. `settings` is what `collect` reads itself (docs/centre.md). */
export const centreSchema = z.strictObject({
  ...sections,
  settings: z._default(z.record(z.string(), z.unknown()), {}),
});

type Declared = { [K in keyof typeof sections]: z.output<(typeof sections)[K]> };

/** A checked description of the centre. */
export type Centre = Camelled<Declared> & { readonly settings: Readonly<Record<string, unknown>> };

/** Every key, in the order of the declaration. */
export const CENTRE_KEYS: readonly Setting[] = listSettings(sections);

export const CENTRE_SECTION_DOCS: Readonly<Record<keyof typeof sections, string>> = {
  centre: 'Which centre this is.',
  image: 'What is run.',
  storage: 'Where data lies.',
  collect: 'The copies that bring the streams into the databases.',
  redis: 'What both kinds of Redis have in common.',
  sentinel: 'One master, watched.',
  cluster: 'Several masters, for more sites than one carries.',
  postgres: 'The store, without an operator.',
  cloudnativepg: 'The store, by an operator.',
  influx: 'InfluxDB beside the store.',
  backup: 'What is copied away, and how long it is kept.',
  monitoring: 'Prometheus and Grafana.',
  secrets: 'Where passwords come from.',
};
