/** Values of a reading as its device's profile wants them shown, in plain words: for the terminal and printed reports. Pure. */
import { unitOf } from './field-units.ts';
import { ownOf } from './own.ts';
import type { FieldDisplay } from './profile.ts';
import type { Fields, FieldValue } from './record.ts';
import { oneLine } from './text.ts';

/** 'Level 1.50 m', one for each field that is shown, each a line at most. */
export function valuesText(
  fields: Fields,
  displays: Readonly<Record<string, FieldDisplay>> = {},
): readonly string[] {
  return Object.entries(fields)
    .map(([key, value]) => ({ key, value, display: ownOf(displays, key) }))
    .filter(({ display }) => display?.hidden !== true)
    .map(({ key, value, display }) => `${oneLine(display?.name ?? key)} ${valueText(key, value, display)}`);
}

function valueText(key: string, value: FieldValue, display: FieldDisplay | undefined): string {
  const state = ownOf(display?.states ?? {}, String(value));
  if (state !== undefined) return oneLine(state);
  if (typeof value !== 'number') return oneLine(String(value));
  const unit = display?.unit ?? unitOf(key);
  const digits = display?.digits;
  return `${digits === undefined ? value : value.toFixed(digits)}${unit === undefined ? '' : ` ${oneLine(unit)}`}`;
}
