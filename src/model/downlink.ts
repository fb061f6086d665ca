/** Downlinks to devices: what people ask for, how far one has come, and what the network server says of a device. */

import type { Said } from './said.ts';

export interface DownlinkInput {
  /** 1 to 223. */
  readonly fPort: number;
  /** Hex; may be empty. */
  readonly data: string;
  /** Whether the device shall acknowledge it. */
  readonly confirmed: boolean;
  /** Not sent after this, epoch milliseconds. */
  readonly expiresMs?: number;
  /** How often it is sent again when it is known to have failed, 0 to 10. */
  readonly retries: number;
}

/** One in the queue of a device; first come, first served. */
export interface QueuedDownlink extends DownlinkInput {
  /** 16 hex digits. */
  readonly id: string;
  readonly devEui: string;
  readonly queuedMs: number;
  /** How often it was handed to a gateway. */
  readonly tries: number;
  /** 'sent': handed to a gateway, and what came of it is not known yet. */
  readonly state: 'waiting' | 'sent';
  /** The counter it was last sent with. */
  readonly fCntDown?: number;
}

/** Why a downlink was not taken, for a person. */
export interface DownlinkRefusal {
  readonly refused: 'device-unknown' | 'no-session' | 'not-possible' | 'queue-full' | 'no-network-server';
  readonly detail: string;
  /** The detail piece by piece. */
  readonly said?: readonly Said[] | undefined;
}

/** What the API may ask of the network server. */
export interface DownlinkService {
  list(devEui: string): readonly QueuedDownlink[];
  /** Resolves when it is stored. */
  enqueue(devEui: string, input: DownlinkInput): Promise<QueuedDownlink | DownlinkRefusal>;
  /** Takes one out of the queue, or all; resolves with how many. One that is on its way cannot be called back. */
  cancel(devEui: string, id?: string): Promise<number>;
  /** undefined for a device that has no session. */
  status(devEui: string): DeviceNetworkStatus | undefined;
}

/** What the network server knows of a device. */
export interface DeviceNetworkStatus {
  readonly devAddr: string;
  readonly activation: 'otaa' | 'abp';
  readonly region: string;
  readonly deviceClass: 'A' | 'C';
  /** Epoch milliseconds; absent under ABP. */
  readonly joinedMs?: number;
  /** Counter of the next downlink. */
  readonly nextFCntDown: number;
  /** Of the newest uplink or as agreed, 'SF7BW125'. */
  readonly dataRate: string;
  readonly txPowerIndex: number;
  readonly battery?: BatteryStatus;
}

export interface BatteryStatus {
  readonly source: 'external' | 'battery' | 'unknown';
  /** Where the device runs on a battery and says how full it is. */
  readonly percent?: number;
  /** dB of SNR at which the device heard the question, -32 to 31. */
  readonly marginDb: number;
  /** When it answered, epoch milliseconds. */
  readonly timeMs: number;
}
