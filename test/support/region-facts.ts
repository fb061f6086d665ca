/** What tests ask of a region that the box itself need not know. */
import { standardChannels } from '../../src/gateway/region/channels.ts';
import type { Region } from '../../src/gateway/region/region.ts';

/** Whether a frequency lies in the band and is a multiple of 100 Hz, so that a command can name it. */
export function isFrequency(region: Region, frequency: number): boolean {
  return (
    frequency >= region.minFrequency && frequency <= region.maxFrequency && Number.isInteger(frequency / 100)
  );
}

/** Frequencies that join requests come on. */
export function joinFrequencies(region: Region): number[] {
  return Object.values(standardChannels(region)).map((channel) => channel.frequency);
}

/** What a device sends with at a TXPower index; `maxEirp` as told by TxParamSetupReq, else the region's. */
export function uplinkPower(region: Region, index: number, maxEirp = region.maxEirp): number {
  return maxEirp - 2 * Math.min(index, region.maxTxPowerIndex);
}
