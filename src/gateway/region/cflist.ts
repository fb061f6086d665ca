/**
 * The list at the end of a join accept (16 bytes): five more channels, or in a region of fixed channels which of them
 * the device shall use.
 *
 *     type 0: five frequencies, 3 bytes LE in units of 100 Hz, 0 for none | 00
 *     type 1: masks of 16 channels, 2 bytes LE each, up to seven | 01 in the last byte
 */
import type { MacVersion } from '../../model/lorawan.ts';
import { isAtLeast } from '../lorawan/version.ts';
import { maskBlocks } from './channels.ts';
import type { Channel, Region } from './region.ts';

export type CFList =
  | { readonly kind: 'channels' /** Hertz, at most five. */; readonly frequencies: readonly number[] }
  | {
      readonly kind: 'masks';
      /** Bit n of mask m is channel 16 m + n; at most seven. */
      readonly masks: readonly number[];
    };

export const CFLIST_BYTES = 16;
const FREQUENCIES = 5;
const MASKS = 7;

/**
 * What to tell a joining device. `extras` are the network's own channels of a dynamic plan in the order of their
 * numbers; the first five with the usual data rates go in. `enabled` are the channels of a fixed plan in use. null where
 * there is nothing to tell, or no way to tell it to a device of that version.
 */
export function cfListFor(
  region: Region,
  version: MacVersion,
  wanted: { readonly extras: readonly Channel[]; readonly enabled: readonly number[] },
): CFList | null {
  if (region.plan.kind === 'dynamic') {
    const frequencies = listedExtras(region, wanted.extras).map((channel) => channel.frequency);
    return frequencies.length > 0 ? { kind: 'channels', frequencies } : null;
  }
  if (!isAtLeast(version, '1.0.3')) return null;
  return { kind: 'masks', masks: channelMasks(wanted.enabled, maskBlocks(region.plan)) };
}

/**
 * The extra channels that a join accept can tell: those at the start of the list that have its data rates, since the
 * device numbers them one after the other.
 */
export function listedExtras(region: Region, extras: readonly Channel[]): Channel[] {
  if (region.plan.kind === 'fixed') return [];
  const [min, max] = region.plan.cfListDataRates;
  const odd = extras.findIndex(({ minDataRate, maxDataRate }) => minDataRate !== min || maxDataRate !== max);
  return extras.slice(0, Math.min(FREQUENCIES, odd < 0 ? extras.length : odd));
}

/** Channel numbers as masks of 16. Numbers beyond the last mask are left out. */
export function channelMasks(channels: readonly number[], count: number): number[] {
  const masks = new Array<number>(count).fill(0);
  for (const channel of channels) {
    const block = channel >> 4;
    if (block < count) masks[block] = (masks[block] ?? 0) | (1 << (channel & 15));
  }
  return masks;
}

/** Its 16 bytes. */
export function encodeCFList(list: CFList): Uint8Array {
  const bytes = new Uint8Array(CFLIST_BYTES);
  const view = new DataView(bytes.buffer);
  if (list.kind === 'masks') {
    for (const [index, mask] of list.masks.slice(0, MASKS).entries()) view.setUint16(2 * index, mask, true);
    bytes[CFLIST_BYTES - 1] = 1;
    return bytes;
  }
  for (const [index, frequency] of list.frequencies.slice(0, FREQUENCIES).entries()) {
    const value = Math.round(frequency / 100);
    view.setUint16(3 * index, value & 0xffff, true);
    bytes[3 * index + 2] = value >> 16;
  }
  return bytes;
}
