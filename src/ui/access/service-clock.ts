/**
 * The clock sessions and tokens expire by: milliseconds the store has been in service. A box without a battery may say
 * 1970 or 2099, so the wall clock is asked once, at the start, how long the box was away, and is believed from 10 minutes
 * to 12 hours only. So a wrong clock locks nobody out, and neither it nor constant restarts make a session last for ever.
 */
import type { Clock } from '../../model/world.ts';
import type { Users } from '../../store/tables/users.ts';

const MIN_AWAY_MS = 10 * 60_000;
const MAX_AWAY_MS = 12 * 3_600_000;

export interface ServiceClock {
  nowMs(): number;
  /** Writes the time down. What is not, a restart guesses as above. */
  save(): void;
}

/** Goes on from what the store says. */
export function createServiceClock(time: Users['time'], clock: Clock): ServiceClock {
  const before = time.load();
  const awayMs = before ? clock.nowMs() - before.wallMs : 0;
  const startMs = before ? before.servedMs + Math.min(MAX_AWAY_MS, Math.max(MIN_AWAY_MS, awayMs)) : 0;
  const startedMs = clock.monotonicMs();
  const nowMs = (): number => startMs + Math.round(clock.monotonicMs() - startedMs);
  return {
    nowMs,
    save: () => time.save({ servedMs: nowMs(), wallMs: clock.nowMs() }),
  };
}
