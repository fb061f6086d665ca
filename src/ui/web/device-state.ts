/** What can be said of a device from what is known of it: whether its value is old, and whether it is being refused. Pure. */
import { isStaleAt } from '../../model/interval.ts';
import type { DeviceView } from '../shapes/devices.ts';
import type { UnknownDeviceView } from '../shapes/status.ts';

/** The same join, heard again while it is being answered: nothing is wrong. */
const UNDER_WAY = 'join_under_way';

/** When it was heard last, epoch milliseconds; undefined for never. */
export function heardMs({ last, lastSeen }: DeviceView): number | undefined {
  const time = last?.time ?? lastSeen;
  return time === null ? undefined : Date.parse(time);
}

/** Whether the last value is too old to be taken for the present one: by what its profile expects, else by its own habit. */
export function isStale(device: DeviceView, nowMs: number): boolean {
  const lastMs = heardMs(device);
  if (lastMs === undefined) return false;
  const seconds = device.expectedIntervalSeconds ?? device.usualIntervalSeconds;
  return isStaleAt(lastMs, seconds === null ? undefined : seconds * 1000, nowMs);
}

/** Whether frames were refused that ask to join. */
export function isJoin({ devEui }: UnknownDeviceView): boolean {
  return devEui !== undefined;
}

/**
 * What was refused of a declared device since it was last let in: its joins, or data frames under its address with another
 * key. `refused` is the list of unknown devices.
 */
export function refusalOf(
  { devEui, devAddr, lastSeen }: DeviceView,
  refused: readonly UnknownDeviceView[],
): UnknownDeviceView | undefined {
  return refused.find(
    (one) =>
      (one.devEui === undefined
        ? one.devAddr === devAddr && one.reason === 'wrong_mic'
        : one.devEui === devEui) &&
      one.reason !== UNDER_WAY &&
      (lastSeen === null || Date.parse(one.lastSeen) > Date.parse(lastSeen)),
  );
}
