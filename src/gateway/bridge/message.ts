/**
 * The messages a ChirpStack Gateway Bridge exchanges over MQTT, as we use them: one shape for both marshalers of
 * version 4 and for version 3. Decoders hand out validated values only; a field that the sender leaves out has the
 * default of Protocol Buffers (0, ''), since neither marshaler can tell "absent" from "zero".
 */

/** How a gateway's messages are written; commands to it must be written the same way. */
export type Marshaler = 'protobuf' | 'json' | 'protobuf-v3' | 'json-v3';

export type CodeRate =
  | '4/5'
  | '4/6'
  | '4/7'
  | '4/8'
  | '3/8'
  | '2/6'
  | '1/4'
  | '1/6'
  | '5/6'
  | '4/5LI'
  | '4/6LI'
  | '4/8LI';

export type Modulation =
  | {
      readonly kind: 'lora';
      readonly spreadingFactor: number;
      /** Hertz. */
      readonly bandwidth: number;
      readonly codeRate?: CodeRate;
      readonly polarizationInversion: boolean;
    }
  | {
      readonly kind: 'fsk';
      /** Bits per second. */
      readonly datarate: number;
      /** Hertz. */
      readonly frequencyDeviation: number;
    }
  | {
      readonly kind: 'lr_fhss';
      /** Hertz. */
      readonly operatingChannelWidth: number;
      readonly codeRate?: CodeRate;
      readonly gridSteps: number;
    };

/** Degrees (WGS 84) and metres. */
export interface Location {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
}

/** One frame as one gateway heard it. */
export interface BridgeUplink {
  /** MHDR to MIC, 1 to 255 bytes. May be a view of the payload it was decoded from. */
  readonly phyPayload: Uint8Array;
  /** 16 lower-case hex digits. */
  readonly gatewayId: string;
  /** Names the reception in the gateway's logs; of version 3's UUID the first 32 bits. */
  readonly uplinkId: number;
  /** Hertz. */
  readonly frequency: number;
  /** 'SF7BW125', 'FSK50000', 'LRFHSS137CR2/6'. */
  readonly dataRate: string;
  readonly modulation: Modulation;
  /** dBm, within -200 … 30. A value that is no number counts as -200, so that it never looks like the best reception. */
  readonly rssi: number;
  /** dB in hundredths, within -50 … 50; 0 for FSK, which has none. A value that is no number counts as -50. */
  readonly snr: number;
  readonly channel: number;
  readonly rfChain: number;
  readonly board: number;
  readonly antenna: number;
  /** Opaque, base64; goes back with a class A downlink. */
  readonly context: string;
  /** The gateway's clock, epoch milliseconds; absent when it has none or shows a year that cannot be. */
  readonly timeMs?: number;
  /** Milliseconds since 1980-01-06T00:00:00 on the GPS time scale (no leap seconds). */
  readonly gpsTimeMs?: number;
  /** A frame with 'bad' is refused by the decoder. 'none' is let through: the MIC decides. */
  readonly crc: 'ok' | 'bad' | 'none';
  readonly location?: Location;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a gateway reports every 30 s; counts are since its last report. */
export interface GatewayStats {
  readonly gatewayId: string;
  /** The gateway's clock, epoch milliseconds. */
  readonly timeMs?: number;
  readonly location?: Location;
  readonly configVersion: string;
  readonly rxReceived: number;
  readonly rxOk: number;
  readonly txReceived: number;
  readonly txEmitted: number;
  /** By frequency in hertz. */
  readonly rxPerFrequency?: Readonly<Record<string, number>>;
  readonly txPerFrequency?: Readonly<Record<string, number>>;
  /** By the name of a TxAckStatus. */
  readonly txPerStatus?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** By number on the wire. IGNORED: a better item was sent. */
export const TX_ACK_STATUSES = [
  'IGNORED',
  'OK',
  'TOO_LATE',
  'TOO_EARLY',
  'COLLISION_PACKET',
  'COLLISION_BEACON',
  'TX_FREQ',
  'TX_POWER',
  'GPS_UNLOCKED',
  'QUEUE_FULL',
  'INTERNAL_ERROR',
  'DUTY_CYCLE_OVERFLOW',
] as const;
export type TxAckStatus = (typeof TX_ACK_STATUSES)[number];

/** The fate of each item of a downlink; at most one is 'OK'. */
export interface DownlinkTxAck {
  readonly gatewayId: string;
  /** 32 bits; of version 3's UUID the first 32, where `encodeDownlinkFrame` put them. */
  readonly downlinkId: number;
  readonly items: readonly TxAckStatus[];
}

export interface ConnState {
  readonly gatewayId: string;
  readonly online: boolean;
}

export type DownlinkTiming =
  | { readonly kind: 'immediately' }
  /** After the end of the uplink that `context` belongs to. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'gps'; readonly gpsTimeMs: number };

export interface DownlinkItem {
  readonly phyPayload: Uint8Array;
  /** Hertz. */
  readonly frequency: number;
  /** dBm EIRP. */
  readonly power: number;
  readonly modulation: Modulation;
  readonly board: number;
  readonly antenna: number;
  readonly timing: DownlinkTiming;
  /** Of the uplink answered, base64; '' where the timing needs none. */
  readonly context: string;
}

/** A command to send one frame; the gateway tries the items in order and sends at most one. */
export interface DownlinkFrame {
  readonly gatewayId: string;
  /** 32 bits. Different modulo 65536 from any other of the last 15 s: the gateway's protocol carries 16 bits. */
  readonly downlinkId: number;
  readonly items: readonly DownlinkItem[];
}

/** Why a message was refused; stable, used as a metric label. */
export type BridgeFaultReason =
  | 'too_large'
  | 'bad_json'
  | 'bad_protobuf'
  | 'gateway_id_mismatch'
  | 'missing_phy_payload'
  | 'bad_phy_payload'
  | 'bad_tx_info'
  | 'crc_not_ok'
  | 'bad_items';

export interface BridgeFault {
  readonly ok: false;
  readonly reason: BridgeFaultReason;
  /** For a person; holds no payload bytes. */
  readonly detail: string;
}

export function fault(reason: BridgeFaultReason, detail: string): BridgeFault {
  return { ok: false, reason, detail };
}
