/**
 * What goes beside the log over the same connection: early copies of events, newest readings during a backlog, and the question what
 * the centre has stored.
 */
import type { CentreConfig } from '../../config/schema.ts';
import type { World } from '../../model/world.ts';
import type { Cursor } from '../../store/contract.ts';
import { siteKeys } from '../keys.ts';
import { createAside } from './aside.ts';
import type { Client } from './client.ts';
import type { Collected } from './collected.ts';
import { createEarlyEvents } from './early-events.ts';
import type { SyncLimits } from './limits.ts';
import { createLiveReadings } from './live-readings.ts';
import type { BatchShare } from './pacing.ts';
import { createRedisCentre } from './redis-centre.ts';
import type { Grown, SyncStore } from './resume.ts';

export interface BesideLogContext {
  readonly store: SyncStore;
  readonly cursor: Cursor;
  readonly site: string;
  readonly config: CentreConfig;
  readonly limits: SyncLimits;
  readonly world: World;
  /** Where records are held until the centre has stored them. */
  readonly collected: Collected | undefined;
}

/** Of one connection. Both reject only when the line breaks, or the store. */
export interface BesideLog {
  /** Before the log looks where to go on; our epoch may grow. */
  begin(onGrown: (grown: Grown) => void): Promise<void>;
  /**
   * Early copies of events, at most `share` at once: before everything else, and whether or not the line's budget lets the log go.
   * With `upTo` all of them up to that seq, unless the centre refuses them.
   */
  sendEvents(share: BatchShare, upTo?: number): Promise<void>;
  /** Before each batch of the log, which is at most `share`. */
  turn(share: BatchShare): Promise<void>;
}

/** Gives for each connection what is done over it; what is known of the streams outlives the connection. */
export function createBesideLog(context: BesideLogContext): (client: Client) => BesideLog {
  const { store, cursor, site, config, limits, world, collected } = context;
  const events = createEarlyEvents({
    store,
    delivered: () => cursor.state().seq,
    backRecords: limits.eventsBackRecords,
  });
  const live = createLiveReadings({
    store,
    cursor,
    clock: world.clock,
    key: siteKeys(config.streamPrefix, site).live,
    afterMs: limits.liveAfterMs,
    everyMs: limits.liveEveryMs,
  });
  const copying = createAside(world, 'centre.events_refused', limits.asideRetryMs);
  const asking = createAside(world, 'centre.watermark_refused', limits.asideRetryMs);
  const showing = createAside(world, 'centre.live_refused', limits.asideRetryMs);
  return (client) => {
    // Replicas are not waited for: what a fail-over loses here comes with the log. Events are no range, so they are no block.
    const plain = { ...config, minReplicas: 0, compression: 'none' } as const;
    const stream = createRedisCentre(client, site, plain, limits, 'events');
    return {
      begin: (onGrown) => copying.attempt(() => events.outgrow(stream, onGrown)),
      sendEvents: (share, upTo) => copying.attempt(() => events.copy(stream, share, upTo)),
      async turn(share) {
        await showing.attempt(() => live.show(client, share));
        if (collected) await asking.attempt(() => collected.ask(client));
      },
    };
  };
}
