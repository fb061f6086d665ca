/** PostgreSQL for tests: a cluster of its own in a temporary folder on a free port, run by a user that is not root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Pool } from 'pg';
import { isRoot } from './needs.ts';
import { eventually, findServer, freePort, type RunningServer, startServer } from './process.ts';

export interface PostgresServer {
  readonly port: number;
  readonly url: string;
  readonly pool: Pool;
  /** A pool to another of its databases, for the test to end. */
  poolOf(database: string): Pool;
  /** SIGKILL to the postmaster and SIGQUIT to nobody: as when the machine loses it. */
  kill(): Promise<void>;
  /** `pg_ctl stop -m immediate`, then started again on the same port with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** As the user that may run PostgreSQL: itself refuses root. */
export function asPostgresUser(command: string, args: readonly string[]): [string, string[]] {
  if (!isRoot) return [command, [...args]];
  const user = spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody';
  return ['runuser', ['-u', user, '--', command, ...args]];
}

/** Where a server of its own lies; `data` is still to be filled. */
export interface PostgresPlace {
  readonly bin: string;
  readonly port: number;
  readonly dir: string;
  readonly data: string;
}

export async function postgresPlace(folder: string): Promise<PostgresPlace> {
  const bin = dirname(realpathSync(findServer('postgres') ?? ''));
  const port = await freePort();
  chmodSync(folder, 0o755);
  const dir = join(folder, `postgres-${port}`);
  mkdirSync(dir);
  if (isRoot) {
    const user = spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody';
    execFileSync('chown', [user, dir]);
  }
  return { bin, port, dir, data: join(dir, 'data') };
}

/** Runs one of PostgreSQL's programs to its end. */
export function postgresProgram({ bin }: PostgresPlace, name: string, args: readonly string[]): void {
  const [command, words] = asPostgresUser(join(bin, name), args);
  const { status, stderr } = spawnSync(command, words, { encoding: 'utf8', cwd: '/' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
}

export function initPostgres(place: PostgresPlace): void {
  const options = ['-U', 'test', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'];
  postgresProgram(place, 'initdb', ['-D', place.data, ...options]);
}

/** Starts the server and waits until it answers. */
export async function launchPostgres(
  { bin, port, dir, data }: PostgresPlace,
  settings: readonly string[],
): Promise<RunningServer> {
  const options = [
    ...['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', dir],
    ...['fsync=off', 'max_connections=30', ...settings].flatMap((setting) => ['-c', setting]),
  ];
  const server = await startServer(...asPostgresUser(join(bin, 'postgres'), options), { port });
  await eventually(
    'PostgreSQL takes connections',
    async () => (await accepts(bin, port)) || undefined,
    30_000,
  );
  return server;
}

/** A fresh cluster with the database `webscada`. */
export async function startPostgres(
  folder: string,
  settings: readonly string[] = [],
): Promise<PostgresServer> {
  const place = await postgresPlace(folder);
  const { bin, port, data } = place;
  initPostgres(place);
  const launch = () => launchPostgres(place, settings);
  let server = await launch();
  execFileSync(join(bin, 'createdb'), ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'test', 'webscada']);
  const url = `postgres://test@127.0.0.1:${port}/webscada`;
  const pool = new Pool({ connectionString: url, max: 2 });
  pool.on('error', () => {});
  const end = (mode: string): void =>
    void spawnSync(
      ...asPostgresUser(join(bin, 'pg_ctl'), ['-D', data, '-m', mode, '-w', '-t', '20', 'stop']),
      {
        stdio: 'ignore',
      },
    );
  return {
    port,
    url,
    pool,
    poolOf: (database) => new Pool({ connectionString: url.replace(/webscada$/, database), max: 1 }),
    kill: () => {
      end('immediate');
      return server.stop('SIGKILL');
    },
    async restart() {
      end('immediate');
      await server.stop('SIGKILL');
      server = await launch();
    },
    async stop() {
      await pool.end().catch(() => {});
      end('immediate');
      await server.stop('SIGKILL');
    },
  };
}

function accepts(bin: string, port: number): boolean {
  return spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', `${port}`]).status === 0;
}
