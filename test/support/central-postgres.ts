/** PostgreSQL as the centre's pods run it: by the scripts and the settings of the manifests, two servers on one machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CENTRE_VALUES, centreOf } from './manifest-centres.ts';
import { findServer, freePort, type RunningServer, startServer } from './process.ts';

export interface CentralPostgres {
  readonly folder: string;
  /** The ports of postgres-0, postgres-1, … */
  readonly ports: readonly number[];
  /** What a pod of the set is given: `pod` 0 with the data folder `data` of its volume. */
  env(pod: number, primary: number, data?: string): Record<string, string>;
  /** Starts a pod and waits until it answers. */
  start(pod: number, primary: number, data?: string): Promise<RunningServer>;
  /** Runs one of the scripts to its end. */
  script(name: string, env: Record<string, string>, ...args: readonly string[]): ScriptResult;
  /** Answers of psql to the superuser by the pod's socket. */
  query(pod: number, sql: string, database?: string): string;
  remove(): void;
}

export interface ScriptResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function centralPostgres(): Promise<CentralPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'wse-central-'));
  writeGiven(folder);
  ownedByPostgres(folder);
  const ports = [await freePort(), await freePort()];
  const base = { ...process.env, LC_ALL: 'C.UTF-8', PATH: `${postgresPrograms()}:${process.env.PATH}` };
  const words = (command: readonly string[]) => [...asPostgres(), ...command];
  const env: CentralPostgres['env'] = (pod, primary, data = 'data') => ({
    ...base,
    POD_NAME: `postgres-${pod}`,
    PRIMARY: `${primary}`,
    PRIMARY_HOST: '127.0.0.1',
    PRIMARY_PORT: `${ports[primary]}`,
    PGPORT: `${ports[pod]}`,
    PGDATA: join(folder, `pod-${pod}`, data),
    WAL_ARCHIVE: join(folder, `archive-${pod}`, 'wal'),
    BASES: join(folder, `archive-${pod}`, 'base'),
    SOCKETS: join(folder, `pod-${pod}`),
    TMPDIR: join(folder, `pod-${pod}`),
    SECRETS: join(folder, 'secrets'),
    CONFIG: join(folder, 'config'),
    SCRIPTS: join(folder, 'scripts'),
    WAIT_S: '0.1',
  });
  const query: CentralPostgres['query'] = (pod, sql, database = 'webscada') => {
    const where = ['-h', join(folder, `pod-${pod}`), '-p', `${ports[pod]}`, '-U', 'postgres', '-d', database];
    const [command = '', ...args] = words(['psql', ...where, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql]);
    const { status, stdout, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      env: base,
      cwd: '/',
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  return {
    folder,
    ports,
    env,
    query,
    start(pod, primary, data) {
      const [command = '', ...args] = words(['sh', join(folder, 'scripts/postgres-start.sh')]);
      return startServer(command, args, { text: 'ready to accept' }, env(pod, primary, data));
    },
    script(name, given, ...args) {
      const [command = '', ...rest] = words(['sh', join(folder, 'scripts', name), ...args]);
      const { status, stdout, stderr } = spawnSync(command, rest, {
        encoding: 'utf8',
        timeout: 60_000,
        env: { ...base, ...given },
        cwd: '/',
      });
      return { status, stdout, stderr };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Words before a command so that it runs as the user `postgres` when we are root. */
export function asPostgres(): readonly string[] {
  return process.getuid?.() === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--']
    : [];
}

/** Folder of initdb, psql, pg_dump …, of the newest version that is installed. */
export function postgresPrograms(): string {
  // What is found by PATH may be a link: psql and the others lie beside the real one.
  return dirname(realpathSync(findServer('postgres') ?? '/usr/bin/postgres'));
}

/** Hands a folder over to the user the servers run as. */
export function ownedByPostgres(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'postgres:postgres', folder]);
  // The way to it has to be open as well: folders of mkdtemp are not.
  if (process.getuid?.() === 0) chmodSync(dirname(folder), 0o755);
}

/** Settings, scripts and passwords as the manifests give them to a pod. */
function writeGiven(folder: string): void {
  const maps = { 'central-scripts': 'scripts', 'postgres-config': 'config' };
  for (const object of centreOf({})) {
    const place = Object.entries(maps).find(([name]) => name === object.metadata.name)?.[1];
    if (object.kind !== 'ConfigMap' || place === undefined) continue;
    mkdirSync(join(folder, place));
    for (const [name, text] of Object.entries(object.data ?? {})) {
      // A machine for tests is smaller than a pod; that changes nothing of what is tried.
      const small = name === 'postgresql.conf' ? `${text}shared_buffers = '32MB'\nfsync = off\n` : text;
      writeFileSync(join(folder, place, name), small);
    }
  }
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'secrets/password'), CENTRE_VALUES.postgres);
  writeFileSync(join(folder, 'secrets/replica'), 'replica:pass\\word');
  for (const pod of [0, 1]) mkdirSync(join(folder, `pod-${pod}`));
}
