/** Redis as the centre's pods run it: by the scripts and settings of the manifests, each "pod" on an address of its own of this machine. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCRIPTS_FOLDER } from '../../scripts/manifests/central.ts';
import { redisConf, SITE_RIGHTS } from '../../src/deploy/central/redis-config.ts';
import { freePort, type RunningServer, startServer } from './process.ts';

export interface CentralRedis {
  readonly folder: string;
  readonly port: number;
  readonly sentinelPort: number;
  /** Address of a pod, '127.0.0.2'. */
  host(pod: number): string;
  env(pod: number): Record<string, string>;
  start(pod: number, script: string): Promise<RunningServer>;
  /** Runs one of the scripts to its end. */
  script(
    name: string,
    env: Record<string, string>,
    ...args: readonly string[]
  ): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  };
  /** What redis-cli prints for a command to a pod's Redis, or another `port`. */
  ask(pod: number, user: string, password: string, command: readonly string[]): string;
  remove(): void;
}

const PODS = [0, 1, 2];
/** What tells that a script has come so far. */
const READY: Readonly<Record<string, string>> = {
  'redis-start.sh': 'Ready to accept connections',
  'sentinel-start.sh': '+monitor',
  'redis-watch.sh': 'loaded',
};

export const REDIS_PASSWORDS = { operator: 'operator-pass', health: 'health-pass', collect: 'collect-pass' };

export async function centralRedis(): Promise<CentralRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'wse-central-redis-'));
  const [port, sentinelPort] = [await freePort(), await freePort()];
  const host = (pod: number): string => `127.0.0.${pod + 2}`;
  const written = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const [name, text] of Object.entries(REDIS_PASSWORDS)) written(`secrets/${name}`, text);
  written('sites/north-hill', 'hill-pass\n');
  for (const pod of PODS) {
    written(`config-${pod}/redis.conf`, `${redisConf({ tls: false, replicas: true })}bind ${host(pod)}\n`);
    written(`config-${pod}/site-rights`, SITE_RIGHTS);
    mkdirSync(join(folder, `data-${pod}`));
    mkdirSync(join(folder, `run-${pod}`));
  }
  const base = { ...process.env, SCRIPTS: SCRIPTS_FOLDER };
  const env: CentralRedis['env'] = (pod) => ({
    ...base,
    POD_NAME: `redis-${pod}`,
    HOST: host(pod),
    BIND: host(pod),
    PEERS: PODS.map(host).join(' '),
    MASTER: 'centre',
    DATA: join(folder, `data-${pod}`),
    TMPDIR: join(folder, `run-${pod}`),
    ACL: join(folder, `run-${pod}/users.acl`),
    SECRETS: join(folder, 'secrets'),
    SITES: join(folder, 'sites'),
    CONFIG: join(folder, `config-${pod}`),
    RIGHTS: join(folder, `config-${pod}/site-rights`),
    REDIS_HOST: host(pod),
    REDIS_PORT: `${port}`,
    SENTINEL_PORT: `${sentinelPort}`,
    DOWN_MS: '500',
    WAIT_S: '0.1',
  });
  return {
    folder,
    port,
    sentinelPort,
    host,
    env,
    start: (pod, script) =>
      startServer('sh', [join(SCRIPTS_FOLDER, script)], { text: READY[script] ?? '' }, env(pod)),
    script(name, given, ...args) {
      const { status, stdout, stderr } = spawnSync('sh', [join(SCRIPTS_FOLDER, name), ...args], {
        encoding: 'utf8',
        timeout: 60_000,
        env: { ...base, ...given },
      });
      return { status, stdout, stderr };
    },
    ask(pod, user, password, command) {
      const login = ['-h', host(pod), '-p', `${port}`, '--user', user, '--no-auth-warning'];
      return spawnSync('redis-cli', [...login, ...command], {
        encoding: 'utf8',
        timeout: 10_000,
        env: { ...base, REDISCLI_AUTH: password },
      }).stdout.trim();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
