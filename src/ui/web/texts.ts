/**
 * The words of the pages in the language of the reader. `t` takes a key of words/, picks the plural by `count` and fills in
 * {names}. boot.ts has the language spoken before anything else runs, so numbers and dates may be made ready with `locale`.
 */
import type { FirstWords, LaterWords } from './words/languages.ts';
import type { Text } from './words/words.ts';

export type TextKey = keyof FirstWords | keyof LaterWords;

/** How numbers and dates are written: a BCP 47 tag. */
export let locale = 'en';
let plural = new Intl.PluralRules(locale);
let number = new Intl.NumberFormat(locale);
let catalogue: Readonly<Record<string, Text>> = {};

/** Takes up the words of `tag`'s language, or more of the language spoken where it is undefined. */
export function speak(tag: string | undefined, words: Readonly<Record<string, Text>>): void {
  catalogue = tag === undefined ? { ...catalogue, ...words } : words;
  if (tag === undefined) return;
  locale = tag;
  plural = new Intl.PluralRules(tag);
  number = new Intl.NumberFormat(tag);
}

export function hasText(key: string): key is TextKey {
  return Object.hasOwn(catalogue, key);
}

/** The text of `key`; '{name}' is replaced by `values.name`, numbers are grouped. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return fillIn(catalogue[key] ?? key, values);
}

/** `entry` with its plural picked by `count` and its {names} filled in. */
export function fillIn(entry: Text, values: Readonly<Record<string, string | number>>): string {
  const { count } = values;
  const rule = typeof count === 'number' ? plural.select(count) : 'other';
  const text = typeof entry === 'string' ? entry : (entry[rule] ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number.format(value) : value;
  });
}
