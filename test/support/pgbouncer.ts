/** PgBouncer for tests: gives each transaction any of two connections to the PostgreSQL behind it. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asPostgresUser, type PostgresServer } from './postgres.ts';
import { findServer, freePort, type RunningServer, startServer } from './process.ts';

export interface Pooler extends Pick<RunningServer, 'stop'> {
  readonly url: string;
}

/** With the settings PgBouncer comes with, but for the mode. */
export async function startPgBouncer(folder: string, { port: behind }: PostgresServer): Promise<Pooler> {
  const port = await freePort();
  const dir = join(folder, `pgbouncer-${port}`);
  mkdirSync(dir);
  const file = join(dir, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]
webscada = host=127.0.0.1 port=${behind} dbname=webscada user=test
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`,
  );
  for (const path of [folder, dir]) chmodSync(path, 0o755);
  const program = findServer('pgbouncer') ?? 'pgbouncer';
  const server = await startServer(...asPostgresUser(program, [file]), { port });
  return { url: `postgres://test@127.0.0.1:${port}/webscada`, stop: server.stop };
}
