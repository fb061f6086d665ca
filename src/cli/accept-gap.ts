/** `verify-sync --accept`: the operator accepts that records of a gap will never come. */
import { hostname, userInfo } from 'node:os';
import type { CollectConfig } from '../config/collect-schema.ts';
import { fail, failWith } from './fail.ts';
import { type CliWorld, EXIT, type Given } from './verb.ts';

const MAX_REASON = 1_000;

interface Order {
  readonly site: string;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly reason: string;
  readonly by: string;
}

/** Accepts the gap of the command line; gives the exit code. */
export async function acceptOnLine(
  config: CollectConfig,
  given: Given,
  world: CliWorld,
  words: readonly string[],
): Promise<number> {
  const order = orderOf(given, words);
  if (typeof order === 'string') return fail(world, order, EXIT.usage);
  const url = config.postgres.url;
  if (url === undefined)
    return fail(
      world,
      'postgres.url is missing: gaps are found and accepted by the account in PostgreSQL, for all sinks together. A centre with InfluxDB or files alone has none: its watermark stays before the gap until the site sends it again (command SITE resend), or its account begins anew (docs/centre.md, "A gap that nobody can fill")',
      EXIT.config,
    );
  try {
    const result = await accept(config, url, order);
    if (!result.ok) return fail(world, result.message);
    const { site, epoch, first, last, by } = order;
    const words = result.isNew ? 'accepted' : 'was accepted before; the watermarks were looked at again';
    world.stdout.write(`${site}: epoch ${epoch}, ${first} to ${last}: ${words}, by ${by}\n`);
    return EXIT.ok;
  } catch (error) {
    failWith(world, 'the centre cannot be asked', error);
    return EXIT.unavailable;
  }
}

/** What the words ask for, or what is wrong with them. */
function orderOf(given: Given, words: readonly string[]): Order | string {
  const [site, ...numbers] = words;
  const [epoch = 0, first = 0, last = 0] = numbers.map((word) =>
    /^\d{1,16}$/.test(word) ? Number(word) : 0,
  );
  if (site === undefined || numbers.length !== 3 || ![epoch, first, last].every((n) => n > 0))
    return '--accept needs SITE EPOCH FIRST LAST, as verify-sync shows the gap: --accept north-hill 1 31 50 --reason TEXT';
  if (last < first) return `LAST (${last}) lies before FIRST (${first})`;
  const reason = (given.text('reason') ?? '').trim();
  if (reason === '') return '--accept needs --reason TEXT: it is told in verify-sync for ever';
  const by = (given.text('by') ?? `${userName()}@${hostname()}`).trim();
  if (reason.length > MAX_REASON || by === '' || by.length > 200 || /\p{Cc}/u.test(reason + by))
    return `--reason takes a line of at most ${MAX_REASON} characters, --by a name of at most 200`;
  return { site, epoch, first, last, reason, by };
}

/** A container's user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

async function accept(config: CollectConfig, url: string, order: Order) {
  const [{ createLogger }, { createWorld }, { openRedis }, { openDatabase }, { acceptGap }] =
    await Promise.all([
      import('../ops/logger.ts'),
      import('../ops/world.ts'),
      import('../sync/centre/redis-link.ts'),
      import('../sync/centre/postgres/pool.ts'),
      import('../sync/centre/accept.ts'),
    ]);
  const own = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  const redis = await openRedis(config.redis, own);
  const database = await openDatabase(config.postgres, url, own);
  try {
    const group = `${config.collect.group}-postgres`;
    return await acceptGap({ ...order, redis, database, group, prefix: config.redis.prefix });
  } finally {
    redis.close();
    await database.close();
  }
}
