/** How long to wait before the next attempt, and how much to send at once. Pure. */

/** Milliseconds before attempt number `attempt` (from 0): doubling up to `maxMs`, between half and the whole by `random`. */
export function backoffMs(attempt: number, minMs: number, maxMs: number, random: number): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return ceiling * (0.5 + random / 2);
}

/** A share of the full batch, by which a thin line gets batches it can carry within the command timeout. */
export interface BatchShare {
  readonly records: number;
  readonly bytes: number;
}

/** After a batch that found no answer in time. */
export function smaller(share: BatchShare): BatchShare {
  return {
    records: Math.max(1, Math.floor(share.records / 4)),
    bytes: Math.max(1_024, Math.floor(share.bytes / 4)),
  };
}

/** After a batch that landed. */
export function larger(share: BatchShare, most: BatchShare): BatchShare {
  return {
    records: Math.min(most.records, share.records * 2),
    bytes: Math.min(most.bytes, share.bytes * 2),
  };
}
