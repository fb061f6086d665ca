/** Times and sizes of the sync that nobody has to choose: what an operator sets is `centre` in the settings. */

export interface SyncLimits {
  /** About the most bytes of a batch. */
  readonly batchMaxBytes: number;
  /** How long a live record may wait for company, milliseconds. */
  readonly maxDelayMs: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** Backoff between attempts grows from the first to the second. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How often a quiet line is tried, milliseconds: finds one that died in silence, and a fail-over. */
  readonly checkMs: number;
  /** How long to stand back when another box writes to this site's stream, milliseconds. */
  readonly conflictRetryMs: number;
}

export const LIMITS: SyncLimits = {
  batchMaxBytes: 256 * 1024,
  maxDelayMs: 1_000,
  connectTimeoutMs: 10_000,
  commandTimeoutMs: 15_000,
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
  checkMs: 60_000,
  conflictRetryMs: 600_000,
};
