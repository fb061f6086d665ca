/**
 * The centre on one machine, for Compose: the same scripts and settings as on Kubernetes, passwords and certificates from the
 * folder `secrets` beside the file. One machine is no protection against its own death; the backups go where `backups` is.
 */
import { influxSetup } from '../influxdb.ts';
import { IMAGES } from '../names.ts';
import type { Centre } from './centre.ts';
import { collectEnv } from './collect.ts';
import { CENTRAL_IMAGES, CENTRAL_PORTS, MASTER_NAME, podNames, USERS } from './names.ts';
import { POSTGRES_HBA, postgresConf } from './postgres.ts';
import { doorConf, redisConf, SITE_RIGHTS } from './redis-config.ts';
import { SCRIPTS_PATH, type Scripts } from './workload.ts';

/** Compose replaces `$NAME` in all texts; this keeps a shell's own. */
const shell = (text: string): string => text.replaceAll('$', '$$$$');

const confined = {
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
};

const REDIS = podNames('redis', 3);
const SENTINELS = podNames('sentinel', 3);
const POSTGRES = podNames('postgres', 2);
const DAY_S = 86_400;

export interface CentreCompose {
  readonly centre: Centre;
  readonly image: string;
  readonly scripts: Scripts;
}

export function centreCompose({ centre, image, scripts }: CentreCompose): object {
  return {
    name: 'webscada-central',
    services: {
      ...Object.fromEntries(REDIS.map((name) => [name, redis(name)])),
      ...Object.fromEntries(SENTINELS.map((name) => [name, sentinel(name)])),
      'redis-door': door(),
      ...Object.fromEntries(POSTGRES.map((name) => [name, postgres(name)])),
      influxdb: influxdb(centre),
      collect: collect(centre, image),
      ...backups(centre),
    },
    volumes: Object.fromEntries(
      [...REDIS, ...SENTINELS, ...POSTGRES, ...POSTGRES.map((name) => `${name}-archive`), 'influxdb'].map(
        (name) => [name, {}],
      ),
    ),
    configs: {
      ...Object.fromEntries(Object.entries(scripts).map(([name, text]) => [name, { content: shell(text) }])),
      'redis.conf': { content: redisConf({ tls: true, replicas: true }) },
      'site-rights': { content: SITE_RIGHTS },
      'haproxy.cfg': { content: shell(doorConf(REDIS)) },
      'postgresql.conf': { content: shell(postgresConf(POSTGRES)) },
      'pg_hba.conf': { content: POSTGRES_HBA },
    },
  };
}

function scriptConfig(name: string): { readonly source: string; readonly target: string } {
  return { source: name, target: `${SCRIPTS_PATH}/${name}` };
}

function redisEnv(host: string): Record<string, string> {
  return {
    POD_NAME: host,
    HOST: host,
    PEERS: REDIS.join(' '),
    SENTINELS: SENTINELS.join(' '),
    MASTER: MASTER_NAME,
    SCRIPTS: SCRIPTS_PATH,
  };
}

function redis(name: string): object {
  // The watch is a child of the same container here: it ends with it.
  const command = `sh ${SCRIPTS_PATH}/redis-watch.sh & exec sh ${SCRIPTS_PATH}/redis-start.sh`;
  return {
    image: IMAGES.redis,
    ...confined,
    user: `${USERS.redis}:${USERS.redis}`,
    entrypoint: ['sh', '-c'],
    command: [command],
    environment: { ...redisEnv(name), MEMORY_BYTES: String(2 * 1024 ** 3) },
    configs: [
      ...['redis-start.sh', 'redis-watch.sh', 'redis-acl.sh'].map(scriptConfig),
      { source: 'redis.conf', target: '/etc/webscada-redis/redis.conf' },
      { source: 'site-rights', target: '/etc/webscada-redis/site-rights' },
    ],
    tmpfs: [`/run/redis:size=16m,mode=0700,uid=${USERS.redis},gid=${USERS.redis}`, '/tmp:size=16m,mode=1777'],
    volumes: [
      `${name}:/data`,
      './secrets/redis:/run/secrets/redis:ro',
      './secrets/redis-sites:/run/secrets/redis-sites:ro',
      './secrets/redis-tls:/run/secrets/redis-tls:ro',
    ],
    mem_limit: '2g',
    stop_grace_period: '2m',
  };
}

