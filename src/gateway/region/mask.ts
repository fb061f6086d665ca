/**
 * Which uplink channels a device may use, as LinkADRReq writes it: a mask of 16 bits and ChMaskCntl, which says what the
 * bits mean (RP002: the same meaning in all regions of one kind of plan).
 *
 *     dynamic plan: 0 = the bits are channels 0 to 15; 6 = all defined channels on
 *     fixed plan:   0..3 = 16 narrow channels each, 4 = the wide ones, 5 = sub-bands (bit n: channels 8n..8n+7, 64+n),
 *                   6 / 7 = all narrow ones on / off, the bits are the wide ones
 */
import { subBandChannels } from './channels.ts';
import type { Region } from './region.ts';

export interface ChannelMask {
  /** ChMaskCntl. */
  readonly control: number;
  /** Bit n is channel n of the block. */
  readonly mask: number;
}

const BLOCK = 16;
const NARROW = 64;
const TOTAL = 72;
const ALL_NARROW_ON = 6;
const ALL_NARROW_OFF = 7;
const SUB_BAND_BITS = 5;

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
  const fromNone = masksFromNone(wanted);
  return fromNone.length <= oneByOne.length ? fromNone : oneByOne;
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
      for (const channel of known) set(channel, control === ALL_NARROW_ON || bit(mask, channel));
    } else applyFixed(region, control, mask, set);
  }
  return [...enabled].filter((channel) => known.includes(channel)).sort((a, b) => a - b);
}

function applyFixed(
  region: Region,
  control: number,
  mask: number,
  set: (channel: number, on: boolean) => void,
): void {
  if (control === SUB_BAND_BITS) {
    for (let band = 0; band < 8; band++) {
      for (const channel of subBandChannels(region, band)) set(channel, bit(mask, band));
    }
    return;
  }
  if (control >= ALL_NARROW_ON) {
    for (let channel = 0; channel < NARROW; channel++) set(channel, control === ALL_NARROW_ON);
    for (let channel = NARROW; channel < TOTAL; channel++) set(channel, bit(mask, channel - NARROW));
    return;
  }
  const end = Math.min(TOTAL, (control + 1) * BLOCK);
  for (let channel = control * BLOCK; channel < end; channel++) set(channel, bit(mask, channel % BLOCK));
}

/** First the narrow channels off and the wide ones as they shall be, then block by block what is on. */
function masksFromNone(wanted: readonly number[]): ChannelMask[] {
  const blocks = new Set(
    wanted.filter((channel) => channel < NARROW).map((channel) => Math.floor(channel / BLOCK)),
  );
  const ordered = [...blocks].sort((a, b) => a - b);
  return [
    { control: ALL_NARROW_OFF, mask: maskOf(wanted, NARROW / BLOCK) },
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
