/** How long a LoRa frame is on the air (Semtech AN1200.13 §4): what duty cycles and the simulator count with. */

export interface LoraTransmission {
  /** 7..12. */
  readonly spreadingFactor: number;
  /** Hertz. */
  readonly bandwidth: number;
  /** Bytes of PHYPayload. */
  readonly length: number;
  /** Redundant bits to four: 1 for code rate 4/5 (the default) to 4 for 4/8. */
  readonly redundancy?: number;
  /** Symbols; 8 in LoRaWAN. */
  readonly preamble?: number;
  /** Uplinks have a CRC, downlinks none; true by default. */
  readonly crc?: boolean;
}

/** A frame with a slower symbol needs the low data rate optimisation: SF11 and SF12 at 125 kHz, SF12 at 250 kHz. */
const SLOW_SYMBOL_MS = 16;

/** Milliseconds on the air of a frame with an explicit header. */
export function airtimeMs(transmission: LoraTransmission): number {
  const { spreadingFactor, bandwidth, length, redundancy = 1, preamble = 8, crc = true } = transmission;
  const symbolMs = (2 ** spreadingFactor / bandwidth) * 1000;
  const slow = symbolMs > SLOW_SYMBOL_MS;
  const bits = 8 * length - 4 * spreadingFactor + 28 + (crc ? 16 : 0);
  const blocks = Math.max(0, Math.ceil(bits / (4 * (spreadingFactor - (slow ? 2 : 0)))));
  return (preamble + 4.25 + 8 + blocks * (4 + redundancy)) * symbolMs;
}
