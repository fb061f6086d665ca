/**
 * One connection to the centre's Redis, straight, by way of Sentinels, or to the nodes of a Cluster. It never reconnects and never queues: whoever
 * opened it starts over, because after any break the stream has to be asked where to go on. Everything rejects with a
 * CentreFault; no password and no reply text gets out.
 */

import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Redis } from 'ioredis';
import type { CentreConfig } from '../../config/schema.ts';
import { readInTime } from '../../files/read-file.ts';
import { tell, tellAll } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import { openCluster } from './cluster.ts';
import { CentreFault, closed, toFault } from './fault.ts';
import type { Place } from './library.ts';
import type { SyncLimits } from './limits.ts';
import type { Client } from './redis-client.ts';
import { createReplyLimit, type ReplyLimit } from './reply-limit.ts';

export type { Client } from './redis-client.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Login {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

interface Target extends Login {
  readonly address: Address;
  readonly db: number;
  readonly tls: ConnectionOptions | undefined;
  readonly limits: SyncLimits;
  readonly signal: AbortSignal;
}

/**
 * A connection to the master, logged in, database chosen. `attempt` decides which Sentinel is asked first; `signal` cuts
 * the connection, then or later.
 */
export async function openClient(
  centre: CentreConfig,
  limits: SyncLimits,
  attempt: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<Client> {
  if (centre.clusterNodes) {
    const tls = centre.tls ? await tlsOptions(centre, clock) : undefined;
    const { username, password } = centre;
    // A node that does not know its own address leaves the host out, and means the one it was reached by.
    let lastHost = '';
    return openCluster(centre.clusterNodes, attempt, (text) => {
      const { host, port } = clusterAddress(text);
      lastHost = host || lastHost;
      return openNode({ address: { host: lastHost, port }, username, password, db: 0, tls, limits, signal });
    });
  }
  return openNode(await targetOf(centre, limits, attempt, signal, clock));
}

async function openNode(target: Target): Promise<Client> {
  const client = await connect(target);
  try {
    await logIn(client, target);
    if (target.db > 0) await client.call('SELECT', target.db);
    return client;
  } catch (error) {
    client.close();
    throw toFault(error);
  }
}

async function targetOf(
  centre: CentreConfig,
  limits: SyncLimits,
  attempt: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<Target> {
  const { username, password } = centre;
  if (centre.sentinels) {
    const tls = centre.tls ? await tlsOptions(centre, clock) : undefined;
    const address = await askSentinels(centre, limits, tls, attempt, signal);
    return { address, username, password, db: 0, tls, limits, signal };
  }
  const url = parseRedisUrl(centre.url ?? '');
  const tls = url.tls ? await tlsOptions(centre, clock) : undefined;
  return {
    address: { host: url.host, port: url.port },
    username: username ?? url.username,
    password: password ?? url.password,
    db: url.db,
    tls,
    limits,
    signal,
  };
}

interface RedisUrl extends Address, Login {
  readonly db: number;
  readonly tls: boolean;
}

/** The parts of a redis:// or rediss:// URL. Throws a CentreFault that does not repeat the URL: it may hold a password. */
export function parseRedisUrl(text: string): RedisUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = Number(url?.pathname.slice(1) || '0');
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || !url.hostname || !Number.isInteger(db)) {
    throw new CentreFault('URL', tell('centre.url'), 'slow');
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || '6379'),
    username: decode(url.username),
    password: decode(url.password),
    db,
    tls: url.protocol === 'rediss:',
  };
}

