/** Where a device listens after an uplink: the first receive window of every region; the second is a setting. */
import { fixedChannelOn } from './channels.ts';
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

/** Hertz of RX1 for an uplink's; undefined where a fixed plan has no channel on that frequency. */
export function rx1Frequency(region: Region, uplinkFrequency: number): number | undefined {
  if (region.plan.kind === 'dynamic') return uplinkFrequency;
  const channel = fixedChannelOn(region, uplinkFrequency);
  if (channel === undefined) return undefined;
  const { frequency, step, count } = region.plan.downlink;
  return frequency + step * (channel % count);
}
