/** A device in one line: which value stands for it, where in its range that is, and in which order devices are listed. Pure. */
import type { DeviceView } from '../shapes/devices.ts';
import { FLAGS, type Flag } from './device-flags.ts';
import { limitsOf, type ShownField, shownFields } from './fields.ts';

/** The value that stands for the device: one beyond its limit, else its first number or state, else the first there is. */
export function mainField({ last, fields }: DeviceView): ShownField | undefined {
  const shown = shownFields(last?.fields ?? {}, fields);
  return (
    shown.find(({ beyond }) => beyond) ??
    shown.find(({ isNumber, isState }) => isNumber || isState) ??
    shown[0]
  );
}

/** Places on a bar, 0 to 1 from left to right. */
export interface RangeBar {
  /** From where to where the value is as it should be, or was lately. */
  readonly from: number;
  readonly to: number;
  readonly at: number;
  /** Whether the range is set by limits, or only what was seen. */
  readonly isLimit: boolean;
}

/** Left of and right of the range there is room for a value beyond it. */
const ROOM = 0.15;

/** Where a field's newest value is in its range; undefined where there is no number, no limit and no past. */
export function rangeBar(device: DeviceView, key: string): RangeBar | undefined {
  const value = device.last?.fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const { low, high } = limitsOf(key, device.fields);
  const isLimit = low !== undefined && high !== undefined && high > low;
  const past = (device.recent ?? []).flatMap(({ fields }) => {
    const one = fields[key];
    return typeof one === 'number' && Number.isFinite(one) ? [one] : [];
  });
  const [from, to] = isLimit ? [low, high] : [Math.min(value, ...past), Math.max(value, ...past)];
  if (!(to > from)) return undefined;
  const place = (of: number): number =>
    Math.min(1, Math.max(0, ROOM + ((of - from) / (to - from)) * (1 - 2 * ROOM)));
  return { from: place(from), to: place(to), at: place(value), isLimit };
}

export interface Listed {
  readonly key: string;
  readonly flags: readonly Flag[];
}

/** The abnormal ones first, the worst of them at the top; the rest stays as it was. */
export function abnormalFirst<T extends Listed>(list: readonly T[]): T[] {
  const rank = ({ flags: [worst] }: T): number => (worst === undefined ? FLAGS.length : FLAGS.indexOf(worst));
  return list.toSorted((a, b) => rank(a) - rank(b));
}

/** `list` in the order its members had, new ones at the end: while somebody is about to touch a row, it stays where it is. */
export function keepOrder<T extends Listed>(list: readonly T[], before: readonly string[]): T[] {
  const place = new Map(before.map((key, n) => [key, n]));
  return list.toSorted((a, b) => (place.get(a.key) ?? before.length) - (place.get(b.key) ?? before.length));
}
