/**
 * A site and its centre on a laptop, for Compose: broker, bridge, InfluxDB, the appliance playing its simulator; Redis with
 * Sentinels, PostgreSQL and `collect`. Same configuration as on Kubernetes; its passwords are for a laptop and reachable from nowhere else.
 */
import { applianceEnv } from './appliance.ts';
import { BRIDGE_ENV, MOSQUITTO_ACL, MOSQUITTO_CONF, MOSQUITTO_SETUP, SIMULATOR_ACL } from './broker.ts';
import { CENTRAL_IMAGES, USERS } from './central/names.ts';
import { influxSetup } from './influxdb.ts';
import { IMAGES } from './names.ts';
import type { Site } from './site.ts';

const PASSWORD = 'laptop-only';
const SENTINELS = ['sentinel-1', 'sentinel-2', 'sentinel-3'];

/** Keys of the laptop's site, as in a site file. */
export const LAPTOP = {
  site: { id: 'laptop', name: 'Laptop' },
  ingress: { enabled: false },
  simulator: { enabled: true },
  centre: {
    enabled: true,
    sentinels: SENTINELS.map((name) => `${name}:26379`),
    master_name: 'centre',
  },
};

/** Compose replaces `$NAME` in all texts; this keeps a shell's own. */
const shell = (text: string): string => text.replaceAll('$', '$$$$');

const confined = {
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
};

export function composeFile(site: Site, image: string): object {
  return {
    name: 'webscada-edge',
    services: {
      appliance: appliance(site, image),
      mosquitto: mosquitto(),
      'gateway-bridge': bridge(),
      influxdb: influxdb(site),
      redis: redis([]),
      'redis-replica': { ...redis(['--replicaof', 'redis', '6379']), depends_on: ['redis'] },
      ...Object.fromEntries(SENTINELS.map((name) => [name, sentinel(name)])),
      postgres: postgres(),
      collect: collect(image),
    },
    volumes: { appliance: {}, mosquitto: {}, influxdb: {}, redis: {}, 'redis-replica': {}, postgres: {} },
    configs: {
      password: { content: PASSWORD },
      'mosquitto.conf': { content: MOSQUITTO_CONF },
      acl: { content: MOSQUITTO_ACL },
      'acl-simulator': { content: SIMULATOR_ACL },
    },
  };
}

function appliance(site: Site, image: string): object {
  const { WSE_CONFIG: _, ...environment } = applianceEnv(site);
  const credentials = '/run/secrets/webscada-edge';
  return {
    image,
    ...confined,
    user: '10001:10001',
    command: ['run'],
    environment: {
      ...environment,
      // Published on this machine's loopback address only.
      WSE_ACCESS__MODE: 'open',
      CREDENTIALS_DIRECTORY: credentials,
      NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=128',
      MALLOC_ARENA_MAX: '1',
    },
    configs: ['mqtt.password', 'influx.token', 'centre.password'].map((name) => ({
      source: 'password',
      target: `${credentials}/${name}`,
    })),
    ports: ['127.0.0.1:8080:8080'],
    tmpfs: ['/tmp:size=64m,mode=1777'],
    volumes: ['appliance:/data'],
    mem_limit: '512m',
    depends_on: ['mosquitto', 'influxdb', ...SENTINELS],
  };
}

function mosquitto(): object {
  return {
    image: IMAGES.mosquitto,
    ...confined,
    user: '1883:1883',
    entrypoint: ['sh', '-c'],
    command: [shell(`${MOSQUITTO_SETUP}exec mosquitto -c /run/mosquitto/mosquitto.conf\n`)],
    configs: [
      { source: 'mosquitto.conf', target: '/config/mosquitto.conf' },
      { source: 'acl', target: '/config/acl' },
      { source: 'acl-simulator', target: '/config/acl-simulator' },
      { source: 'password', target: '/passwords/appliance' },
      { source: 'password', target: '/passwords/bridge' },
    ],
    tmpfs: ['/run/mosquitto:size=1m,mode=0700,uid=1883,gid=1883', '/tmp:size=8m,mode=1777'],
    volumes: ['mosquitto:/mosquitto/data'],
    mem_limit: '256m',
  };
}

