/** Numbers, ages, sentences and field names as a technician reads them. Pure. */
import { locale, t } from './texts.ts';

const relative = new Intl.RelativeTimeFormat(locale, { style: 'narrow', numeric: 'auto' });
/** In German 'vor 2 m' would be metres. */
const relativeMinutes = new Intl.RelativeTimeFormat(locale, {
  style: /^de\b/.test(locale) ? 'short' : 'narrow',
  numeric: 'auto',
});
const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat(locale, {
  maximumFractionDigits: 1,
  signDisplay: 'negative',
  useGrouping: false,
});
const fine = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
const huge = new Intl.NumberFormat(locale, { notation: 'scientific', maximumFractionDigits: 3 });
/** From here on a number is written with a power of ten: its digits would not fit a card. */
const HUGE = 1e12;

/** '12s ago'; seconds in steps of five, since nobody reads faster. The future (a clock that was set) counts as now. */
export function age(ageMs: number): string {
  const seconds = Math.max(0, ageMs) / 1000;
  if (seconds < 5) return relative.format(0, 'second');
  if (seconds < 60) return relative.format(-Math.floor(seconds / 5) * 5, 'second');
  if (seconds < 3600) return relativeMinutes.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), 'hour');
  return relative.format(-Math.floor(seconds / 86_400), 'day');
}

/** '3 min': how long something is. */
export function duration(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  const [value, unit] =
    seconds < 90
      ? [seconds, 'second']
      : seconds < 5400
        ? [seconds / 60, 'minute']
        : seconds < 129_600
          ? [seconds / 3600, 'hour']
          : [seconds / 86_400, 'day'];
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: 0,
  }).format(value);
}

export function bytes(size: number): string {
  const [value, unit] =
    size < 1e6 ? [size / 1e3, 'kB'] : size < 1e9 ? [size / 1e6, 'MB'] : [size / 1e9, 'GB'];
  return `${fine.format(value)} ${unit}`;
}

/** A field's value as text, numbers with a true minus sign. */
export function fieldValue(value: number | string | boolean): string {
  if (typeof value === 'boolean') return t(value ? 'value.true' : 'value.false');
  if (typeof value === 'string') return value;
  if (Math.abs(value) >= HUGE) return minus(huge.format(value));
  return minus((Math.abs(value) < 0.1 ? fine : number).format(value));
}

/** By digits after the point; making one takes longer than many uses of it. */
const fixed = new Map<number, Intl.NumberFormat>();

/** A number with so many digits after the point. */
export function fixedNumber(value: number, digits: number): string {
  if (Math.abs(value) >= HUGE) return minus(huge.format(value));
  const known = fixed.get(digits);
  const format =
    known ??
    new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: 'negative',
    });
  if (!known) fixed.set(digits, format);
  return minus(format.format(value));
}

function minus(text: string): string {
  return text.replaceAll('-', '−');
}

/** 'the broker refuses us' -> 'The broker refuses us.': what parts say of themselves comes with and without. */
export function sentence(text: string): string {
  const words = text.trim();
  // A setting, an address or a name keeps its first letter.
  const begun = /^\p{Ll}+[,.;:!?]*(\s|$)/u.test(words)
    ? words.charAt(0).toUpperCase() + words.slice(1)
    : words;
  return /[.!?…:]$/.test(begun) || begun === '' ? begun : `${begun}.`;
}

/** Several in a row; those that are missing are left out. */
export function sentences(...texts: readonly (string | undefined)[]): string {
  return texts
    .map((text) => sentence(text ?? ''))
    .filter((text) => text !== '')
    .join(' ');
}

/** dBm or dB, whole or with one digit, with a true minus sign. */
export function decibel(value: number): string {
  return minus(tenths.format(value));
}

/** 'digital_in_3' -> 'Digital in 3'; the number goes when no other field of the reading shares the name. */
export function fieldLabel(field: string, all: readonly string[]): string {
  const bare = field.replace(/_\d+(?=_|$)/, '');
  const alone = all.filter((other) => other.replace(/_\d+(?=_|$)/, '') === bare).length === 1;
  const words = (alone ? bare : field).replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** 1 (about to be lost) to 4 bars. */
export function marginBars(margin: number): 1 | 2 | 3 | 4 {
  if (margin < 5) return 1;
  if (margin < 10) return 2;
  return margin < 15 ? 3 : 4;
}
