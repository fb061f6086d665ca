/**
 * How much noise a gateway hears, out of the frames it hears: a concentrator reports the power of signal and noise together and
 * their ratio, so what is noise follows. Only of receptions where noise counts: above `MOST_SNR` the ratio is no more than "good",
 * and concentrators stop counting. Receptions are noted on the way of every frame, and weighed when somebody asks.
 */
import type { BridgeUplink } from './bridge/message.ts';

/** dB. */
const MOST_SNR = 5;
/** One width, since noise grows with it: that of nearly all channels, hertz. */
const BANDWIDTH = 125_000;
const KEPT = 32;
/** Fewer say nothing. */
const LEAST = 5;

export interface NoiseFloor {
  note(reception: Pick<BridgeUplink, 'rssi' | 'snr' | 'modulation'>): void;
  /** Median in dBm in 125 kHz, whole; undefined before enough weak frames were heard. */
  dbm(): number | undefined;
}

export function createNoiseFloor(): NoiseFloor {
  const rssis = new Float32Array(KEPT);
  const snrs = new Float32Array(KEPT);
  let noted = 0;
  return {
    note({ rssi, snr, modulation }) {
      if (snr > MOST_SNR || modulation.kind !== 'lora' || modulation.bandwidth !== BANDWIDTH) return;
      rssis[noted % KEPT] = rssi;
      snrs[noted % KEPT] = snr;
      noted++;
    },
    dbm() {
      const count = Math.min(noted, KEPT);
      if (count < LEAST) return undefined;
      const noise = Array.from(rssis.subarray(0, count), (rssi, at) => noiseOf(rssi, snrs[at] ?? 0));
      noise.sort((a, b) => a - b);
      return Math.round(noise[count >> 1] ?? 0);
    },
  };
}

/** Signal and noise together are `rssi`; the signal is `snr` above the noise. */
function noiseOf(rssi: number, snr: number): number {
  return rssi - 10 * Math.log10(1 + 10 ** (snr / 10));
}
