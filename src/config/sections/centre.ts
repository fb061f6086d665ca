/** Settings: the Redis at the centre. */
import * as z from 'zod/mini';
import { COMMAND_KINDS } from '../../model/command.ts';
import { setting } from '../declare.ts';
import { hostPort, label, text, timeWindow, url, whole } from '../formats.ts';

export const centre = z.strictObject({
  url: setting(url(['redis', 'rediss'], { credentials: true }), {
    description:
      'Redis at the centre; `rediss://` for TLS. Without it, `sentinels` and `cluster_nodes` nothing is forwarded, and the log keeps everything.',
    example: 'rediss://centre.example:6380',
    secret: 'in-url',
  }),
  sentinels: setting(z.array(hostPort()).check(z.minLength(1), z.maxLength(32)), {
    description: 'Redis Sentinels to ask for the master, instead of `url`; needs `master_name`.',
    example: ['sentinel-1.example:26379', 'sentinel-2.example:26379', 'sentinel-3.example:26379'],
  }),
  master_name: setting(text(), { description: 'Name the Sentinels know the master by.', example: 'centre' }),
  cluster_nodes: setting(z.array(hostPort()).check(z.minLength(1), z.maxLength(64)), {
    description:
      'Nodes of a Redis Cluster, instead of `url` and `sentinels`: as many as may be left when others are down. The node with the keys of this site is found from any of them.',
    example: ['redis-1.example:6379', 'redis-2.example:6379', 'redis-3.example:6379'],
  }),
  username: setting(text(), { description: 'User name at Redis.', example: 'site-north-hill' }),
  password: setting(text(4096), { description: 'Password at Redis.', secret: true }),
  sentinel_username: setting(text(), {
    description: 'User name at the Sentinels.',
    example: 'site-north-hill',
  }),
  sentinel_password: setting(text(4096), { description: 'Password at the Sentinels.', secret: true }),
  tls: setting(z.boolean(), {
    description:
      'Speak TLS to the Sentinels and the master, or to the nodes of the cluster. With `url` the scheme decides instead.',
    default: false,
  }),
  ca_file: setting(text(4096), {
    description:
      'PEM file of the authority that signed the centre’s certificate, if the system does not know it.',
    example: '/etc/webscada-edge/centre-ca.pem',
  }),
  cert_file: setting(text(4096), {
    description:
      'PEM file of the certificate this box shows to the centre, where that asks for one; needs `key_file`. Both are read at each connection.',
    example: '/etc/webscada-edge/centre.pem',
  }),
  key_file: setting(text(4096), {
    description: 'PEM file of that certificate’s key; needs `cert_file`.',
    example: '/etc/webscada-edge/centre.key',
  }),
  batch_max_records: setting(whole(1, 10_000), {
    description: 'Records sent in one batch, at most.',
    default: 500,
  }),
  compression: setting(z.enum(['none', 'zstd', 'gzip']), {
    description:
      'Sends the records of a batch compressed in one entry: far fewer bytes over the line and less memory at the centre, but not readable in redis-cli; whoever reads the stream must know blocks (docs/sync.md).',
    default: 'none',
    example: 'zstd',
  }),
  max_delay_seconds: setting(whole(1, 300), {
    description:
      'How long a live record may wait for company before its batch is sent. Longer compresses better; a full batch does not wait.',
    default: 1,
    example: 10,
  }),
  max_bytes_per_second: setting(whole(100, 1_000_000_000), {
    description:
      'Bytes a second that the log may take on the line to the centre, both ways, without what TCP and TLS add. Without it as fast as it goes.',
    example: 20_000,
  }),
  max_bytes_per_day: setting(whole(10_000), {
    description:
      'Bytes that the line may carry between two midnights of the site’s time; when they are used up the log waits for the next day. Counted like `max_bytes_per_second`.',
    example: 50_000_000,
  }),
  windows: setting(z.array(timeWindow()).check(z.minLength(1), z.maxLength(32)), {
    description:
      'When the log may be sent, in the site’s time (`site.time_zone`); a day named is the one on which the window begins. Without it always.',
    example: ['22:00-06:00', 'sat,sun 00:00-24:00'],
  }),
  min_replicas: setting(whole(0, 100), {
    description:
      'Replicas that must hold a batch before it counts as delivered (Redis WAIT). 0: the master’s word is enough, and what it had not passed on when it died is sent again only where the stream shows it.',
    default: 0,
  }),
  forget: setting(z.enum(['sent', 'collected']), {
    description:
      'When a record counts as delivered, so that the box may remove it: `sent`, once the centre’s Redis has it; `collected`, once everything that collects there has stored it (docs/sync.md). Until then the log keeps it as it keeps what was never sent.',
    default: 'sent',
  }),
  commands: setting(z.array(z.enum(COMMAND_KINDS)).check(z.maxLength(COMMAND_KINDS.length)), {
    description:
      'What the centre may ask of this box (docs/commands.md); an empty list: nothing, and the box does not look. The default only looks and saves: whoever gets into the centre’s Redis can then neither move a valve nor change a device at any site.',
    default: ['doctor', 'log-sums', 'backup'],
    example: [...COMMAND_KINDS],
  }),
  command_settings: setting(z.array(text(64)).check(z.maxLength(200)), {
    description:
      'Settings the centre may change by the command `settings-put`, where `commands` lets it: paths, or sections for all of theirs. Never secrets, users, nor what the centre may do. What names a server decides who is shown the password for it: list such a setting only where whoever writes the centre’s Redis may know that.',
    default: [],
    example: ['influx.batch_max_records', 'log'],
  }),
  stream_prefix: setting(label(), {
    description: 'First part of the names of the streams, `<stream_prefix>:{<site.id>}:log`.',
    default: 'webscada',
  }),
});
