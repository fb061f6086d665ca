/** Settings: the pages and the API, and who may use them. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { hostName, network, port, text, whole } from '../formats.ts';

export const http = z.strictObject({
  host: setting(text(), {
    description: 'Address the pages and the API listen on. `0.0.0.0` or `::` opens them to the network.',
    default: '127.0.0.1',
  }),
  port: setting(port(), { description: 'Port of the pages and the API.', default: 8080 }),
  names: setting(z.array(hostName()).check(z.maxLength(32)), {
    description:
      'Host names the box is asked by, beside `localhost`, its own and its addresses. Requests for other names are refused.',
    default: [],
    example: ['north-hill.example'],
  }),
  tls: setting(z.enum(['auto', 'off', 'self', 'files']), {
    description:
      '`self`: with a certificate made here, whose fingerprint is in the log and on the claim page. `files`: with that in `cert_file`. `off`: plain HTTP, for a reverse proxy in front. `auto`: `files` where `cert_file` is given, else `off` on a loopback address and `self` elsewhere.',
    default: 'auto',
  }),
  cert_file: setting(text(4096), {
    description:
      'PEM file of the certificate with its chain; needs `key_file`. Both are read again when they change.',
    example: '/etc/webscada-edge/tls.crt',
  }),
  key_file: setting(text(4096), {
    description: 'PEM file of the certificate’s key; needs `cert_file`.',
    example: '/etc/webscada-edge/tls.key',
  }),
  hsts_days: setting(whole(0, 730), {
    description:
      'Days for which browsers that came by HTTPS are told to use nothing else (Strict-Transport-Security); 0: they are not told. It holds for the whole host name, also for other programs there that have no TLS, and nobody can go on when the certificate is no longer good.',
    default: 0,
  }),
  access_log: setting(z.boolean(), {
    description:
      'Write each request into the log: who asked for what, without query and body; 50 lines a second at most.',
    default: false,
  }),
  trusted_proxies: setting(z.array(network()).check(z.maxLength(32)), {
    description:
      'Reverse proxies, as addresses or networks, whose X-Forwarded-For and X-Forwarded-Proto are believed.',
    default: [],
    example: ['10.42.0.0/16'],
  }),
});

export const access = z.strictObject({
  mode: setting(z.enum(['auto', 'open', 'required']), {
    description:
      '`required`: the box is claimed with its one-time code, then everybody logs in or shows an API token. `open`: whoever reaches it may do everything. `auto`: `open` on a loopback address without trusted proxies, `required` elsewhere.',
    default: 'auto',
  }),
  session_idle_h: setting(whole(1, 24 * 365), {
    description: 'A session ends after this many hours without use.',
    default: 24,
  }),
  session_max_days: setting(whole(1, 365), {
    description: 'A session ends this many days after the login, used or not.',
    default: 30,
  }),
});
