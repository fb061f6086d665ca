/** The last uplinks of a device, as far as ADR looks at them. Plain data, to be stored with the session. */

export interface AdrEntry {
  /** The full 32-bit counter. */
  readonly fCnt: number;
  /** dB, of the gateway that heard it best. */
  readonly maxSnr: number;
  /** The power the device sent with, as far as we know. */
  readonly txPowerIndex: number;
  readonly gatewayCount: number;
}

/** Oldest first. */
export type AdrHistory = readonly AdrEntry[];

export const ADR_HISTORY_LENGTH = 20;

/** With one more uplink. A retransmission, which has the counter of the one before, counts once. */
export function withUplink(history: AdrHistory, entry: AdrEntry): AdrHistory {
  if (history.at(-1)?.fCnt === entry.fCnt) return history;
  return [...history, entry].slice(-ADR_HISTORY_LENGTH);
}

/** Percent of the uplinks of a full history that never came; 0 while it is not full. */
export function lossPercent(history: AdrHistory): number {
  const [first, last] = [history[0], history.at(-1)];
  if (!first || !last || history.length < ADR_HISTORY_LENGTH) return 0;
  const lost = last.fCnt - first.fCnt - (history.length - 1);
  return (Math.max(0, lost) / history.length) * 100;
}
