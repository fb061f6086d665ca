/**
 * The connection to the centre's Redis: one server, a master named by Sentinels, or a Cluster. It reconnects by itself; a
 * command that got no answer rejects, and whoever sent it starts over. Replies are Buffers.
 */
import type { ConnectionOptions } from 'node:tls';
import type { Cluster, Redis } from 'ioredis';
import type { RedisConfig } from '../../config/collect-schema.ts';
import { readInTime } from '../../files/read-file.ts';
import type { World } from '../../model/world.ts';
import { keySlot } from './key-slot.ts';

export type Argument = string | number | Buffer;
/** As RESP2 has it. */
export type Reply = Buffer | number | null | readonly Reply[];

export interface Scanned {
  readonly names: readonly string[];
  /** Why a master could not be asked. */
  readonly error?: unknown;
}

export interface RedisLink {
  /** Sends one command; its keys decide the node. Rejects when there is no answer, or an error for one. */
  call(command: string, ...args: readonly Argument[]): Promise<Reply>;
  /** The master that has `key`, 'host:port'; '' where there is but one, or none is known yet. */
  shardOf(key: string): string;
  /** Runs a script whose keys share a slot. */
  run(script: string, keys: readonly string[], args: readonly Argument[]): Promise<Reply>;
  /** Sends one command without a key to every master. */
  eachMaster(command: string, ...args: readonly Argument[]): Promise<readonly Reply[]>;
  /** Names that fit `pattern`, at most `most`, on the masters that answer. */
  scan(pattern: string, most: number): Promise<Scanned>;
  close(): void;
}

const CONNECT_MS = 10_000;
const COMMAND_MS = 15_000;
const RETRY_MS = 2_000;
const SCAN_COUNT = 1_000;

/** A link with these settings. Reads the certificates; connects with the first command. */
export async function openRedis(config: RedisConfig, world: World): Promise<RedisLink> {
  const library = await import('./redis-library.ts');
  const client = connect(library, config, await tlsOptions(config, world));
  // Each command says by itself that it failed.
  client.on('error', () => {});
  let isClosed = false;
  // The library gives up for good where a fail-over of Sentinels comes while it connects; we do not.
  client.on('end', () => {
    if (!isClosed) world.clock.after(RETRY_MS, () => void (isClosed || client.connect().catch(() => {})));
  });
  const masters = (): readonly Redis[] => ('nodes' in client ? client.nodes('master') : [client]);
  return {
    call: (command, ...args) => ask(client, command, args),
    shardOf: (key) => ('nodes' in client ? (client.slots[keySlot(key)]?.[0] ?? '') : ''),
    run: (script, keys, args) => ask(client, 'EVAL', [script, keys.length, ...keys, ...args]),
    eachMaster: (command, ...args) => Promise.all(masters().map((node) => ask(node, command, args))),
    async scan(pattern, most) {
      // The cluster knows its nodes once it has answered anything.
      if (masters().length === 0) await client.callBuffer('EXISTS', [pattern]);
      const found = await Promise.allSettled(masters().map((node) => scanNode(node, pattern, most)));
      const names = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      const failed = found.find((each) => each.status === 'rejected');
      return { names: [...new Set(names)].slice(0, most), ...(failed ? { error: failed.reason } : {}) };
    },
    close() {
      isClosed = true;
      client.disconnect();
    },
  };
}

async function ask(
  client: Pick<Redis, 'callBuffer'>,
  command: string,
  args: readonly Argument[],
): Promise<Reply> {
  try {
    return (await client.callBuffer(command, [...args])) as Reply;
  } catch (error) {
    // Its own words are about a setting of the library.
    if (error instanceof Error && error.name === 'MaxRetriesPerRequestError')
      throw new Error('the line broke, or none could be had', { cause: error });
    throw error;
  }
}

async function scanNode(node: Redis, pattern: string, most: number): Promise<string[]> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, names] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
    found.push(...names);
    cursor = next;
  } while (cursor !== '0' && found.length < most);
  return found;
}

async function tlsOptions(config: RedisConfig, { clock }: World): Promise<ConnectionOptions | undefined> {
  const { caFile, certFile, keyFile } = config;
  if (!config.tls && !config.url?.startsWith('rediss:')) return undefined;
  return {
    ...(caFile === undefined ? {} : { ca: await readInTime(caFile, clock) }),
    ...(certFile === undefined ? {} : { cert: await readInTime(certFile, clock) }),
    ...(keyFile === undefined ? {} : { key: await readInTime(keyFile, clock) }),
  };
}

type Library = typeof import('./redis-library.ts');

function connect(
  { Redis: RedisClient, Cluster: RedisCluster }: Library,
  config: RedisConfig,
  tls: ConnectionOptions | undefined,
): Redis | Cluster {
  const common = {
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(config.password === undefined ? {} : { password: config.password }),
    ...(tls ? { tls } : {}),
    protocol: 2 as const,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    maxRetriesPerRequest: 0,
    // What was read and never answered is read again out of the list of pending entries.
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    lazyConnect: true,
    retryStrategy: (attempt: number) => Math.min(RETRY_MS, attempt * 100),
  };
  if (config.nodes) {
    return new RedisCluster(config.nodes.map(hostAndPort), {
      redisOptions: common,
      lazyConnect: true,
      enableOfflineQueue: true,
      clusterRetryStrategy: common.retryStrategy,
      maxRedirections: 16,
      scaleReads: 'master',
    });
  }
  if (config.sentinels) {
    return new RedisClient({
      ...common,
      sentinels: config.sentinels.map(hostAndPort),
      name: config.masterName ?? '',
      ...(config.sentinelUsername === undefined ? {} : { sentinelUsername: config.sentinelUsername }),
      ...(config.sentinelPassword === undefined ? {} : { sentinelPassword: config.sentinelPassword }),
      ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls } : {}),
      failoverDetector: true,
    });
  }
  return new RedisClient(config.url ?? '', common);
}

function hostAndPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/** Text of a reply; '' for anything else. */
export function textOf(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString('utf8') : typeof reply === 'number' ? String(reply) : '';
}

/** The elements of an array reply; none for anything else. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}

/** Pairs of a flat reply, as HGETALL and XINFO give them. */
export function pairsOf(reply: Reply | undefined): ReadonlyMap<string, Reply> {
  const flat = listOf(reply);
  const pairs = new Map<string, Reply>();
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.set(textOf(flat[at]), flat[at + 1] ?? null);
  return pairs;
}

/** The code of an error reply, 'NOGROUP'; '' for what is none. */
export function replyCode(error: unknown): string {
  return error instanceof Error && error.name === 'ReplyError'
    ? (/^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR')
    : '';
}
