/** Which day of the roll-ups has to go, the oldest one, and its rows some devices at a time. Pure. */
import { DAY_MS } from './rollup-rows.ts';

export interface Expiry {
  readonly day: number;
  /** The devices whose rows of the day go next. */
  next(): readonly number[];
  /** The devices given last remain. */
  again(): void;
  /** No device is left after those given last. */
  isLast(): boolean;
}

export interface RollupUse {
  readonly maxAgeDays: number;
  readonly maxBytes: number;
  readonly bytes: number;
  readonly oldestDay: number;
  readonly nowMs: number;
  /** Greatest id of a device. */
  readonly lastDevice: number;
}

const DEVICES_A_STEP = 256;

export function expireRollups(use: RollupUse): Expiry | undefined {
  const { oldestDay: day, lastDevice } = use;
  const today = Math.floor(use.nowMs / DAY_MS);
  const isOld = day < today - use.maxAgeDays;
  const isTooMuch = use.bytes > use.maxBytes && day < today;
  if (!isOld && !isTooMuch) return undefined;
  let from = 1;
  let to = 1;
  return {
    day,
    next() {
      from = to;
      to = Math.min(lastDevice + 1, from + DEVICES_A_STEP);
      return Array.from({ length: to - from }, (_, index) => from + index);
    },
    again() {
      to = from;
    },
    isLast: () => to > lastDevice,
  };
}
