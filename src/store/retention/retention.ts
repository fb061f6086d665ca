/**
 * What has to go next, and why: the decision alone, apart from SQL. Delivered records go first, class by class and oldest
 * first; undelivered ones only when none of those is left, and never to make room for somebody else on the disk. Three
 * bounds: bytes of the store, age (delivered only), free space of the disk.
 */
import { CLASSES } from '../log/kinds.ts';

export interface RetentionLimits {
  /** Of database and write-ahead log together. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Kept free on the disk for everything else. */
  readonly reserveBytes: number;
}

export interface RetentionState {
  /** seq of the newest record, which never goes: the numbers must not start again. */
  readonly lastSeq: number;
  /** Everything up to here was passed by every reader that counts. */
  readonly lowWatermark: number;
  /** For each of CLASSES: everything of that class up to this seq is gone. */
  readonly frontier: readonly number[];
  /** Delivered records up to here are too old; 0 for none. */
  readonly agedSeq: number;
  /** Bytes of the file in use, and with its free pages. */
  readonly usedBytes: number;
  readonly fileBytes: number;
  /** Of the bytes in use, those of the quarantine. */
  readonly quarantineBytes: number;
  readonly freeDiskBytes: number;
}

export type RemovalReason = 'max_bytes' | 'max_age' | 'reserve';

export type RetentionStep =
  | {
      readonly do: 'remove';
      /** Index into CLASSES, or undefined for all of them alike. */
      readonly classIndex: number | undefined;
      readonly upTo: number;
      readonly delivered: boolean;
      readonly reason: RemovalReason;
    }
  /** Free pages of the file go back to the disk. */
  | { readonly do: 'give_back' }
  /** Nothing may be appended: the disk is filled by somebody else and nothing delivered is left to remove. */
  | { readonly do: 'refuse' }
  | { readonly do: 'rest' };

/** Free pages kept in the file so that appending need not wait for a removal. */
export function slackBytes({ maxBytes }: RetentionLimits): number {
  return Math.min(512 * 1024, Math.floor(maxBytes / 16));
}

/** Set apart for the quarantine, so that it takes no room from records on their way. */
export function quarantineBytes({ maxBytes }: RetentionLimits): number {
  return Math.min(32 * 1024 * 1024, Math.floor(maxBytes / 16));
}

/** What the roll-ups may take of the log's room. */
export function rollupBytes({ maxBytes }: RetentionLimits): number {
  return Math.floor(maxBytes / 8);
}

/** Most bytes in use: what `maxBytes` leaves beside the write-ahead log. */
export function usableBytes({ maxBytes }: RetentionLimits): number {
  return (
    Math.max(maxBytes - 2 * 1024 * 1024, Math.floor(maxBytes * 0.75)) -
    slackBytes({ maxBytes } as RetentionLimits)
  );
}

/** Below this even the reserve is used up, by somebody else. */
export function floorBytes({ reserveBytes }: RetentionLimits): number {
  return Math.min(reserveBytes / 4, 32 * 1024 * 1024);
}

/** See the head of the file. */
export function nextStep(now: RetentionState, limits: RetentionLimits): RetentionStep {
  const slack = slackBytes(limits);
  const usable = usableBytes(limits);
  const apart = quarantineBytes(limits);
  const freeInFile = now.fileBytes - now.usedBytes;
  const full = now.usedBytes - Math.min(now.quarantineBytes, apart) > usable - apart;
  const short = now.freeDiskBytes < limits.reserveBytes;

  if (full || short) {
    const delivered = removable(now, Math.min(now.lowWatermark, now.lastSeq - 1));
    // Under the reserve what is free already goes back first: that may be enough.
    if (delivered && (full || freeInFile <= 2 * slack)) {
      return { do: 'remove', ...delivered, delivered: true, reason: full ? 'max_bytes' : 'reserve' };
    }
  }
  if (full || (short && freeInFile < slack)) {
    if (!full && now.freeDiskBytes < floorBytes(limits)) return { do: 'refuse' };
    const undelivered = removable(now, now.lastSeq - 1);
    if (undelivered) {
      return { do: 'remove', ...undelivered, delivered: false, reason: full ? 'max_bytes' : 'reserve' };
    }
  }
  if (freeInFile > 2 * slack && (short || now.fileBytes > usable + 2 * slack)) return { do: 'give_back' };
  const agedSeq = Math.min(now.agedSeq, now.lowWatermark, now.lastSeq - 1);
  if (agedSeq > 0)
    return { do: 'remove', classIndex: undefined, upTo: agedSeq, delivered: true, reason: 'max_age' };
  return { do: 'rest' };
}

/** The first class in the order of sacrifice of which anything up to `bound` may be left. */
function removable(
  { frontier }: RetentionState,
  bound: number,
): { classIndex: number; upTo: number } | undefined {
  const classIndex = CLASSES.findIndex((_, index) => (frontier[index] ?? 0) < bound);
  return classIndex < 0 ? undefined : { classIndex, upTo: bound };
}