function sentinel(name: string): object {
  return {
    image: IMAGES.redis,
    ...confined,
    user: `${USERS.redis}:${USERS.redis}`,
    command: ['sh', `${SCRIPTS_PATH}/sentinel-start.sh`],
    environment: redisEnv(name),
    configs: [scriptConfig('sentinel-start.sh')],
    tmpfs: ['/tmp:size=16m,mode=1777'],
    volumes: [`${name}:/data`, './secrets/redis:/run/secrets/redis:ro'],
    mem_limit: '64m',
    depends_on: [...REDIS],
  };
}

function door(): object {
  return {
    image: CENTRAL_IMAGES.haproxy,
    ...confined,
    user: `${USERS.haproxy}:${USERS.haproxy}`,
    entrypoint: ['sh', '-c'],
    command: [
      shell(
        'HEALTH_PASSWORD="$(cat /run/secrets/redis/health)" exec haproxy -f /etc/webscada-door/haproxy.cfg -db',
      ),
    ],
    configs: [{ source: 'haproxy.cfg', target: '/etc/webscada-door/haproxy.cfg' }],
    volumes: ['./secrets/redis:/run/secrets/redis:ro'],
    ports: [`${CENTRAL_PORTS.redisTls}:${CENTRAL_PORTS.redisTls}`],
    mem_limit: '512m',
    depends_on: [...REDIS],
  };
}

function postgres(name: string): object {
  const user = USERS.postgres;
  return {
    image: CENTRAL_IMAGES.postgres,
    ...confined,
    user: `${user}:${user}`,
    entrypoint: ['sh', `${SCRIPTS_PATH}/postgres-start.sh`],
    environment: {
      POD_NAME: name,
      PRIMARY: '0',
      PRIMARY_HOST: 'postgres-0',
      PGDATA: '/var/lib/postgresql/data/pgdata',
      SCRIPTS: SCRIPTS_PATH,
    },
    configs: [
      ...['postgres-start.sh', 'postgres-recover.sh', 'wal-archive.sh', 'wal-restore.sh'].map(scriptConfig),
      { source: 'postgresql.conf', target: '/etc/webscada-postgres/postgresql.conf' },
      { source: 'pg_hba.conf', target: '/etc/webscada-postgres/pg_hba.conf' },
    ],
    tmpfs: [`/var/run/postgresql:size=1m,uid=${user},gid=${user}`, '/tmp:size=64m,mode=1777'],
    volumes: [
      `${name}:/var/lib/postgresql/data`,
      `${name}-archive:/archive`,
      './secrets/postgres:/run/secrets/postgres:ro',
    ],
    mem_limit: '4g',
    stop_signal: 'SIGINT',
    stop_grace_period: '5m',
  };
}

function influxdb(centre: Centre): object {
  const user = USERS.influxdb;
  return {
    image: IMAGES.influxdb,
    ...confined,
    user: `${user}:${user}`,
    environment: {
      ...influxSetup(centre),
      DOCKER_INFLUXDB_INIT_PASSWORD_FILE: '/run/secrets/influxdb/password',
      DOCKER_INFLUXDB_INIT_ADMIN_TOKEN_FILE: '/run/secrets/influxdb/token',
      INFLUXD_REPORTING_DISABLED: 'true',
      GOMEMLIMIT: '1600MiB',
    },
    tmpfs: ['/tmp:size=64m,mode=1777', `/etc/influxdb2:size=1m,uid=${user},gid=${user}`],
    volumes: ['influxdb:/var/lib/influxdb2', './secrets/influxdb:/run/secrets/influxdb:ro'],
    mem_limit: '2g',
  };
}

