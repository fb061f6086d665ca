/**
 * The log record: the one thing that is stored, shown, written to InfluxDB and sent to the centre.
 * `seq` has no gaps; the pair (epoch of the store, seq) names a record for ever.
 */

export type FieldValue = number | string | boolean;
/** Decoded values of a reading. Numbers are finite. */
export type Fields = Readonly<Record<string, FieldValue>>;

export type RecordKind = 'uplink' | 'gateway' | 'system';

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
  readonly via: 'bridge' | 'chirpstack';
}

/** Body of kind 'gateway': a gateway came or went. */
export interface GatewayBody {
  readonly gateway: string;
  readonly state: 'online' | 'offline';
  readonly reason: string;
}

/** Body of kind 'system': what the appliance did or noticed ('started', 'expired', …). */
export interface SystemBody {
  readonly event: string;
  readonly [detail: string]: unknown;
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
  | (Stamped & { readonly kind: 'system'; readonly body: SystemBody });

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
