/** Powers: what a gateway may send with, and the limit a device is told. All dBm EIRP. */
import type { Region } from './region.ts';

/** What a gateway may send with on a frequency, by the region and, where it is lower, by the gateway's own limit. */
export function downlinkPower(region: Region, frequency: number, gatewayLimit?: number): number {
  const limit = region.downlinkLimits.find(({ fromHz, toHz }) => frequency >= fromHz && frequency < toHz);
  return Math.min(limit?.eirp ?? region.downlinkEirp, gatewayLimit ?? Number.POSITIVE_INFINITY);
}

/** MaxEIRP of TxParamSetupReq, by its four bits (LoRaWAN 1.0.4 §5.9). */
export const MAX_EIRPS = [8, 10, 12, 13, 14, 16, 18, 20, 21, 24, 26, 27, 29, 30, 33, 36] as const;

/** The bits for the highest value not above `eirp`; 0 (8 dBm) when all are. */
export function maxEirpIndex(eirp: number): number {
  return Math.max(
    0,
    MAX_EIRPS.findLastIndex((value) => value <= eirp),
  );
}
