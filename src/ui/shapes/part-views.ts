/** Pieces that several views have in common: times, states, counts of a sink. Pure. */
import type { PartStatus, SinkStatus } from '../../model/status.ts';
import type { SinkView } from './status.ts';

/** Epoch milliseconds as ISO 8601; a time no calendar knows becomes 1970. */
export function iso(timeMs: number): string {
  return new Date(Math.abs(timeMs) <= 8.64e15 ? timeMs : 0).toISOString();
}

export function isoOrNull(timeMs: number): string | null {
  return timeMs > 0 ? iso(timeMs) : null;
}

export function partView({ state, detail, hint, said, sinceMs }: PartStatus) {
  return {
    ...{ state, detail },
    ...(hint === undefined ? {} : { hint }),
    ...(said === undefined ? {} : { said }),
    since: iso(sinceMs),
  };
}

export function sinkView(sink: SinkStatus): SinkView {
  const { accepted, delivered, pending, quarantined, expired, oldestPendingMs, needsAction } = sink;
  return {
    ...partView(sink),
    accepted,
    delivered,
    pending,
    quarantined,
    expired,
    ...(oldestPendingMs === undefined ? {} : { oldestPending: iso(oldestPendingMs) }),
    ...(needsAction === undefined ? {} : { needsAction }),
  };
}
