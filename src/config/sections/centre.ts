/** Settings: the Redis at the centre. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { hostPort, label, text, url, whole } from '../formats.ts';

export const centre = z.strictObject({
  url: setting(url(['redis', 'rediss'], { credentials: true }), {
    description:
      'Redis at the centre; `rediss://` for TLS. Without it and without `sentinels` nothing is forwarded, and the log keeps everything.',
    example: 'rediss://centre.example:6380',
    secret: 'in-url',
  }),
  sentinels: setting(z.array(hostPort()).check(z.minLength(1), z.maxLength(32)), {
    description: 'Redis Sentinels to ask for the master, instead of `url`; needs `master_name`.',
    example: ['sentinel-1.example:26379', 'sentinel-2.example:26379', 'sentinel-3.example:26379'],
  }),
  master_name: setting(text(), { description: 'Name the Sentinels know the master by.', example: 'centre' }),
  username: setting(text(), { description: 'User name at Redis.', example: 'site-north-hill' }),
  password: setting(text(4096), { description: 'Password at Redis.', secret: true }),
  sentinel_username: setting(text(), {
    description: 'User name at the Sentinels.',
    example: 'site-north-hill',
  }),
  sentinel_password: setting(text(4096), { description: 'Password at the Sentinels.', secret: true }),
  tls: setting(z.boolean(), {
    description: 'Speak TLS to the Sentinels and the master. With `url` the scheme decides instead.',
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
  min_replicas: setting(whole(0, 100), {
    description:
      'Replicas that must hold a batch before it counts as delivered (Redis WAIT). 0: the master’s word is enough, and what it had not passed on when it died is sent again only where the stream shows it.',
    default: 0,
  }),
  stream_prefix: setting(label(), {
    description: 'First part of the names of the streams, `<stream_prefix>:<site.id>:log`.',
    default: 'webscada',
  }),
});
