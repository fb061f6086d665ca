/**
 * The masters of the centre's Redis as the loop of one sink works with them, one where it is no Cluster. Each is read,
 * acknowledged and set back by itself, so that one that hangs holds its own sites and no others.
 */

import { backoffMs } from '../../model/backoff.ts';
import { errorText } from '../../model/error-text.ts';
import type { World } from '../../model/world.ts';
import type { SiteBatch } from './batch.ts';
import type { RedisLink } from './redis-link.ts';
import type { SiteState } from './site-reader.ts';

/** Entries to acknowledge once the batch is durable. */
export interface SiteAcks {
  readonly state: SiteState;
  readonly logIds: readonly string[];
  readonly eventIds: readonly string[];
  readonly againIds: readonly string[];
}

/** What one pass over the sites of a shard has read. */
export interface Brought {
  readonly sites: readonly SiteBatch[];
  readonly acks: readonly SiteAcks[];
}

type Work = 'read' | 'settle';

export interface Shard {
  /** 'host:port'; '' where Redis is no Cluster. */
  readonly name: string;
  isReading: boolean;
  /** Read, and in no batch yet. */
  brought: Brought | undefined;
  /** Batches that are durable and not all acknowledged. */
  unsettled: number;
  settling: Promise<void>;
  /** Whoever gives streams the group is at it. */
  isAttended: boolean;
  liveAtMs: number;
  /** Monotonic milliseconds before which it is not asked. */
  notBeforeMs: number;
  attempt: number;
  /** What it does not do, and why. */
  readonly trouble: Map<Work, string>;
}

export interface Shards {
  of(state: SiteState): Shard;
  /** `items` by shard. */
  group<Item>(items: Iterable<Item>, stateOf: (item: Item) => SiteState): Map<Shard, Item[]>;
  all(): readonly Shard[];
}

export const REDIS_RETRY = { minMs: 200, maxMs: 15_000 };
/** How long the other shards wait for one. */
const PATIENCE_MS = 500;
const NAMES_TOLD = 20;

export function createShards(redis: RedisLink): Shards {
  const known = new Map<string, Shard>();
  function of({ keys }: SiteState): Shard {
    const name = redis.shardOf(keys.log);
    const shard = known.get(name) ?? newShard(name);
    known.set(name, shard);
    return shard;
  }
  return {
    of,
    group<Item>(items: Iterable<Item>, stateOf: (item: Item) => SiteState) {
      const groups = new Map<Shard, Item[]>();
      for (const item of items) {
        const shard = of(stateOf(item));
        const group = groups.get(shard);
        if (group) group.push(item);
        else groups.set(shard, [item]);
      }
      return groups;
    },
    all: () => [...known.values()],
  };
}

function newShard(name: string): Shard {
  return {
    ...{ name, isReading: false, brought: undefined, unsettled: 0, settling: Promise.resolve() },
    ...{ isAttended: false, liveAtMs: 0, notBeforeMs: 0, attempt: 0, trouble: new Map() },
  };
}

/** Waits for `tasks`, which never reject; where there are other shards, no longer than they may be held. */
export async function soon(tasks: readonly Promise<void>[], shards: Shards, world: World): Promise<void> {
  const all = Promise.all(tasks).then(() => {});
  if (shards.all().length < 2) return all;
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = world.clock.after(PATIENCE_MS, resolve);
  });
  await Promise.race([all, late]);
  cancel();
}

/** It gave no answer, or none that helps: it is left alone for a while, longer each time. Gives how long. */
export function setBack(shard: Shard, work: Work, error: unknown, { clock, random }: World): number {
  const waitMs = backoffMs(shard.attempt, REDIS_RETRY, random);
  shard.attempt += 1;
  shard.notBeforeMs = clock.monotonicMs() + waitMs;
  shard.trouble.set(work, errorText(error));
  return waitMs;
}

/** It did `work`. */
export function answered(shard: Shard, work: Work): void {
  shard.trouble.delete(work);
  if (shard.trouble.size === 0) shard.attempt = 0;
}

/** What is wrong with Redis, by the sites that wait; undefined when nothing is. */
export function troubleOf(shards: Shards, sites: Iterable<SiteState>): string | undefined {
  const failing = shards.all().filter(({ trouble }) => trouble.size > 0);
  if (failing.length === 0) return undefined;
  const held = shards.group(sites, (state) => state);
  const told: string[] = [];
  for (const shard of failing) {
    const names = (held.get(shard) ?? []).map(({ site }) => site).sort();
    // Another master has its sites now.
    if (names.length === 0) shard.trouble.clear();
    else told.push(wordsOf(shard, names, held.size > 1));
  }
  return told.length === 0 ? undefined : told.join('; ');
}

function wordsOf({ name, trouble }: Shard, sites: readonly string[], isOneOfMany: boolean): string {
  const why = [...new Set(trouble.values())].join(', ');
  if (!isOneOfMany) return `Redis: ${why}`;
  const more = sites.length > NAMES_TOLD ? ` and ${sites.length - NAMES_TOLD} more` : '';
  const are = sites.length === 1 ? 'site waits' : 'sites wait';
  return `Redis ${name}: ${why}; ${sites.length} ${are}: ${sites.slice(0, NAMES_TOLD).join(', ')}${more}`;
}