function bridge(): object {
  return {
    image: IMAGES.bridge,
    ...confined,
    environment: { ...BRIDGE_ENV, INTEGRATION__MQTT__AUTH__GENERIC__PASSWORD: PASSWORD },
    ports: ['1700:1700/udp'],
    mem_limit: '128m',
    depends_on: ['mosquitto'],
  };
}

function influxdb(site: Site): object {
  return {
    image: IMAGES.influxdb,
    ...confined,
    user: '1000:1000',
    environment: {
      ...influxSetup(site),
      DOCKER_INFLUXDB_INIT_PASSWORD: PASSWORD,
      DOCKER_INFLUXDB_INIT_ADMIN_TOKEN: PASSWORD,
      INFLUXD_REPORTING_DISABLED: 'true',
      GOMEMLIMIT: '400MiB',
    },
    ports: ['127.0.0.1:8086:8086'],
    tmpfs: ['/tmp:size=64m,mode=1777', '/etc/influxdb2:size=1m,uid=1000,gid=1000'],
    volumes: ['influxdb:/var/lib/influxdb2'],
    mem_limit: '512m',
  };
}

function redis(more: readonly string[]): object {
  return {
    image: IMAGES.redis,
    ...confined,
    user: '999:999',
    command: [
      'redis-server',
      ...['--appendonly', 'yes', '--requirepass', PASSWORD, '--masterauth', PASSWORD],
      ...more,
    ],
    volumes: [`${more.length === 0 ? 'redis' : 'redis-replica'}:/data`],
    mem_limit: '128m',
  };
}

/** What `collect` fills; on a laptop without replicas and archive. */
function postgres(): object {
  const user = USERS.postgres;
  return {
    image: CENTRAL_IMAGES.postgres,
    ...confined,
    user: `${user}:${user}`,
    environment: {
      POSTGRES_USER: 'webscada',
      POSTGRES_DB: 'webscada',
      POSTGRES_PASSWORD: PASSWORD,
      PGDATA: '/var/lib/postgresql/data/pgdata',
    },
    tmpfs: [`/var/run/postgresql:size=1m,uid=${user},gid=${user}`, '/tmp:size=64m,mode=1777'],
    volumes: ['postgres:/var/lib/postgresql/data'],
    mem_limit: '512m',
    stop_signal: 'SIGINT',
  };
}

/** The page of the fleet asks for a password: the one of this laptop. */
function collect(image: string): object {
  const credentials = '/run/secrets/webscada-edge';
  return {
    image,
    ...confined,
    user: '10001:10001',
    command: ['collect'],
    environment: {
      WSE_REDIS__SENTINELS: SENTINELS.map((name) => `${name}:26379`).join(','),
      WSE_REDIS__MASTER_NAME: 'centre',
      WSE_POSTGRES__URL: 'postgres://webscada@postgres:5432/webscada',
      WSE_HTTP__LISTEN: '0.0.0.0:9180',
      CREDENTIALS_DIRECTORY: credentials,
      NODE_OPTIONS: '--max-old-space-size=192',
      MALLOC_ARENA_MAX: '1',
    },
    configs: ['redis.password', 'postgres.password', 'http.token'].map((name) => ({
      source: 'password',
      target: `${credentials}/${name}`,
    })),
    ports: ['127.0.0.1:9180:9180'],
    tmpfs: ['/tmp:size=64m,mode=1777'],
    mem_limit: '384m',
    depends_on: ['postgres', ...SENTINELS],
  };
}

/** A Sentinel rewrites its configuration, so it gets one of its own at every start. */
function sentinel(name: string): object {
  const lines = [
    'dir /tmp',
    'sentinel resolve-hostnames yes',
    'sentinel announce-hostnames yes',
    `sentinel announce-ip ${name}`,
    'sentinel monitor centre redis 6379 2',
    `sentinel auth-pass centre ${PASSWORD}`,
    'sentinel down-after-milliseconds centre 5000',
  ];
  const write = `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > /tmp/sentinel.conf`;
  return {
    image: IMAGES.redis,
    ...confined,
    user: '999:999',
    entrypoint: ['sh', '-c'],
    command: [`${write} && exec redis-sentinel /tmp/sentinel.conf`],
    tmpfs: ['/tmp:size=1m,mode=1777'],
    mem_limit: '32m',
    depends_on: ['redis', 'redis-replica'],
  };
}
