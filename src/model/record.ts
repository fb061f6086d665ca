/**
 * The log record: the one thing that is stored, shown, written to InfluxDB and sent to the centre.
 * `seq` has no gaps; the pair (epoch of the store, seq) names a record for ever.
 */
import type { AlarmBody } from './alarm-record.ts';
import type { Said } from './said.ts';

export type FieldValue = number | string | boolean;
/** Decoded values of a reading. Numbers are finite. */
export type Fields = Readonly<Record<string, FieldValue>>;

export type RecordKind = 'uplink' | 'gateway' | 'system' | 'join' | 'downlink' | 'alarm';

/**
 * Set when the wall clock was not to be trusted: what `timeMs` was guessed from, and the clock that can be trusted. With
 * 'gateway' and 'assumed' the time is as good as it gets; the others are re-dated (time.ts) when the clock is right.
 */
export interface ClockStamp {
  /** Names one run of the monotonic clock, 16 hex digits: usually one boot of the machine. */
  readonly boot: string;
  /** Milliseconds since that boot. */
  readonly monoMs: number;
  /**
   * 'gateway': time that gateways agree on. 'assumed': no better time is waited for. 'boot': a clock trusted earlier in this
   * boot. 'frame': the gateway's word in this frame. 'wall': the doubtful clock. 'last_known': the newest record's time.
   */
  readonly source: 'gateway' | 'assumed' | 'boot' | 'frame' | 'wall' | 'last_known';
}

/** Body of kind 'uplink': a reading and how it was heard. */
export interface UplinkBody {
  readonly fields: Fields;
  /** Decrypted payload, hex. */
  readonly data: string;
  readonly fPort: number | null;
  readonly fCnt: number;
  readonly devAddr: string;
  readonly confirmed: boolean;
  /** Hertz. */
  readonly freq: number;
  readonly dr: string;
  /** Best first. `t` is the gateway's own epoch milliseconds. */
  readonly rx: readonly {
    readonly gw: string;
    readonly rssi: number;
    readonly snr: number;
    readonly t?: number;
  }[];
  readonly codec: string;
  /** Why the payload could not be decoded, in words; the raw `data` is kept all the same. */
  readonly problem?: string;
  /** The problem piece by piece, where it is not in the words of a script. */
  readonly said?: readonly Said[];
  readonly via: 'bridge' | 'chirpstack';
  readonly clock?: ClockStamp;
}

/** Body of kind 'gateway': a gateway came or went. */
export interface GatewayBody {
  readonly gateway: string;
  readonly state: 'online' | 'offline';
  readonly reason: string;
  readonly clock?: ClockStamp;
}

/** Body of kind 'system': what the appliance did or noticed ('started', 'expired', …). */
export interface SystemBody {
  readonly event: string;
  readonly clock?: ClockStamp;
  readonly [detail: string]: unknown;
}

/** Body of kind 'join': a device was let in over the air. */
export interface JoinBody {
  readonly joinEui: string;
  readonly devAddr: string;
  readonly devNonce: number;
  readonly joinNonce: number;
  /** Hertz. */
  readonly freq: number;
  readonly dr: string;
  /** Best first. */
  readonly rx: readonly { readonly gw: string; readonly rssi: number; readonly snr: number }[];
  readonly clock?: ClockStamp;
}

/** Body of kind 'downlink': one step in the life of a downlink. */
export interface DownlinkBody {
  /** Names the downlink; all its steps have the same. */
  readonly id: string;
  /** 'gateway_ack': a gateway has sent it. 'device_ack': the device has it. The last three and 'device_ack' are final. */
  readonly step:
    | 'queued'
    | 'sent'
    | 'gateway_ack'
    | 'device_ack'
    | 'retry'
    | 'failed'
    | 'expired'
    | 'cancelled';
  readonly fPort: number;
  readonly confirmed: boolean;
  /** Hex; in the step 'queued' only. */
  readonly data?: string;
  readonly fCnt?: number;
  readonly gateway?: string;
  /** Why it failed or is tried again, in words. */
  readonly reason?: string;
  /** The reason piece by piece. */
  readonly said?: readonly Said[];
  readonly clock?: ClockStamp;
}

interface Stamped {
  /** When it happened, epoch milliseconds. */
  readonly timeMs: number;
  /** DevEUI, or null where no device is concerned. */
  readonly device: string | null;
}

export type NewRecord =
  | (Stamped & { readonly kind: 'uplink'; readonly body: UplinkBody })
  | (Stamped & { readonly kind: 'gateway'; readonly body: GatewayBody })
  | (Stamped & { readonly kind: 'system'; readonly body: SystemBody })
  | (Stamped & { readonly kind: 'join'; readonly body: JoinBody })
  | (Stamped & { readonly kind: 'downlink'; readonly body: DownlinkBody })
  | (Stamped & { readonly kind: 'alarm'; readonly body: AlarmBody & { readonly clock?: ClockStamp } });

/** As read back: `body` stays JSON text, since most readers only pass it on. */
export interface LogRecord extends Stamped {
  readonly seq: number;
  readonly kind: RecordKind;
  readonly body: string;
}

/** The body of a record of kind 'uplink'. */
export function uplinkBody(record: LogRecord): UplinkBody {
  return JSON.parse(record.body) as UplinkBody;
}
