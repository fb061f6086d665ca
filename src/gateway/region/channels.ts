/** A region's uplink channels: their numbers, sub-bands, and the channel an uplink came on. */
import type { Channel, ChannelRow, FixedPlan, Region } from './region.ts';

/** By channel number; a number without a channel is missing. JSON turns the keys to strings, which reads the same. */
export type ChannelSet = Readonly<Record<number, Channel>>;

const NARROW_PER_BAND = 8;

/** Made once a region: a fixed plan has up to 96. */
const STANDARD = new WeakMap<Region, ChannelSet>();

/** The channels that a device of the region has before anyone told it of others. */
export function standardChannels(region: Region): ChannelSet {
  const made = STANDARD.get(region) ?? makeStandardChannels(region);
  STANDARD.set(region, made);
  return made;
}

function makeStandardChannels({ plan }: Region): ChannelSet {
  if (plan.kind === 'dynamic') return { ...plan.defaults };
  return Object.fromEntries(
    rowsOf(plan).flatMap((row) =>
      Array.from({ length: row.count }, (_, index) => [row.first + index, channelOf(row, index)]),
    ),
  );
}

/** The standard channels and, after them, a network's own. Those that find no number left are dropped. */
export function networkChannels(region: Region, extras: readonly Channel[]): ChannelSet {
  if (region.plan.kind === 'fixed') return standardChannels(region);
  return { ...[...region.plan.defaults, ...extras].slice(0, region.plan.maxChannels) };
}

/** Ascending. */
export function channelNumbers(channels: ChannelSet): number[] {
  return Object.keys(channels).map(Number);
}

/** How many sub-bands the region has; 0 for a dynamic plan. */
export function subBandCount({ plan }: Region): number {
  return plan.kind === 'fixed' ? plan.narrow.count / NARROW_PER_BAND : 0;
}

/** The channels of a sub-band counted from 0: 8n to 8n+7, and the wide one there is for it. Empty for a region without. */
export function subBandChannels(region: Region, subBand: number): number[] {
  const { plan } = region;
  if (plan.kind !== 'fixed' || subBand < 0 || subBand >= subBandCount(region)) return [];
  const first = subBand * NARROW_PER_BAND;
  const narrow = Array.from({ length: NARROW_PER_BAND }, (_, index) => first + index);
  return plan.wide ? [...narrow, plan.wide.first + subBand] : narrow;
}

/** Channels of a fixed plan. */
export function channelCount(plan: FixedPlan): number {
  return plan.narrow.count + (plan.wide?.count ?? 0);
}

/** Masks of 16 that name them all. */
export function maskBlocks(plan: FixedPlan): number {
  return Math.ceil(channelCount(plan) / 16);
}

/**
 * The number of the channel on a frequency; undefined if there is none. Two channels of a device may share a frequency:
 * `dataRate` tells them apart where it is given.
 */
export function channelOn(channels: ChannelSet, frequency: number, dataRate?: number): number | undefined {
  let found: number | undefined;
  for (const [number, channel] of Object.entries(channels)) {
    if (channel.frequency !== frequency) continue;
    if (dataRate === undefined || carries(channel, dataRate)) return Number(number);
    found ??= Number(number);
  }
  return found;
}

/** As `channelOn` for a fixed plan, by arithmetic. */
export function fixedChannelOn(region: Region, frequency: number): number | undefined {
  if (region.plan.kind !== 'fixed') return undefined;
  for (const row of rowsOf(region.plan)) {
    const index = (frequency - row.frequency) / row.step;
    if (Number.isInteger(index) && index >= 0 && index < row.count) return row.first + index;
  }
  return undefined;
}

export function carries(channel: Channel, dataRate: number): boolean {
  return dataRate >= channel.minDataRate && dataRate <= channel.maxDataRate;
}

function rowsOf({ narrow, wide }: FixedPlan): readonly ChannelRow[] {
  return wide ? [narrow, wide] : [narrow];
}

function channelOf({ frequency, step, minDataRate, maxDataRate }: ChannelRow, index: number): Channel {
  return { frequency: frequency + step * index, minDataRate, maxDataRate };
}
