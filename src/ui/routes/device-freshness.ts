/**
 * How many devices are heard as often as they should be, for /metrics: by the same rule, and from the same readings, as the
 * pages call one stale. Readings are looked at only when asked for, and of devices heard since then only.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStaleAt, usualIntervalMs } from '../../model/interval.ts';
import { AS_WRITTEN, type Dated } from '../../model/time.ts';
import { HISTORY, newestReadings } from './device-history.ts';
import type { Services } from './services.ts';

/** Then others have their turn. */
const DEVICES_A_TURN = 25;

/** Of the devices that were ever heard. */
export interface FreshnessCounts {
  readonly onTime: number;
  readonly stale: number;
}

/** A device as it was when `lastSeq` was its newest record. */
interface Seen {
  readonly lastSeq: number;
  /** When its newest reading was; absent where it only joined. */
  readonly last: Dated | undefined;
  readonly usualMs: number | undefined;
}

export type FreshnessDeps = Pick<Services, 'timeOf' | 'nowMs' | 'world'> & {
  readonly store: Pick<Services['store'], 'devices' | 'profiles' | 'log'>;
};

export function createDeviceFreshness(deps: FreshnessDeps): () => Promise<FreshnessCounts> {
  const { store, world, nowMs = world.clock.nowMs, timeOf = AS_WRITTEN.timeOf } = deps;
  let seen: ReadonlyMap<string, Seen> = new Map();

  function look(devEui: string, lastSeq: number): Seen {
    const known = seen.get(devEui);
    // A time that is not final may still be set right.
    if (known?.lastSeq === lastSeq && known.last?.final !== false) return known;
    const readings = newestReadings(store, devEui, HISTORY);
    const [last, ...before] = readings.map((reading) => timeOf(reading));
    const timesMs = last ? [last, ...before].map(({ timeMs }) => timeMs) : [];
    return { lastSeq, last, usualMs: usualIntervalMs(timesMs) };
  }

  return async () => {
    const counts = { onTime: 0, stale: 0 };
    const now = new Map<string, Seen>();
    for (const [place, { devEui, lastSeq, lastSeenMs, profile = '' }] of store.devices.list().entries()) {
      if (place % DEVICES_A_TURN === 0 && place > 0) await nextTurn();
      if (lastSeenMs === 0) continue;
      const one = look(devEui, lastSeq);
      now.set(devEui, one);
      const intervalMs = store.profiles.get(profile)?.expectedIntervalMs ?? one.usualMs;
      counts[isStaleAt(one.last?.timeMs ?? lastSeenMs, intervalMs, nowMs()) ? 'stale' : 'onTime'] += 1;
    }
    seen = now;
    return counts;
  };
}
