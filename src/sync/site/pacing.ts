/** How much to send at once. Pure. */

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
