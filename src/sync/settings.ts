/** What the sync is told about the centre, with its defaults and limits. */

export interface CentralSyncSettings {
  /** redis://[user[:password]@]host[:port][/db], or rediss:// for TLS. Without it and without `sentinels`: not configured. */
  readonly url?: string | undefined;
  /** With `master`, instead of `url`. */
  readonly sentinels?: readonly { readonly host: string; readonly port: number }[] | undefined;
  /** The name the Sentinels know the master by. */
  readonly master?: string | undefined;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** TLS to Sentinels and to the master they name; `url` says it by its scheme. */
  readonly tls?: boolean | undefined;
  /** Go before those in `url`. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
  /** PEM files: who signed the centre's certificate, and our own certificate and key. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Keys are `<prefix>:<site>:log` and `<prefix>:<site>:epochs`. */
  readonly prefix?: string | undefined;
  /** Replicas that must hold a batch before it counts as delivered. */
  readonly minReplicas?: number | undefined;
  /** At most so many records, and about so many bytes, a batch. */
  readonly batchRecords?: number | undefined;
  readonly batchBytes?: number | undefined;
  /** How long a live record may wait for company, milliseconds. */
  readonly maxDelayMs?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly commandTimeoutMs?: number | undefined;
  /** Backoff between attempts grows from the first to the second. */
  readonly retryMinMs?: number | undefined;
  readonly retryMaxMs?: number | undefined;
  /** How often a quiet line is tried, milliseconds: finds one that died in silence, and a fail-over. */
  readonly checkMs?: number | undefined;
  /** How long to stand back when another box writes to this site's stream, milliseconds. */
  readonly conflictRetryMs?: number | undefined;
}

/** The settings with every default filled in. */
export interface SyncLimits {
  readonly prefix: string;
  readonly minReplicas: number;
  readonly batchRecords: number;
  readonly batchBytes: number;
  readonly maxDelayMs: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly checkMs: number;
  readonly conflictRetryMs: number;
}

export function limitsOf(settings: CentralSyncSettings): SyncLimits {
  return {
    prefix: settings.prefix ?? 'webscada',
    minReplicas: settings.minReplicas ?? 0,
    batchRecords: settings.batchRecords ?? 500,
    batchBytes: settings.batchBytes ?? 256 * 1024,
    maxDelayMs: settings.maxDelayMs ?? 1_000,
    connectTimeoutMs: settings.connectTimeoutMs ?? 10_000,
    commandTimeoutMs: settings.commandTimeoutMs ?? 15_000,
    retryMinMs: settings.retryMinMs ?? 1_000,
    retryMaxMs: settings.retryMaxMs ?? 60_000,
    checkMs: settings.checkMs ?? 60_000,
    conflictRetryMs: settings.conflictRetryMs ?? 600_000,
  };
}

/** Whether there is a centre at all. */
export function isConfigured(settings: CentralSyncSettings): boolean {
  return Boolean(settings.url) || (settings.sentinels ?? []).length > 0;
}
