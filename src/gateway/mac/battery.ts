/** What the battery byte of DevStatusAns means. */

export type Battery =
  | { readonly kind: 'external' }
  | { readonly kind: 'unknown' }
  /** 0.4 (nearly empty) to 100. */
  | { readonly kind: 'level'; readonly percent: number };

const FULL = 254;

/** 0 is external power, 255 not known to the device, the rest a level; percent in tenths. */
export function batteryOf(byte: number): Battery {
  if (byte === 0) return { kind: 'external' };
  if (byte > FULL) return { kind: 'unknown' };
  return { kind: 'level', percent: Math.round((byte / FULL) * 1000) / 10 };
}
