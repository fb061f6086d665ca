/** Where a device listens after an uplink: the first receive window of every region; the second is a setting. */
import { fixedChannelOn } from './channels.ts';
import { dataRateAt } from './rates.ts';
import type { Region } from './region.ts';

/**
 * The data rate of RX1 for an uplink's and the device's RX1DROffset. undefined for a rate or an offset that the region
 * does not have.
 */
export function rx1DataRate(
  region: Region,
  uplinkDataRate: number,
  offset: number,
  downlinkDwell: boolean,
): number | undefined {
  const table = (downlinkDwell ? region.rx1Dwell : null) ?? region.rx1;
  return table[uplinkDataRate]?.[offset];
}

/** How many RX1DROffsets the region has: 6 means 0 to 5. */
export function rx1Offsets(region: Region): number {
  return region.rx1[0]?.length ?? 0;
}

/** Hertz of RX1 for an uplink's; undefined where a fixed plan has no channel on that frequency. */
export function rx1Frequency(region: Region, uplinkFrequency: number): number | undefined {
  if (region.plan.kind === 'dynamic') return uplinkFrequency;
  const channel = fixedChannelOn(region, uplinkFrequency);
  if (channel === undefined) return undefined;
  const { frequency, step, count } = region.plan.downlink;
  return frequency + step * (channel % count);
}

/** Whether RX2 settings are possible in the region. */
export function isRx2(
  region: Region,
  rx2: { readonly frequency: number; readonly dataRate: number },
): boolean {
  return isFrequency(region, rx2.frequency) && dataRateAt(region, rx2.dataRate, 'down') !== undefined;
}

/** Whether a frequency lies in the band and is a multiple of 100 Hz, so that a command can name it. */
export function isFrequency(region: Region, frequency: number): boolean {
  return (
    frequency >= region.minFrequency && frequency <= region.maxFrequency && Number.isInteger(frequency / 100)
  );
}
