/**
 * How much is really written to the card: today, for each record, and how long a card lives at that rate. Counted by the
 * system: for the whole process, and, where that is known, by the device itself, for everybody and with what file systems add.
 */
import type { World } from '../../model/world.ts';
import type { Meta } from '../tables/meta.ts';
import type { DiskDevice } from './disk-device.ts';
import { writtenBytes } from './reserve-file.ts';

const DAY_MS = 86_400_000;
const SAVE_MS = 900_000;
const KEY = 'written';
const DEVICE_KEY = 'device_written';
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
  /** What the device counted since midnight UTC, from the first time it was asked that day; absent where it cannot be asked. */
  readonly deviceBytesToday?: number;
  /** How much of its life the device says is used up at most. */
  readonly deviceLifeUsedPercent?: number;
  /**
   * Years from new until `enduranceBytes` are written, at the rate since the start, the device's where it is known; absent in
   * its first hour.
   */
  readonly projectedWearYears?: number;
}

export interface FlashOptions {
  readonly world: World;
  readonly meta: Meta;
  /** What the card takes in its life; 0 where nobody knows. */
  readonly enduranceBytes?: number | undefined;
  /** Bytes this process has written so far; asks the system if not given. */
  readonly countBytes?: () => number;
  /** What is known of the device. */
  readonly device?: (() => DiskDevice | undefined) | undefined;
}

export function createFlash(options: FlashOptions): Flash {
  const { world, meta, enduranceBytes = 0, countBytes = writtenBytes, device = () => undefined } = options;
  const startBytes = countBytes();
  const startMs = world.clock.monotonicMs();
  const deviceStartBytes = device()?.writtenBytes;
  const deviceDay = createDeviceDay(meta, () => Math.floor(world.clock.nowMs() / DAY_MS));
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
      const counted = device();
      if (counted) meta.set(DEVICE_KEY, deviceDay(counted.writtenBytes));
    },
    figures() {
      const writtenBytesToday = today();
      const bytes = countBytes() - startBytes;
      const counted = device();
      const years = yearsAt(counted ? counted.writtenBytes - (deviceStartBytes ?? 0) : bytes);
      return {
        writtenBytesToday,
        ...(counted ? { deviceBytesToday: deviceDay(counted.writtenBytes).bytes } : {}),
        ...(counted?.lifeUsedPercent === undefined ? {} : { deviceLifeUsedPercent: counted.lifeUsedPercent }),
        ...(records < MIN_RECORDS ? {} : { bytesPerReading: Math.round(bytes / records) }),
        ...(years === undefined ? {} : { projectedWearYears: years }),
      };
    },
  };
}

interface DeviceDay {
  readonly day: number;
  readonly bytes: number;
  /** What the device counted then; it begins again when the machine starts. */
  readonly count: number;
}

/** Today's sum for a count of the device. */
function createDeviceDay(meta: Meta, today: () => number): (count: number) => DeviceDay {
  const { day = -1, bytes = 0, count = 0 } = (meta.get(DEVICE_KEY) ?? {}) as Partial<DeviceDay>;
  let last: DeviceDay = { day, bytes, count };
  return (now) => {
    const day = today();
    const more = now >= last.count ? now - last.count : now;
    last = { day, bytes: last.day === day ? last.bytes + more : 0, count: now };
    return last;
  };
}
