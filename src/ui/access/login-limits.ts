/**
 * How often passwords may be tried. Wrong ones count for the address, and for the name together with the address, so that
 * nobody locks a name for others. Many addresses at one name lock it for addresses it never logged in from, and for no
 * other: who has been in before gets in, whatever strangers do.
 */
import type { World } from '../../model/world.ts';
import type { Users } from '../../store/tables/users.ts';
import { type Client, limitKey } from './client.ts';
import { createLimiter, type Limiter } from './limiter.ts';

/** Addresses kept for a name, and for all names. */
const MAX_SEEN_OF_NAME = 10;
const MAX_SEEN = 500;

export interface LoginLimits {
  /** Takes an attempt from the address alone. The result is the wait in milliseconds, 0 for none. */
  takeAddress(client: Client): number;
  /** Takes an attempt. `waitMs` is 0 or how long to wait; `isSeen`: the name has logged in from there before. */
  take(name: string, client: Client): { readonly waitMs: number; readonly isSeen: boolean };
  /** Gives the attempt back and keeps the address. */
  wasGood(name: string, client: Client): void;
}

export function createLoginLimits(users: Users, { clock, logger }: World): LoginLimits {
  const byAddress = createLimiter({ burst: 10, everyMs: 10_000, clock });
  const byPair = createLimiter({ burst: 10, everyMs: 30_000, clock, maxKeys: 4_000 });
  /** Of those never seen. One address alone cannot use this up: it gains more than a pair does. */
  const byName = createLimiter({ burst: 100, everyMs: 10_000, clock });

  const isSeen = (name: string, address: string): boolean =>
    users.seen.list().some((seen) => seen.user === name && seen.address === address);

  function buckets(name: string, address: string, seen: boolean): [Limiter, string][] {
    const all: [Limiter, string][] = [
      [byAddress, address],
      [byPair, `${address} ${name}`],
    ];
    return seen ? all : [...all, [byName, name]];
  }

  /** From every bucket or from none. */
  function takeAll(all: readonly [Limiter, string][]): number {
    for (const [i, [limiter, key]] of all.entries()) {
      const waitMs = limiter.take(key);
      if (waitMs === 0) continue;
      for (const [earlier, earlierKey] of all.slice(0, i)) earlier.giveBack(earlierKey);
      return waitMs;
    }
    return 0;
  }

  /** The latest come last. An address that cannot be written down (a full disk) keeps nobody out. */
  function keep(name: string, address: string): void {
    const before = users.seen.list();
    const others = before.filter((seen) => seen.user !== name || seen.address !== address);
    const ofName = others.filter(({ user }) => user === name);
    const tooMany = new Set(ofName.slice(0, Math.max(0, ofName.length - MAX_SEEN_OF_NAME + 1)));
    const kept = [...others.filter((seen) => !tooMany.has(seen)), { user: name, address }].slice(-MAX_SEEN);
    try {
      users.seen.save(kept);
    } catch (error) {
      logger.error('access.use_not_stored', { error: String(error) });
    }
  }

  return {
    takeAddress: (client) => byAddress.take(limitKey(client.address)),
    take(given, client) {
      const [name, address] = [users.keyOf(given), limitKey(client.address)];
      const seen = isSeen(name, address);
      return { waitMs: takeAll(buckets(name, address, seen)), isSeen: seen };
    },
    wasGood(given, client) {
      const [name, address] = [users.keyOf(given), limitKey(client.address)];
      for (const [limiter, key] of buckets(name, address, isSeen(name, address))) limiter.giveBack(key);
      keep(name, address);
    },
  };
}
