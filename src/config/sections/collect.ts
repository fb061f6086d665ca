/** Settings: what `collect`, `verify-sync` and `sites` at the centre read from and write to. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { hostPort, label, text, url, urlOfHosts, whole } from '../formats.ts';

const CA = '/etc/webscada-edge/collect/ca.pem';

export const collect = z.strictObject({
  group: setting(label(), {
    description:
      'First part of the names of the consumer groups, `<group>-postgres`, `<group>-influx`, `<group>-files`.',
    default: 'collect',
  }),
  name: setting(text(128), {
    description:
      'Name of this copy among its like, the same after a restart; the name of the machine without.',
    example: 'collect-0',
  }),
  batch_max_records: setting(whole(1, 50_000), {
    description: 'Records written to a sink at once, at most (about: an entry is never split).',
    default: 5000,
  }),
  batch_max_bytes: setting(whole(65_536, 256 * 1024 ** 2), {
    description: 'Bytes read for one batch, at most (about).',
    default: 8 * 1024 ** 2,
  }),
  poll_ms: setting(whole(10, 60_000), {
    description: 'How long to wait after a look at all streams that found nothing.',
    default: 250,
  }),
  claim_after_ms: setting(whole(100, 3_600_000), {
    description: 'Entries that another copy has taken and not written for so long are taken over.',
    default: 60_000,
  }),
  silent_after_s: setting(whole(1, 31_536_000), {
    description: 'A site not heard of for longer needs somebody.',
    default: 3600,
  }),
  trim: setting(z.boolean(), {
    description:
      'Remove from the streams what every consumer group has made durable. A group that never reported its watermark keeps everything.',
    default: true,
  }),
  trim_after_s: setting(whole(0, 86_400), {
    description:
      'How long what is durable everywhere stays in the streams all the same: a fail-over of PostgreSQL that loses as much takes it from there again.',
    default: 60,
  }),
});

export const redis = z.strictObject({
  url: setting(url(['redis', 'rediss'], { credentials: true }), {
    description: 'The Redis or Valkey the sites write to; `rediss://` for TLS.',
    example: 'rediss://redis.example:6380',
    secret: 'in-url',
  }),
  nodes: setting(z.array(hostPort()).check(z.minLength(1), z.maxLength(64)), {
    description: 'Some nodes of a Redis Cluster, instead of `url`; the others are found.',
    example: ['redis-1.example:6379', 'redis-2.example:6379'],
  }),
  sentinels: setting(z.array(hostPort()).check(z.minLength(1), z.maxLength(32)), {
    description: 'Redis Sentinels to ask for the master, instead of `url`; needs `master_name`.',
    example: ['sentinel-1.example:26379', 'sentinel-2.example:26379'],
  }),
  master_name: setting(text(), { description: 'Name the Sentinels know the master by.', example: 'centre' }),
  username: setting(text(), { description: 'User name at Redis.', example: 'collect' }),
  password: setting(text(4096), { description: 'Password at Redis.', secret: true }),
  sentinel_username: setting(text(), { description: 'User name at the Sentinels.', example: 'collect' }),
  sentinel_password: setting(text(4096), { description: 'Password at the Sentinels.', secret: true }),
  tls: setting(z.boolean(), {
    description: 'Speak TLS to `nodes`, or to the Sentinels and the master. With `url` the scheme decides.',
    default: false,
  }),
  ca_file: setting(text(4096), {
    description: 'PEM file of the authority that signed the certificate of Redis.',
    example: CA,
  }),
  cert_file: setting(text(4096), {
    description: 'PEM file of the certificate shown to Redis; needs `key_file`.',
    example: '/etc/webscada-edge/collect/redis.pem',
  }),
  key_file: setting(text(4096), {
    description: 'PEM file of that certificate’s key; needs `cert_file`.',
    example: '/etc/webscada-edge/collect/redis.key',
  }),
  prefix: setting(label(), {
    description: 'First part of the names of the keys, `<prefix>:{<site>}:log`.',
    default: 'webscada',
  }),
});

export const postgres = z.strictObject({
  url: setting(urlOfHosts(['postgres', 'postgresql']), {
    description:
      'PostgreSQL 14 or newer: `postgres://user@host:5432/database`. Several hosts, `one:5432,two:5432`: the one that can be written to, the one promoted last. Without it nothing is written there.',
    example: 'postgres://collect@postgres.example/webscada',
    secret: 'in-url',
  }),
  read_url: setting(urlOfHosts(['postgres', 'postgresql']), {
    description:
      'A replica that `verify-sync` asks instead. Several hosts as in `url`; with `?target_session_attrs=any` a replica of them will do.',
    example: 'postgres://collect@replica.example/webscada',
    secret: 'in-url',
  }),
  password: setting(text(4096), { description: 'Password at PostgreSQL.', secret: true }),
  tls: setting(z.boolean(), { description: 'Speak TLS, and check the certificate.', default: false }),
  ca_file: setting(text(4096), {
    description: 'PEM file of the authority that signed the certificate of PostgreSQL; needs `tls`.',
    example: CA,
  }),
  pool_max: setting(whole(2, 100), { description: 'Connections to PostgreSQL, at most.', default: 4 }),
  timeout_ms: setting(whole(1000, 3_600_000), {
    description: 'How long a statement may take before it is given up and tried again.',
    default: 60_000,
  }),
});

export const files = z.strictObject({
  dir: setting(text(4096), {
    description:
      'Folder for files of records, NDJSON compressed with zstd, by site and day. Without it none are written.',
    example: '/var/lib/webscada-edge/lake',
  }),
});

export const collectHttp = z.strictObject({
  listen: setting(hostPort(), {
    description: 'Where /metrics, /healthz, /readyz and the page of the fleet are served. Nowhere without.',
    example: '127.0.0.1:9180',
  }),
  token: setting(text(4096), {
    description:
      'Whoever asks for the page or the metrics shows it as a bearer token or as the password of any user. Needed on every address but a loopback one.',
    secret: true,
  }),
});

export const retention = z.strictObject({
  months: setting(whole(0, 1200), {
    description: 'Whole months for which PostgreSQL keeps records; 0: for ever.',
    default: 0,
  }),
  yearly: setting(z.boolean(), {
    description:
      'Before a month goes, its numeric fields go into yearly count, minimum, maximum and sum a device.',
    default: true,
  }),
});
