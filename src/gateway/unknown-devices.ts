/** Frames of devices nobody has told us about: counted by DevAddr, so that a technician sees what is on the air. */
import type { UnknownDeviceStatus } from '../model/status.ts';
import type { RxInfo } from '../model/uplink.ts';

/** There may be a town full of them: the ones not heard for longest are forgotten. */
const MAX_UNKNOWN = 256;

export interface UnknownDevices {
  note(devAddr: string, best: RxInfo, nowMs: number): void;
  /** Newest first. */
  list(): UnknownDeviceStatus[];
}

/** Nobody yet. */
export function createUnknownDevices(): UnknownDevices {
  const byAddress = new Map<string, UnknownDeviceStatus>();
  return {
    note(devAddr, { gatewayId, rssi, snr }, nowMs) {
      const frames = (byAddress.get(devAddr)?.frames ?? 0) + 1;
      byAddress.delete(devAddr);
      byAddress.set(devAddr, { devAddr, frames, lastSeenMs: nowMs, gatewayId, rssi, snr });
      if (byAddress.size > MAX_UNKNOWN) byAddress.delete(byAddress.keys().next().value ?? '');
    },
    list: () => [...byAddress.values()].reverse(),
  };
}
