/** A region's data rates: index and name, what fits into a frame, how weak a frame may be. */
import type { Direction } from '../lorawan/frame.ts';
import type { Region, RegionDataRate } from './region.ts';

/** What stands at an index for that direction; undefined where there is none. */
export function dataRateAt(region: Region, index: number, direction: Direction): RegionDataRate | undefined {
  const dataRate = region.dataRates[index];
  return dataRate && goes(dataRate, direction) ? dataRate : undefined;
}

/** The index of a name like 'SF7BW125' for that direction; undefined for a rate the region does not have. */
export function dataRateIndex(region: Region, name: string, direction: Direction): number | undefined {
  const index = region.dataRates.findIndex(
    (dataRate) => dataRate?.name === name && goes(dataRate, direction),
  );
  return index < 0 ? undefined : index;
}

/** Indices in ascending order. */
export function dataRateIndices(region: Region, direction: Direction): number[] {
  return [...region.dataRates.keys()].filter((index) => dataRateAt(region, index, direction));
}

/**
 * Bytes of FOpts and FRMPayload together that a frame may hold (N). `dwellLimited`: the frame's direction is under the
 * 400 ms limit. 0 where the rate does not exist or nothing fits.
 */
export function maxPayloadBytes(region: Region, dataRate: number, dwellLimited: boolean): number {
  const table = (dwellLimited ? region.maxPayloadDwell : null) ?? region.maxPayload;
  return table[dataRate] ?? 0;
}

/** The highest uplink rate of 125 kHz LoRa up to `limit`: as far as the default ADR goes. */
export function highestNarrowRate(region: Region, limit = Number.POSITIVE_INFINITY): number {
  const narrow = dataRateIndices(region, 'up').filter((index) => {
    const modulation = region.dataRates[index]?.modulation;
    return index <= limit && modulation?.kind === 'lora' && modulation.bandwidth === 125_000;
  });
  return narrow.at(-1) ?? 0;
}

const LOWEST_SNR: Readonly<Record<number, number>> = {
  7: -7.5,
  8: -10,
  9: -12.5,
  10: -15,
  11: -17.5,
  12: -20,
};

/** dB of SNR at which a frame of that rate is just received; 0 for FSK, whose gateways report no SNR. */
export function requiredSnr(region: Region, dataRate: number): number {
  const modulation = region.dataRates[dataRate]?.modulation;
  return modulation?.kind === 'lora' ? (LOWEST_SNR[modulation.spreadingFactor] ?? 0) : 0;
}

function goes(dataRate: RegionDataRate, direction: Direction): boolean {
  return dataRate.use === 'both' || dataRate.use === direction;
}
