/**
 * A checksum over records that does not depend on their order: 48 bits of MD5 of each, added up. PostgreSQL computes the same
 * (postgres/queries.ts), so a falsified, removed or doubled record shows in the sum of its hour. Against mistakes and
 * tampering with the store, not against who can change the ledger as well.
 */
import { hash } from 'node:crypto';
import type { SiteRecord } from './batch.ts';

export const SUM_MODULUS = 2 ** 48;

/** Of one record; below `SUM_MODULUS`. */
export function recordSum({ seq, timeMs, kind, device, body }: SiteRecord): number {
  const digest = hash('md5', `${seq}|${timeMs}|${kind}|${device ?? ''}|${body}`, 'hex');
  return Number.parseInt(digest.slice(0, 12), 16);
}

export interface HourSum {
  readonly site: string;
  readonly epoch: number;
  /** Epoch milliseconds of the hour's beginning. */
  readonly hourMs: number;
  readonly count: number;
  readonly sum: number;
}

const HOUR_MS = 3_600_000;

type Counting = { -readonly [Name in keyof HourSum]: HourSum[Name] };

export interface HourSums {
  add(record: SiteRecord): void;
  /** By site, epoch and hour. */
  list(): readonly HourSum[];
}

/** Counts and sums of what is added. */
export function createHourSums(): HourSums {
  const hours = new Map<string, Counting>();
  let hour: Counting | undefined;
  return {
    add(record) {
      const { site, epoch, timeMs } = record;
      const hourMs = Math.floor(timeMs / HOUR_MS) * HOUR_MS;
      // Neighbours share their hour nearly always.
      if (!hour || hour.hourMs !== hourMs || hour.epoch !== epoch || hour.site !== site) {
        const key = `${site} ${epoch} ${hourMs}`;
        hour = hours.get(key) ?? { site, epoch, hourMs, count: 0, sum: 0 };
        hours.set(key, hour);
      }
      hour.count += 1;
      hour.sum = (hour.sum + recordSum(record)) % SUM_MODULUS;
    },
    list: () => [...hours.values()],
  };
}

/** Counts and sums of `records`. */
export function sumByHour(records: Iterable<SiteRecord>): readonly HourSum[] {
  const sums = createHourSums();
  for (const record of records) sums.add(record);
  return sums.list();
}
