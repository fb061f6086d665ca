/**
 * Token buckets by key: each holds `burst` and gains one every `everyMs`. Memory is bounded: of more than `maxKeys` keys
 * the least recently used is forgotten.
 */
import type { Clock } from '../../model/world.ts';

export interface Limiter {
  /** Takes one; the result is 0, or the milliseconds to wait before there is one again. */
  take(key: string): number;
  /** Takes `count` whether they are there or not; up to `burst` are owed. */
  spend(key: string, count: number): void;
  /** Gives one back: the attempt was a good one. */
  giveBack(key: string): void;
}

export interface LimiterOptions {
  readonly burst: number;
  readonly everyMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly maxKeys?: number;
}

interface Bucket {
  left: number;
  atMs: number;
}

export function createLimiter({ burst, everyMs, clock, maxKeys = 1_000 }: LimiterOptions): Limiter {
  // In the order of their last use.
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string): Bucket {
    const nowMs = clock.monotonicMs();
    const bucket = buckets.get(key) ?? { left: burst, atMs: nowMs };
    bucket.left = Math.min(burst, bucket.left + (nowMs - bucket.atMs) / everyMs);
    bucket.atMs = nowMs;
    buckets.delete(key);
    buckets.set(key, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > maxKeys && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  }

  return {
    take(key) {
      const bucket = bucketOf(key);
      if (bucket.left < 1) return Math.ceil((1 - bucket.left) * everyMs);
      bucket.left -= 1;
      return 0;
    },
    spend(key, count) {
      const bucket = bucketOf(key);
      bucket.left = Math.max(-burst, bucket.left - count);
    },
    giveBack(key) {
      const bucket = buckets.get(key);
      if (bucket) bucket.left = Math.min(burst, bucket.left + 1);
    },
  };
}
