/** Redis servers, replicas and Sentinels for tests, on free ports with folders of their own, and a plain client to look. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findServer, freePort, type RunningServer, startServer } from './process.ts';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** SIGKILL, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with what its folder holds, with `more` options this time. */
  restart(more?: readonly string[]): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
  /** A client of the test's own; closed with the server. */
  readonly client: Redis;
}

/** Nothing on disk unless asked for by `extra` options ('--appendonly', 'yes', …). */
export async function startRedis(folder: string, extra: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const dir = join(folder, `redis-${port}`);
  mkdirSync(dir);
  const basics = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    dir,
  ];
  const launch = (more: readonly string[] = []) =>
    startServer(findServer('redis-server') ?? 'redis-server', [...basics, ...extra, ...more], { port });
  let server: RunningServer = await launch();
  const client = new Redis({ port, host: '127.0.0.1', protocol: 2, retryStrategy: () => 50 });
  client.on('error', () => {});
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    client,
    kill: () => server.stop('SIGKILL'),
    async restart(more) {
      server = await launch(more);
    },
    signal: (signal) => void server.process.kill(signal),
    async stop() {
      client.disconnect();
      server.process.kill('SIGCONT');
      await server.stop('SIGKILL');
    },
  };
}

export interface Sentinels {
  readonly addresses: readonly string[];
  /** Whether it has found the replica at `port`. */
  knows(port: number): Promise<boolean>;
  /** Port of the present master, by its word. */
  master(): Promise<number>;
  stop(): Promise<void>;
}

/** One Sentinel that watches `masterPort` under `name` and fails over after half a second of silence. */
export async function startSentinel(
  folder: string,
  name: string,
  masterPort: number,
  lines: readonly string[] = [],
): Promise<Sentinels> {
  const port = await freePort();
  const dir = join(folder, `sentinel-${port}`);
  mkdirSync(dir);
  const file = join(dir, 'sentinel.conf');
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor ${name} 127.0.0.1 ${masterPort} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 3000`,
      ...lines,
      '',
    ].join('\n'),
  );
  const server = await startServer(findServer('redis-sentinel') ?? 'redis-sentinel', [file], { port });
  const client = new Redis({ port, host: '127.0.0.1', protocol: 2 });
  client.on('error', () => {});
  return {
    addresses: [`127.0.0.1:${port}`],
    async knows(replica) {
      return JSON.stringify(await client.call('SENTINEL', 'REPLICAS', name)).includes(`:${replica}"`);
    },
    async master() {
      const address = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
      return Number((address as string[] | null)?.[1] ?? 0);
    },
    async stop() {
      client.disconnect();
      await server.stop('SIGKILL');
    },
  };
}

/** The IDs in a stream, oldest first. */
export async function streamIds(client: Redis, key: string): Promise<string[]> {
  const entries = await client.xrange(key, '-', '+');
  return entries.map(([id]) => id);
}
