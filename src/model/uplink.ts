/** What the gateway room hands over: one LoRaWAN uplink, verified and decrypted, with everyone who heard it. */

/** How one gateway heard a frame. */
export interface RxInfo {
  /** Gateway EUI, 16 lower-case hex digits. */
  readonly gatewayId: string;
  /** dBm. */
  readonly rssi: number;
  /** dB. */
  readonly snr: number;
  /** The gateway's own time of reception, epoch milliseconds, if it has a clock it trusts. */
  readonly timeMs?: number;
  readonly channel?: number;
  /** The opaque context the gateway wants back with a downlink, base64. */
  readonly context?: string;
}

export interface Radio {
  /** Hertz. */
  readonly frequency: number;
  /** 'SF7BW125', 'FSK50000' or 'LRFHSS…': the spelling of the Semtech packet forwarder. */
  readonly dataRate: string;
}

export interface Uplink {
  /** DevEUI, 16 lower-case hex digits. */
  readonly device: string;
  /** DevAddr, 8 lower-case hex digits, most significant byte first. */
  readonly devAddr: string;
  /** The full 32-bit counter. */
  readonly fCnt: number;
  /** null for a frame without a port (MAC answers only). */
  readonly fPort: number | null;
  readonly confirmed: boolean;
  readonly adr: boolean;
  /** Decrypted application payload. */
  readonly data: Uint8Array;
  readonly radio: Radio;
  /** Best reception first; never empty. */
  readonly receptions: readonly RxInfo[];
  /** Time of reception, epoch milliseconds: the gateway's if it has one, else ours. */
  readonly timeMs: number;
  /** Which door it came by. */
  readonly via: 'bridge' | 'chirpstack';
  /** Fields already decoded by a ChirpStack on site (its `object`). */
  readonly decoded?: Readonly<Record<string, unknown>>;
}
