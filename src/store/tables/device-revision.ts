/** What is set of a device as one text, whose mark (secrets.ts) changes with it and with nothing else. Pure. */
import type { Device, DeviceState } from '../../model/device.ts';

/** The same for the same device, however it came about and whether it was just put or read from the disk. */
export function settingsText(device: Device & Partial<DeviceState>): string {
  const { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...set } = device;
  return JSON.stringify(sorted(set));
}

function sorted(value: unknown): unknown {
  if (!(value instanceof Object) || Array.isArray(value)) return value;
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, member]) => [name, sorted(member)]);
}
