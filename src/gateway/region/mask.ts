/**
 * Which uplink channels a device may use, as LinkADRReq writes it: a mask of 16 bits and ChMaskCntl, which says what the
 * bits mean (RP002: the same meaning in all regions of one kind of plan).
 *
 *     dynamic plan: 0 = the bits are channels 0 to 15; 6 = all defined channels on
 *     72 channels:  0..3 = 16 narrow channels each, 4 = the wide ones, 5 = sub-bands (bit n: channels 8n..8n+7, 64+n),
 *                   6 / 7 = all narrow ones on / off, the bits are the wide ones
 *     96 channels:  0..5 = 16 channels each, 6 = all on
 */
import { channelCount, subBandChannels, subBandCount } from './channels.ts';
import type { FixedPlan, Region } from './region.ts';

export interface ChannelMask {
  /** ChMaskCntl. */
  readonly control: number;
  /** Bit n is channel n of the block. */
  readonly mask: number;
}

const BLOCK = 16;
/** Of a dynamic plan. */
const ALL_ON = 6;

/** The masks that bring a device from the channels it uses to the ones it shall use; none when they are the same. */
export function masksToReach(
  region: Region,
  current: readonly number[],
  wanted: readonly number[],
): ChannelMask[] {
  if (current.length === wanted.length && current.every((channel, index) => channel === wanted[index]))
    return [];
  const changed = [...new Set([...current, ...wanted])].filter(
    (channel) => current.includes(channel) !== wanted.includes(channel),
  );
  if (changed.length === 0) return [];
  const blocks = [...new Set(changed.map((channel) => Math.floor(channel / BLOCK)))].sort((a, b) => a - b);
  const oneByOne = blocks.map((control) => ({ control, mask: maskOf(wanted, control) }));
  if (region.plan.kind === 'dynamic') return oneByOne;
  const fromNone = masksFromNone(region.plan, wanted);
  return fromNone && fromNone.length <= oneByOne.length ? fromNone : oneByOne;
}

/** A mask that changes nothing, for a LinkADRReq that is about data rate and power. */
export function maskAsItIs(enabled: readonly number[]): ChannelMask {
  const control = Math.floor((enabled[0] ?? 0) / BLOCK);
  return { control, mask: maskOf(enabled, control) };
}

/** The channels in use after a device has obeyed these masks, ascending. `known`: the channels defined in the device. */
export function applyMasks(
  region: Region,
  current: readonly number[],
  masks: readonly ChannelMask[],
  known: readonly number[],
): number[] {
  const enabled = new Set(current);
  const set = (channel: number, on: boolean) => (on ? enabled.add(channel) : enabled.delete(channel));
  for (const { control, mask } of masks) {
    if (region.plan.kind === 'dynamic') {
      for (const channel of known) set(channel, control === ALL_ON || bit(mask, channel));
    } else applyFixed(region, region.plan, { control, mask }, set);
  }
  return [...enabled].filter((channel) => known.includes(channel)).sort((a, b) => a - b);
}

function applyFixed(
  region: Region,
  plan: FixedPlan,
  { control, mask }: ChannelMask,
  set: (channel: number, on: boolean) => void,
): void {
  const { subBands, allOn, allOff } = plan.maskControls;
  const narrow = plan.narrow.count;
  const total = channelCount(plan);
  if (control === subBands) {
    for (let band = 0; band < subBandCount(region); band++) {
      for (const channel of subBandChannels(region, band)) set(channel, bit(mask, band));
    }
    return;
  }
  if (control === allOn || control === allOff) {
    for (let channel = 0; channel < narrow; channel++) set(channel, control === allOn);
    for (let channel = narrow; channel < total; channel++) set(channel, bit(mask, channel - narrow));
    return;
  }
  const end = Math.min(total, (control + 1) * BLOCK);
  for (let channel = control * BLOCK; channel < end; channel++) set(channel, bit(mask, channel % BLOCK));
}

/** First the narrow channels off and the wide ones as they shall be, then block by block what is on. */
function masksFromNone({ narrow, maskControls }: FixedPlan, wanted: readonly number[]): ChannelMask[] | null {
  const { allOff } = maskControls;
  if (allOff === null) return null;
  const blocks = new Set(
    wanted.filter((channel) => channel < narrow.count).map((channel) => Math.floor(channel / BLOCK)),
  );
  const ordered = [...blocks].sort((a, b) => a - b);
  return [
    { control: allOff, mask: maskOf(wanted, narrow.count / BLOCK) },
    ...ordered.map((control) => ({ control, mask: maskOf(wanted, control) })),
  ];
}

function maskOf(channels: readonly number[], block: number): number {
  let mask = 0;
  for (const channel of channels) {
    if (Math.floor(channel / BLOCK) === block) mask |= 1 << (channel % BLOCK);
  }
  return mask;
}

function bit(mask: number, index: number): boolean {
  return ((mask >> index) & 1) === 1;
}
