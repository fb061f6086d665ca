/** Trims the streams some time behind the watermarks: what was durable a moment ago may be asked for again after a fail-over. */
import type { Clock } from '../../model/world.ts';
import { siteKeys } from '../keys.ts';
import type { Position } from './coverage.ts';
import { trimSite } from './progress.ts';
import type { RedisLink } from './redis-link.ts';

export interface Trimmer {
  /** Everything of `site` up to `mark` is durable. */
  note(site: string, mark: Position): void;
  /** Trims what is due of `sites`. Gives how many entries went; rejects when Redis does. */
  trim(sites: readonly string[]): Promise<number>;
}

interface Due {
  readonly mark: Position;
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** Where the watermark has come meanwhile. */
  next: Position;
}

export function createTrimmer(options: {
  readonly redis: RedisLink;
  readonly prefix: string;
  readonly afterMs: number;
  readonly clock: Clock;
}): Trimmer {
  const { redis, prefix, afterMs, clock } = options;
  const due = new Map<string, Due>();
  function begin(site: string, mark: Position): void {
    due.set(site, { mark, next: mark, atMs: clock.monotonicMs() + afterMs });
  }
  return {
    note(site, mark) {
      const known = due.get(site);
      if (known) known.next = mark;
      else begin(site, mark);
    },
    async trim(sites) {
      let gone = 0;
      for (const site of sites) {
        const known = due.get(site);
        if (!known || clock.monotonicMs() < known.atMs) continue;
        const { mark } = known;
        gone += await trimSite(redis, siteKeys(prefix, site), mark);
        due.delete(site);
        const { next } = known;
        if (next.epoch !== mark.epoch || next.seq !== mark.seq) begin(site, next);
      }
      return gone;
    },
  };
}
