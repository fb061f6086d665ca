/** What is written in the settings files of Redis and of the door before it, the same for Kubernetes and Compose. */
import { CENTRAL_PORTS, podNames, REDIS, REDIS_PODS } from './names.ts';

/**
 * A master that has lost its replicas takes nothing more, so that after a fail-over no second one collects what would be lost.
 * RDB every six hours beside the append-only file, as the backup wants it.
 */
const REDIS_LINES = [
  'bind * -::*',
  'protected-mode no',
  'appendonly yes',
  'appendfsync everysec',
  'aof-use-rdb-preamble yes',
  'save 21600 1',
  'maxmemory-policy noeviction',
  'min-replicas-to-write 1',
  'min-replicas-max-lag 10',
  'repl-backlog-size 64mb',
  'tcp-keepalive 60',
  // A line for each site, and more while lines are made anew.
  'maxclients 20000',
];

const REDIS_TLS_LINES = [
  `tls-port ${CENTRAL_PORTS.redisTls}`,
  'tls-cert-file /run/secrets/redis-tls/tls.crt',
  'tls-key-file /run/secrets/redis-tls/tls.key',
  'tls-ca-cert-file /run/secrets/redis-tls/ca.crt',
  // A site may show a certificate; its password it always needs.
  'tls-auth-clients optional',
];

/** `tls` opens a second port for sites; `replicas` is whether there are any to wait for. */
export function redisConf({ tls, replicas }: { readonly tls: boolean; readonly replicas: boolean }): string {
  const lines = REDIS_LINES.filter((line) => replicas || !line.startsWith('min-replicas'));
  return `${[...lines, ...(tls ? REDIS_TLS_LINES : [])].join('\n')}\n`;
}

/** What a site may do with its keys; docs/sync.md says what for. */
export const SITE_RIGHTS =
  '+auth +hello +ping +select +exists +xinfo|stream +xinfo|groups +xadd +xrange +xrevrange +xlen +xtrim +xdel +xreadgroup +xack +xpending +xclaim +xautoclaim +xgroup|create +hgetall +hget +hset +hsetnx +renamenx +evalsha +eval +wait +cluster|slots +cluster|shards +asking\n';

/**
 * The door for sites: TCP passed through to whichever server says that it is the master. Sites keep one line open and ask at
 * least once a minute; those to a server that is no master any more are cut at once, so that they come again.
 */
export function doorConf(
  servers: readonly string[] = podNames(REDIS, REDIS_PODS).map((pod) => `${pod}.${REDIS}`),
  ports: { readonly listen: number; readonly check: number; readonly serve: number } = {
    listen: CENTRAL_PORTS.redisTls,
    check: CENTRAL_PORTS.redis,
    serve: CENTRAL_PORTS.redisTls,
  },
): string {
  const check = [
    `tcp-check connect port ${ports.check}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: HAProxy's own variables are written like this
    'tcp-check send "AUTH health ${HEALTH_PASSWORD}\\r\\n"',
    'tcp-check expect string +OK',
    'tcp-check send "INFO replication\\r\\n"',
    'tcp-check expect string role:master',
  ];
  return `global
  log stdout format raw local0 info
  maxconn 8000

defaults
  mode tcp
  log global
  timeout connect 5s
  timeout client 5m
  timeout server 5m
  option clitcpka
  option srvtcpka

resolvers cluster
  parse-resolv-conf
  hold valid 5s

frontend sites
  bind :${ports.listen}
  default_backend master

frontend health
  mode http
  bind :8404
  monitor-uri /healthz
  monitor fail if { nbsrv(master) lt 1 }

backend master
  option tcp-check
${check.map((line) => `  ${line}\n`).join('')}  default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions resolvers cluster init-addr none
${servers.map((server, index) => `  server redis-${index} ${server}:${ports.serve}\n`).join('')}`;
}
