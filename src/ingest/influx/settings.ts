/** What the InfluxDB writer needs to be told, with the defaults that suit a small machine beside its InfluxDB. */

export interface InfluxSettings {
  /** Base address, 'http://localhost:8086'; empty: no InfluxDB. */
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  /** API token with write permission on the bucket: a secret. */
  readonly token: string;
  /** Days a bucket keeps readings that we make, if there is none. */
  readonly retentionDays: number;
  /** Value of the tag `site`. */
  readonly site: string;
  /** Measurement of the decoded values; 'reading' unless given. */
  readonly measurement?: string;
  /** How long one request may take altogether, milliseconds. */
  readonly timeoutMs: number;
  /** Most records in one request; each gives about two lines. */
  readonly batchRecords: number;
  /** About the most bytes of record bodies in one request. */
  readonly batchBytes: number;
  /** How long a fresh record may wait for company, milliseconds. */
  readonly flushMs: number;
  /** Largest part of the processor's time the drain of a backlog may take while readings come in, above 0, at most 1. */
  readonly backlogShare: number;
  /** Bodies from this size on are compressed, bytes; 0: never. A server on this machine never gets them compressed. */
  readonly gzipFromBytes: number;
}

export const influxDefaults = {
  url: '',
  org: '',
  bucket: '',
  token: '',
  retentionDays: 90,
  site: '',
  timeoutMs: 10_000,
  batchRecords: 2_000,
  batchBytes: 1_000_000,
  flushMs: 1_000,
  backlogShare: 0.5,
  gzipFromBytes: 4_096,
} as const satisfies InfluxSettings;
