/**
 * The air of the simulated site: how strong a frame arrives at a gateway, and whether it is understood. Log-distance path
 * loss at 868 MHz with the walls around a device and a fading drawn for each frame.
 */
import { noise } from './sensor.ts';

/** Metres east and north of the site's middle. */
export interface Position {
  readonly east: number;
  readonly north: number;
}

export interface Signal {
  /** dBm, whole. */
  readonly rssi: number;
  /** dB, in steps of a quarter. */
  readonly snr: number;
}

/** The uplink channels of EU868 in the order a gateway numbers them, hertz. */
export const CHANNELS = [
  868_100_000, 868_300_000, 868_500_000, 867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000,
] as const;
export const BANDWIDTH = 125_000;

const TRANSMIT_DBM = 14;
/** Free space at one metre and 868 MHz. */
const LOSS_AT_1_M_DB = 31.2;
/** Between buildings; 2 would be free space. */
const EXPONENT = 3.6;
const FADING_DB = 3;
/** Thermal noise in 125 kHz with a noise figure of 6 dB. */
const NOISE_DBM = -117;
/** The most an SX1302 reports. */
const MAX_SNR = 14;
/** What a device keeps in reserve when it chooses its spreading factor, as network servers do. */
const MARGIN_DB = 10;
/** Share of receptions that a gateway misses for its own reasons: all demodulators busy, a burst of noise. */
const MISSED = 0.03;

/** What the demodulator needs, dB: -7.5 at SF7 down to -20 at SF12. */
export function requiredSnr(spreadingFactor: number): number {
  return -7.5 - 2.5 * (spreadingFactor - 7);
}

/** dBm at the receiver, without fading. */
export function meanPower(from: Position, to: Position, wallLossDb: number): number {
  const metres = Math.max(1, Math.hypot(from.east - to.east, from.north - to.north));
  return TRANSMIT_DBM - LOSS_AT_1_M_DB - 10 * EXPONENT * Math.log10(metres) - wallLossDb;
}

/** The fastest of SF7..SF12 that the best gateway understands with a margin. */
export function chooseSpreadingFactor(bestMeanPowerDbm: number): number {
  for (let spreadingFactor = 7; spreadingFactor < 12; spreadingFactor++) {
    if (bestMeanPowerDbm - NOISE_DBM >= requiredSnr(spreadingFactor) + MARGIN_DB) return spreadingFactor;
  }
  return 12;
}

/** How one frame arrives at one gateway; undefined if it does not. */
export function receive(
  meanPowerDbm: number,
  spreadingFactor: number,
  random: () => number,
): Signal | undefined {
  const power = meanPowerDbm + FADING_DB * noise(random);
  const snr = power - NOISE_DBM;
  if (random() < MISSED || snr < requiredSnr(spreadingFactor)) return undefined;
  // Near the limit the measured signal saturates; below the noise, what is measured is signal and noise together.
  const rssi = 10 * Math.log10(10 ** (power / 10) + 10 ** (NOISE_DBM / 10));
  return { rssi: Math.round(rssi), snr: Math.round(4 * Math.min(MAX_SNR, snr)) / 4 };
}
