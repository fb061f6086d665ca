/**
 * The fields of a reading as its device's profile wants them shown: name, unit, digits, which to leave out, and between
 * which limits a value is as it should be. What the profile does not say comes from the field's name. Pure.
 */
import { unitOf } from '../../model/field-units.ts';
import type { DeviceView } from '../shapes/devices.ts';
import type { ReadingView } from '../shapes/records.ts';
import { fieldLabel, fieldValue, fixedNumber } from './format.ts';

export type Displays = NonNullable<DeviceView['fields']>;
type Value = ReadingView['fields'][string];

export interface ShownField {
  /** As the codec calls it. */
  readonly key: string;
  readonly label: string;
  /** The value in words, without the unit. */
  readonly text: string;
  readonly unit: string | undefined;
  /** Whether it is a number, which is never broken and has a line. */
  readonly isNumber: boolean;
  /** Whether the profile has a name for the value. */
  readonly isState: boolean;
  /** The limit that it is beyond, in words. */
  readonly beyond: { readonly side: 'low' | 'high'; readonly limit: string } | undefined;
}

/** In the order of the reading. `displays` may be absent: a device without a profile. */
export function shownFields(
  fields: ReadingView['fields'],
  displays: Displays | undefined,
  withHidden = false,
): ShownField[] {
  const entries = Object.entries(fields).filter(([key]) => withHidden || !isHidden(key, displays));
  const keys = entries.map(([key]) => key);
  return entries.map(([key, value]) => shownField(key, value, displays, keys));
}

/** `keys`: all that are shown beside it, so that two of a name can be told apart. */
export function shownField(
  key: string,
  value: Value,
  displays: Displays | undefined,
  keys: readonly string[],
): ShownField {
  const display = displayOf(key, displays);
  const state = stateOf(value, display);
  const isNumber = typeof value === 'number' && state === undefined;
  return {
    key,
    label: display.name ?? fieldLabel(key, keys),
    text: state ?? (isNumber ? numberText(value, display.digits) : fieldValue(value)),
    unit: isNumber ? unitOfField(key, displays) : undefined,
    isNumber,
    isState: state !== undefined,
    beyond: typeof value === 'number' ? beyondLimit(key, value, displays) : undefined,
  };
}

export function isHidden(key: string, displays: Displays | undefined): boolean {
  return displayOf(key, displays).hidden === true;
}

export function unitOfField(key: string, displays: Displays | undefined): string | undefined {
  return displayOf(key, displays).unit ?? unitOf(key);
}

/** What the profile calls a value: 'open' rather than 1. */
function stateOf(value: Value, { states }: Displays[string]): string | undefined {
  const name = String(value);
  return states && Object.hasOwn(states, name) ? states[name] : undefined;
}

/** A number of this field as the profile wants it. */
export function figureOf(key: string, value: number, displays: Displays | undefined): string {
  return numberText(value, displayOf(key, displays).digits);
}

/** The limits there are, for the scale of a line. */
export function limitsOf(
  key: string,
  displays: Displays | undefined,
): { readonly low: number | undefined; readonly high: number | undefined } {
  const { low, high } = displayOf(key, displays);
  return { low, high };
}

/** How many values of a reading are beyond a limit; a field that is not shown is not judged either. */
export function countBeyond(fields: ReadingView['fields'], displays: Displays | undefined): number {
  if (displays === undefined) return 0;
  return Object.entries(fields).filter(
    ([key, value]) =>
      typeof value === 'number' && !isHidden(key, displays) && sideBeyond(displayOf(key, displays), value),
  ).length;
}

function displayOf(key: string, displays: Displays | undefined): Displays[string] {
  return displays && Object.hasOwn(displays, key) ? (displays[key] ?? {}) : {};
}

function beyondLimit(key: string, value: number, displays: Displays | undefined): ShownField['beyond'] {
  const display = displayOf(key, displays);
  const side = sideBeyond(display, value);
  const limit = side && display[side];
  return side && limit !== undefined ? { side, limit: numberText(limit, display.digits) } : undefined;
}

function sideBeyond({ low, high }: Displays[string], value: number): 'low' | 'high' | undefined {
  if (low !== undefined && value < low) return 'low';
  return high !== undefined && value > high ? 'high' : undefined;
}

function numberText(value: number, digits: number | undefined): string {
  return digits === undefined ? fieldValue(value) : fixedNumber(value, digits);
}
