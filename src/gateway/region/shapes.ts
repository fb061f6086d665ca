/** Pieces that several regions' tables are made of. */
import { dataRateName } from '../lorawan/datarate.ts';
import type { Channel, ChannelRow, FixedPlan, RegionDataRate, RegionModulation, Rx1Table } from './region.ts';

/** A LoRa data rate. */
export function lora(
  spreadingFactor: number,
  bandwidth: number,
  use: RegionDataRate['use'] = 'both',
): RegionDataRate {
  return dataRate({ kind: 'lora', spreadingFactor, bandwidth }, use);
}

/** An FSK data rate, both ways. */
export function fsk(bitrate: number): RegionDataRate {
  return dataRate({ kind: 'fsk', bitrate }, 'both');
}

/** DR0 to DR5 of all regions but US915: SF12 to SF7 at 125 kHz. */
export function sixRates(use: RegionDataRate['use'] = 'both'): readonly RegionDataRate[] {
  return [12, 11, 10, 9, 8, 7].map((spreadingFactor) => lora(spreadingFactor, 125_000, use));
}

/** DR8 to DR13 of the 900 MHz regions: SF12 to SF7 at 500 kHz, downwards. */
export function wideDownRates(): readonly RegionDataRate[] {
  return [12, 11, 10, 9, 8, 7].map((spreadingFactor) => lora(spreadingFactor, 500_000, 'down'));
}

/** A channel with DR0 to DR5. */
export function channel(frequency: number): Channel {
  return { frequency, minDataRate: 0, maxDataRate: 5 };
}

/** The plan of the 900 MHz regions: 64 narrow channels and 8 wide ones, 8 downlink channels. */
export function seventyTwo(
  narrow: Omit<ChannelRow, 'first' | 'count' | 'step'>,
  wide: typeof narrow,
): FixedPlan {
  return {
    kind: 'fixed',
    narrow: { ...narrow, first: 0, count: 64, step: 200_000 },
    wide: { ...wide, first: 64, count: 8, step: 1_600_000 },
    downlink: { frequency: 923_300_000, step: 600_000, count: 8 },
    maskControls: { subBands: 5, allOn: 6, allOff: 7 },
  };
}

/** RX1 of the regions with RX1DROffset 0 to 5: that many rates slower than the uplink, DR0 at the slowest. */
export const FIVE_OFFSETS: Rx1Table = Array.from({ length: 8 }, (_, up) =>
  Array.from({ length: 6 }, (_, offset) => Math.max(0, up - offset)),
);

/** A table in which no rate is below `least`. */
export function atLeast(table: Rx1Table, least: number): Rx1Table {
  return table.map((row) => row?.map((dataRate) => Math.max(least, dataRate)) ?? null);
}

function dataRate(modulation: RegionModulation, use: RegionDataRate['use']): RegionDataRate {
  return { name: dataRateName(modulation), modulation, use };
}
