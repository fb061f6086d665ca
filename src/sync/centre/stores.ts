/** The register of a site: which store filled which epoch. */
import type { SiteKeys } from '../keys.ts';
import { pairsOf, type RedisLink, textOf } from './redis-link.ts';

/** Epoch to the id of its store. */
export async function readStores(redis: RedisLink, keys: SiteKeys): Promise<ReadonlyMap<number, string>> {
  const register = pairsOf(await redis.call('HGETALL', keys.epochs));
  // Beside them stands how far epochs went that have ended (`<epoch>:last`).
  const epochs = [...register].filter(([name]) => /^\d+$/.test(name));
  return new Map(epochs.map(([epoch, store]) => [Number(epoch), textOf(store)]));
}
