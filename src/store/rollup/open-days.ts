/**
 * The part of the roll-ups that is in memory: what was merged since its rows were written, by device and day. A day begins
 * with what its row says of itself, so that a reading that is in the row is not taken again.
 */
import type { Fields } from '../../model/record.ts';
import { addReading, createHour, HOUR_MS, HOURS_A_DAY, type HourBucket } from './buckets.ts';
import { isAfter, KEYS_A_DEVICE, type Position } from './rollup-rows.ts';

/** A day of a device with the hours that are not in its row yet. */
export interface OpenDay {
  readonly device: number;
  readonly day: number;
  /** Readings up to here are in the row. */
  readonly stored: Position;
  /** In the order of their index. */
  readonly names: Set<string>;
  readonly hours: Map<number, HourBucket>;
}

export interface OpenDays {
  /** Takes a reading in, unless the day's row has it. */
  add(at: Position, device: number, reading: Timed): void;
  get(device: number, day: number): OpenDay | undefined;
  /** Of one device, in no order. */
  ofDevice(device: number): readonly OpenDay[];
  all(): readonly OpenDay[];
  /** A row has it now. */
  drop(day: OpenDay): void;
  devices(): number;
  /** Fields times hours: what the memory it takes goes by. */
  cells(): number;
}

export interface Timed {
  readonly seq: number;
  readonly timeMs: number;
  readonly fields: Fields;
}

export interface StoredHead extends Position {
  readonly names: readonly string[];
}

/** Of a time outside, no calendar of ours has a day: it stays in the log only. */
const EARLIEST_MS = Date.UTC(2020, 0, 1);
const LATEST_MS = Date.UTC(2300, 0, 1);
const NOTHING: StoredHead = { major: -1, minor: 0, names: [] };

interface DeviceDays {
  readonly days: Map<number, OpenDay>;
  /** Where the newest reading went; the next one usually goes there too. */
  recent: { readonly day: OpenDay; readonly hour: HourBucket } | undefined;
}

/** `head` is what the row of a device's day says of itself. */
export function createOpenDays(head: (device: number, day: number) => StoredHead | undefined): OpenDays {
  const devices = new Map<number, DeviceDays>();
  let cells = 0;

  function dayOf(of: DeviceDays, device: number, day: number): OpenDay {
    const known = of.days.get(day);
    if (known) return known;
    const stored = head(device, day) ?? NOTHING;
    const opened = { device, day, stored, names: new Set(stored.names), hours: new Map() };
    of.days.set(day, opened);
    return opened;
  }

  function hourOf(day: OpenDay, hour: number, seq: number): HourBucket {
    const known = day.hours.get(hour);
    if (known) return known;
    const opened = createHour(hour, seq);
    day.hours.set(hour, opened);
    return opened;
  }

  function add(at: Position, device: number, reading: Timed): void {
    const { timeMs } = reading;
    if (!(timeMs >= EARLIEST_MS && timeMs < LATEST_MS)) return;
    let of = devices.get(device);
    if (!of) {
      of = { days: new Map(), recent: undefined };
      devices.set(device, of);
    }
    const hour = Math.floor(timeMs / HOUR_MS);
    if (of.recent?.hour.hour !== hour) {
      const day = dayOf(of, device, Math.floor(hour / HOURS_A_DAY));
      if (!isAfter(at, day.stored)) return;
      of.recent = { day, hour: hourOf(day, hour, reading.seq) };
    }
    const { recent } = of;
    // Positions only grow: what comes after the first that the row lacks, it lacks as well.
    cells += addReading(recent.hour, recent.day.names, reading);
  }

  return {
    add,
    get: (device, day) => devices.get(device)?.days.get(day),
    ofDevice: (device) => [...(devices.get(device)?.days.values() ?? [])],
    all: () =>
      [...devices.values()]
        .flatMap(({ days }) => [...days.values()])
        .sort((a, b) => a.device * KEYS_A_DEVICE + a.day - (b.device * KEYS_A_DEVICE + b.day)),
    drop(day) {
      const of = devices.get(day.device);
      if (of?.days.get(day.day) !== day) return;
      of.days.delete(day.day);
      if (of.recent?.day === day) of.recent = undefined;
      if (of.days.size === 0) devices.delete(day.device);
      for (const hour of day.hours.values()) cells -= hour.cells.size;
    },
    devices: () => devices.size,
    cells: () => cells,
  };
}
