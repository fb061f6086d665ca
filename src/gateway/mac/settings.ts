/** Checks a network's link settings before anything is told to a device: what a region or a command cannot express. */
import { carries } from '../region/channels.ts';
import { dataRateAt } from '../region/rates.ts';
import type { Channel, Region } from '../region/region.ts';
import { isFrequency, isRx2, rx1Offsets } from '../region/window.ts';
import type { LinkOptions } from './link.ts';

export interface SettingFault {
  readonly setting: keyof LinkOptions;
  /** What is wrong and what is possible, for a person. */
  readonly problem: string;
}

/** All faults of the settings; empty when they can be used. */
export function settingFaults(region: Region, options: LinkOptions): SettingFault[] {
  return [
    ...windowFaults(region, options),
    ...channelFaults(region, options),
    ...range('dutyCycleExponent', options.dutyCycleExponent, 0, 15),
    ...range('maxEirp', options.maxEirp, 8, 36),
  ];
}

function windowFaults(region: Region, { rx1DelayS, rx1Offset, rx2 }: LinkOptions): SettingFault[] {
  const faults = [
    ...range('rx1DelayS', rx1DelayS, 1, 15),
    ...range('rx1Offset', rx1Offset, 0, rx1Offsets(region) - 1),
  ];
  if (rx2 && !isRx2(region, rx2)) {
    const problem = `${region.name} has no RX2 on ${rx2.frequency} Hz with DR${rx2.dataRate}; its own is ${region.rx2.frequency} Hz with DR${region.rx2.dataRate}`;
    faults.push({ setting: 'rx2', problem });
  }
  return faults;
}

function channelFaults(region: Region, options: LinkOptions): SettingFault[] {
  const { extras = [], enabled, downlinkFrequencies = {} } = options;
  const faults: SettingFault[] = [];
  const report = (setting: SettingFault['setting'], problem: string) => faults.push({ setting, problem });
  if (region.plan.kind === 'fixed') {
    if (extras.length > 0)
      report('extras', `the channels of ${region.name} are fixed; choose a sub-band instead`);
  } else {
    const room = region.plan.maxChannels - region.plan.defaults.length;
    if (extras.length > room)
      report('extras', `${extras.length} channels; ${region.name} has room for ${room}`);
    for (const channel of extras) {
      if (!isChannel(region, channel)) report('extras', `${region.name} has no channel ${describe(channel)}`);
    }
  }
  if (enabled?.length === 0) report('enabled', 'no channel is in use; a device needs at least one');
  for (const [channel, frequency] of Object.entries(downlinkFrequencies)) {
    if (isFrequency(region, frequency)) continue;
    report('downlinkFrequencies', `channel ${channel}: ${frequency} Hz is outside ${region.name}`);
  }
  return faults;
}

function isChannel(region: Region, channel: Channel): boolean {
  const { frequency, minDataRate, maxDataRate } = channel;
  return (
    isFrequency(region, frequency) &&
    carries(channel, minDataRate) &&
    dataRateAt(region, minDataRate, 'up') !== undefined &&
    dataRateAt(region, maxDataRate, 'up') !== undefined
  );
}

function describe({ frequency, minDataRate, maxDataRate }: Channel): string {
  return `on ${frequency} Hz with DR${minDataRate} to DR${maxDataRate}`;
}

function range(
  setting: SettingFault['setting'],
  value: number | undefined,
  min: number,
  max: number,
): SettingFault[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [{ setting, problem: `${value} is not possible; it may be ${min} to ${max}` }];
}