function collect(centre: Centre, image: string): object {
  const { WSE_CONFIG: _, ...environment } = collectEnv(centre);
  const credentials = '/run/secrets/webscada-edge';
  return {
    image,
    ...confined,
    user: `${USERS.collect}:${USERS.collect}`,
    command: ['collect'],
    environment: {
      ...environment,
      WSE_REDIS__SENTINELS: SENTINELS.map((name) => `${name}:${CENTRAL_PORTS.sentinel}`).join(','),
      WSE_POSTGRES__URL: `postgres://webscada@postgres-0:${CENTRAL_PORTS.postgres}/webscada`,
      CREDENTIALS_DIRECTORY: credentials,
      NODE_OPTIONS: '--max-old-space-size=320',
      MALLOC_ARENA_MAX: '1',
    },
    tmpfs: ['/tmp:size=64m,mode=1777'],
    volumes: [`./secrets/collect:${credentials}:ro`],
    mem_limit: '512m',
    deploy: { replicas: centre.collect.replicas },
    depends_on: [...SENTINELS, ...POSTGRES],
  };
}

/** A script again and again; what it says of a failure is in the log of its service. */
function repeated(image: string, user: number, name: string, everyS: number, more: object): object {
  const command = `while :; do sh ${SCRIPTS_PATH}/${name} || echo "${name} FAILED: no new backup" >&2; sleep ${everyS}; done`;
  return {
    image,
    ...confined,
    user: `${user}:${user}`,
    entrypoint: ['sh', '-c'],
    command: [command],
    configs: [name, 'keep-days.sh'].map(scriptConfig),
    tmpfs: ['/tmp:size=64m,mode=1777'],
    mem_limit: '512m',
    ...more,
  };
}

function backups({ backup, postgres: { recoveryDays } }: Centre): Record<string, object> {
  const { postgres: image } = CENTRAL_IMAGES;
  const login = (user: string, key: string) =>
    shell(`PGPASSWORD="$(cat /run/secrets/postgres/${key})" PGUSER=${user} PGHOST=postgres-0`);
  const withLogin = (job: object, words: string): object => {
    const [command = ''] = (job as { command: readonly string[] }).command;
    return { ...job, command: [command.replace('do sh', `do ${words} sh`)] };
  };
  const secrets = './secrets/postgres:/run/secrets/postgres:ro';
  return {
    'redis-backup': repeated(IMAGES.redis, USERS.redis, 'redis-backup.sh', DAY_S / 4, {
      environment: {
        SCRIPTS: SCRIPTS_PATH,
        HOSTS: REDIS.map((host) => `${host}:${CENTRAL_PORTS.redis}`).join(' '),
        DAYS: String(backup.redisDays),
      },
      volumes: ['./backups/redis:/backups', './secrets/redis:/run/secrets/redis:ro'],
      depends_on: [...REDIS],
    }),
    'postgres-dump': withLogin(
      repeated(image, USERS.postgres, 'postgres-dump.sh', DAY_S, {
        environment: { SCRIPTS: SCRIPTS_PATH, DAYS: String(backup.dumpDays) },
        volumes: ['./backups/postgres:/backups', secrets],
        depends_on: [...POSTGRES],
      }),
      login('webscada', 'password'),
    ),
    'postgres-base': withLogin(
      repeated(image, USERS.postgres, 'postgres-base.sh', 7 * DAY_S, {
        environment: { DAYS: String(recoveryDays) },
        volumes: ['postgres-0-archive:/archive', secrets],
        depends_on: [...POSTGRES],
      }),
      login('replica', 'replica'),
    ),
    'influxdb-backup': repeated(IMAGES.influxdb, USERS.influxdb, 'influx-backup.sh', 7 * DAY_S, {
      environment: {
        SCRIPTS: SCRIPTS_PATH,
        INFLUX_HOST: 'http://influxdb:8086',
        DAYS: String(backup.influxDays),
      },
      volumes: ['./backups/influxdb:/backups', './secrets/influxdb:/run/secrets/influxdb:ro'],
      depends_on: ['influxdb'],
    }),
  };
}
