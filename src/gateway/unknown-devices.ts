/**
 * Frames of devices nobody has told us about, or told us wrongly: counted by DevAddr, joins by DevEUI, so that a technician
 * sees what is on the air and why it is not let in.
 */
import type { UnknownDeviceStatus } from '../model/status.ts';
import type { RxInfo } from '../model/uplink.ts';

/** There may be a town full of them: the ones not heard for longest are forgotten. */
const MAX_UNKNOWN = 256;

/** Who a refused frame says it is of, and why it was refused. */
export type UnknownSender = Pick<UnknownDeviceStatus, 'reason'> &
  ({ readonly devAddr: string } | { readonly devEui: string; readonly joinEui: string });

export interface UnknownDevices {
  note(sender: UnknownSender, best: Pick<RxInfo, 'gatewayId' | 'rssi' | 'snr'>, nowMs: number): void;
  /** The device was let in. */
  forget(devEui: string): void;
  /** Newest first. */
  list(): UnknownDeviceStatus[];
}

/** Nobody yet. */
export function createUnknownDevices(): UnknownDevices {
  const byAddress = new Map<string, UnknownDeviceStatus>();
  return {
    note(sender, { gatewayId, rssi, snr }, nowMs) {
      const address = 'devEui' in sender ? sender.devEui : sender.devAddr;
      const frames = (byAddress.get(address)?.frames ?? 0) + 1;
      byAddress.delete(address);
      byAddress.set(address, { ...sender, frames, lastSeenMs: nowMs, gatewayId, rssi, snr });
      if (byAddress.size > MAX_UNKNOWN) byAddress.delete(byAddress.keys().next().value ?? '');
    },
    forget: (devEui) => void byAddress.delete(devEui),
    list: () => [...byAddress.values()].reverse(),
  };
}