function decode(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads the certificate files anew each time, so that a renewed one needs no restart. */
async function tlsOptions(
  { caFile, certFile, keyFile }: CentreConfig,
  clock: Clock,
): Promise<ConnectionOptions> {
  const options: ConnectionOptions = {};
  try {
    // One after the other: where one hangs the others would, each on a thread of its own.
    if (caFile !== undefined) options.ca = await readInTime(caFile, clock);
    if (certFile !== undefined) options.cert = await readInTime(certFile, clock);
    if (keyFile !== undefined) options.key = await readInTime(keyFile, clock);
    return options;
  } catch (error) {
    throw toFault(error);
  }
}

/** 'host:port', an IPv6 address in brackets: checked by the settings. */
function hostAndPort(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/** The master's address from the first Sentinel that knows it. */
async function askSentinels(
  centre: CentreConfig,
  limits: SyncLimits,
  tls: ConnectionOptions | undefined,
  attempt: number,
  signal: AbortSignal,
): Promise<Address> {
  const { sentinels = [], masterName = '' } = centre;
  let fault = new CentreFault('SENTINEL', tell('centre.sentinel', { name: masterName }));
  for (let i = 0; i < sentinels.length; i++) {
    const address = hostAndPort(sentinels[(attempt + i) % sentinels.length] ?? '');
    const login = { username: centre.sentinelUsername, password: centre.sentinelPassword };
    try {
      const master = await askSentinel({ address, ...login, db: 0, tls, limits, signal }, masterName);
      if (master) return master;
    } catch (error) {
      const cause = toFault(error);
      fault = new CentreFault(
        cause.code,
        { ...tellAll([tell('centre.askingSentinel'), cause.told]), hint: cause.hint },
        cause.patience,
      );
    }
  }
  throw fault;
}

/** As `hostAndPort`; a Cluster writes IPv6 addresses without brackets. */
function clusterAddress(text: string): Address {
  const { host, port } = hostAndPort(text);
  if (port <= 65_535) return { host, port };
  throw new CentreFault('REPLY', tell('centre.node'), 'slow');
}

async function askSentinel(target: Target, master: string): Promise<Address | undefined> {
  const client = await connect(target);
  try {
    await logIn(client, target);
    const answer = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master);
    return Array.isArray(answer) ? addressOf(answer[0], answer[1]) : undefined;
  } finally {
    client.close();
  }
}

/** The address a Sentinel names, a stranger's word: undefined when it is none. */
function addressOf(host: unknown, port: unknown): Address | undefined {
  const isHost = typeof host === 'string' && /^[\w.:%-]{1,253}$/.test(host);
  const isPort = typeof port === 'string' && /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
  return isHost && isPort ? { host, port: Number(port) } : undefined;
}

/**
 * Logs in, where there is something to log in with. A server that has no password set answers ERR: not our trouble, and
 * if it wants another login after all, the next command gets NOAUTH.
 */
async function logIn(client: Client, { username, password }: Login): Promise<void> {
  if (password === undefined) return;
  try {
    await client.call('AUTH', ...(username === undefined ? [] : [username]), password);
  } catch (error) {
    const fault = toFault(error);
    if (fault.code !== 'ERR') throw fault;
  }
}

async function connect(target: Target): Promise<Client> {
  // Loaded when a centre is configured, not with the program: it costs memory and start-up time.
  const { createRedis } = await import('./library.ts');
  const limit = createReplyLimit();
  const redis = createRedis(placeOf(target), target.limits, limit);
  let cause: unknown;
  redis.on('error', (error: unknown) => {
    cause ??= error;
  });
  const close = () => redis.disconnect();
  target.signal.addEventListener('abort', close, { once: true });
  redis.once('end', () => target.signal.removeEventListener('abort', close));
  try {
    target.signal.throwIfAborted();
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw toFault(cause ?? error);
  }
  return wrap(redis, limit, () => cause);
}

function placeOf({ address: { host, port }, tls }: Target): Place {
  return { host, port, ...(tls ? { tls: { ...tls, ...(isIP(host) ? {} : { servername: host }) } } : {}) };
}

/** The library gives up its socket when the line ends. */
function bytesOf(socket: Redis['stream'] | undefined): number {
  return socket ? socket.bytesWritten + socket.bytesRead : 0;
}

function wrap(redis: Redis, limit: ReplyLimit, cause: () => unknown): Client {
  const reason = () => (cause() === undefined ? closed() : toFault(cause()));
  const attempt = async (sent: () => Promise<unknown>): Promise<unknown> => {
    try {
      limit.expect();
      return await sent();
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') throw toFault(error);
      throw redis.status === 'ready' ? toFault(cause() ?? error) : reason();
    }
  };
  const call: Client['call'] = (command, ...args) => attempt(() => redis.call(command, [...args]));
  return {
    call,
    callForBytes: (command, ...args) => attempt(() => redis.callBuffer(command, [...args])),
    async run(script, key, args) {
      try {
        return await call('EVALSHA', script.sha, 1, key, ...args);
      } catch (error) {
        if (toFault(error).code !== 'NOSCRIPT') throw error;
        return await call('EVAL', script.lua, 1, key, ...args);
      }
    },
    onEnd: (listener) => void redis.once('end', listener),
    reason,
    bytes: () => bytesOf(redis.stream),
    close: () => redis.disconnect(),
  };
}
