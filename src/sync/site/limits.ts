/** Times and sizes of the sync that nobody has to choose: what an operator sets is `centre` in the settings. */

export interface SyncLimits {
  /** About the most bytes of a batch. */
  readonly batchMaxBytes: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** A batch that is answered within this shows a line that two at once do not hold up, milliseconds. */
  readonly quickMs: number;
  /** Backoff between attempts grows from the first to the second. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How often a quiet line is tried, milliseconds: finds one that died in silence, and a fail-over. */
  readonly checkMs: number;
  /** How long to stand back when another box writes to this site's stream, milliseconds. */
  readonly conflictRetryMs: number;
  /** How long what stands beside the log is left alone after the centre refused it, milliseconds. */
  readonly asideRetryMs: number;
  /** Records at the end of the log that are looked through for events after a start. */
  readonly eventsBackRecords: number;
  /** How long an event waits at most while records wait for company, milliseconds. */
  readonly eventsDelayMs: number;
  /** How long there must have been a backlog before newest readings are shown, and how often then, milliseconds. */
  readonly liveAfterMs: number;
  readonly liveEveryMs: number;
  /** How often the centre is asked what it has stored, milliseconds. */
  readonly watermarkMs: number;
}

export const LIMITS: SyncLimits = {
  batchMaxBytes: 256 * 1024,
  connectTimeoutMs: 10_000,
  commandTimeoutMs: 15_000,
  quickMs: 1_000,
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
  checkMs: 60_000,
  conflictRetryMs: 600_000,
  asideRetryMs: 30_000,
  eventsBackRecords: 20_000,
  eventsDelayMs: 1_000,
  liveAfterMs: 3_000,
  liveEveryMs: 5_000,
  watermarkMs: 30_000,
};
