/**
 * How much is really written to the card: today, for each record, and how long a card lives at that rate. Counted by the
 * system for the whole process.
 */
import type { World } from '../../model/world.ts';
import type { Meta } from '../tables/meta.ts';
import { writtenBytes } from './reserve-file.ts';

const DAY_MS = 86_400_000;
const SAVE_MS = 900_000;
const KEY = 'written';
/** Fewer records than this say nothing about the cost of one. */
const MIN_RECORDS = 20;
/** A shorter run says nothing about a year: a start writes more than an hour of readings. */
const MIN_RUN_MS = 3_600_000;
const YEAR_MS = 365.25 * DAY_MS;

export interface Flash {
  appended(records: number): void;
  /** Within a transaction that writes anyway: notes today's sum, now and then. */
  save(now?: boolean): void;
  figures(): FlashFigures;
}

export interface FlashFigures {
  /** Since midnight UTC, kept over restarts. */
  readonly writtenBytesToday: number;
  /** Since the start, once there were a few. */
  readonly bytesPerReading?: number;
  /** Years from new until `enduranceBytes` are written, at the rate since the start; absent in its first hour. */
  readonly projectedWearYears?: number;
}

export interface FlashOptions {
  readonly world: World;
  readonly meta: Meta;
  /** What the card takes in its life; 0 where nobody knows. */
  readonly enduranceBytes?: number | undefined;
  /** Bytes this process has written so far; asks the system if not given. */
  readonly countBytes?: () => number;
}

export function createFlash(options: FlashOptions): Flash {
  const { world, meta, enduranceBytes = 0, countBytes = writtenBytes } = options;
  const startBytes = countBytes();
  const startMs = world.clock.monotonicMs();
  let day = Math.floor(world.clock.nowMs() / DAY_MS);
  const saved = (meta.get(KEY) ?? {}) as { day?: number; bytes?: number };
  /** What today's sum is more than the system's count. */
  let offset = (saved.day === day ? (saved.bytes ?? 0) : 0) - startBytes;
  let records = 0;
  let savedMs = world.clock.monotonicMs();

  function today(): number {
    const bytes = countBytes();
    const now = Math.floor(world.clock.nowMs() / DAY_MS);
    if (now !== day) {
      day = now;
      offset = -bytes;
    }
    return bytes + offset;
  }

  /** With one digit behind the point; no more is known. */
  function yearsAt(bytes: number): number | undefined {
    const runMs = world.clock.monotonicMs() - startMs;
    if (enduranceBytes === 0 || bytes <= 0 || runMs < MIN_RUN_MS) return undefined;
    const bytesPerYear = (bytes / runMs) * YEAR_MS;
    return Math.round((enduranceBytes / bytesPerYear) * 10) / 10;
  }

  return {
    appended(count) {
      records += count;
    },
    save(now = false) {
      const nowMs = world.clock.monotonicMs();
      if (!now && nowMs - savedMs < SAVE_MS) return;
      savedMs = nowMs;
      meta.set(KEY, { day, bytes: today() });
    },
    figures() {
      const writtenBytesToday = today();
      const bytes = countBytes() - startBytes;
      const years = yearsAt(bytes);
      return {
        writtenBytesToday,
        ...(records < MIN_RECORDS ? {} : { bytesPerReading: Math.round(bytes / records) }),
        ...(years === undefined ? {} : { projectedWearYears: years }),
      };
    },
  };
}
