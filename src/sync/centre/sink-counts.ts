/** What the loop of a sink counts. */

export interface SinkCounts {
  /** Records of the log that were read. */
  records: number;
  /** Of them, those new to the sink. */
  fresh: number;
  /** Entries and records set aside. */
  poison: number;
  batches: number;
  /** Entries trimmed from streams. */
  trimmed: number;
  /** Records that the store came back without, after it had made them durable. */
  takenBack: number;
  /** When the last batch was durable, epoch milliseconds; 0 when none was. */
  lastStoredMs: number;
  /** Records by site. */
  readonly bySite: Map<string, number>;
}

export function noCounts(): SinkCounts {
  return {
    ...{ records: 0, fresh: 0, poison: 0, batches: 0, trimmed: 0, takenBack: 0, lastStoredMs: 0 },
    bySite: new Map(),
  };
}
