/** A region's uplink channels: their numbers, sub-bands, and the channel an uplink came on. */
import type { Channel, ChannelRow, Region } from './region.ts';

/** By channel number; a number without a channel is missing. JSON turns the keys to strings, which reads the same. */
export type ChannelSet = Readonly<Record<number, Channel>>;

const NARROW_PER_BAND = 8;
const FIRST_WIDE = 64;

/** Made once a region: a fixed plan has 72. */
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
    plan.rows.flatMap((row) =>
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

/** The channels of a sub-band counted from 0: 8n to 8n+7, and the wide one 64+n. Empty for a region without. */
export function subBandChannels(region: Region, subBand: number): number[] {
  if (region.plan.kind !== 'fixed' || subBand < 0 || subBand >= region.plan.downlink.count) return [];
  const first = subBand * NARROW_PER_BAND;
  return [...Array.from({ length: NARROW_PER_BAND }, (_, index) => first + index), FIRST_WIDE + subBand];
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
  for (const row of region.plan.rows) {
    const index = (frequency - row.frequency) / row.step;
    if (Number.isInteger(index) && index >= 0 && index < row.count) return row.first + index;
  }
  return undefined;
}

export function carries(channel: Channel, dataRate: number): boolean {
  return dataRate >= channel.minDataRate && dataRate <= channel.maxDataRate;
}

function channelOf({ frequency, step, minDataRate, maxDataRate }: ChannelRow, index: number): Channel {
  return { frequency: frequency + step * index, minDataRate, maxDataRate };
}
