/**
 * The languages of the pages. Another one is a folder beside en/ and de/ with the same files, and an entry here: the compiler
 * names every word it lacks. Each language is fetched by itself.
 */
import type { first } from './en/first.ts';
import type { later } from './en/later.ts';
import type { BoxWords, Words } from './words.ts';

export type FirstWords = Words<typeof first>;
export type LaterWords = Words<typeof later>;

interface Source {
  /** What its speakers call it. */
  readonly name: string;
  readonly first: () => Promise<FirstWords>;
  readonly later: () => Promise<LaterWords>;
  /** undefined: as the box says it. */
  readonly box: (() => Promise<BoxWords>) | undefined;
  /** What each setting is for, by its path, and each section by its name. undefined: as the box says it. */
  readonly described: (() => Promise<Readonly<Record<string, string>>>) | undefined;
}

export const LANGUAGES = {
  en: {
    name: 'English',
    first: () => import('./en/first.ts').then((file) => file.first),
    later: () => import('./en/later.ts').then((file) => file.later),
    box: undefined,
    described: undefined,
  },
  de: {
    name: 'Deutsch',
    first: () => import('./de/first.ts').then((file) => file.first),
    later: () => import('./de/later.ts').then((file) => file.later),
    box: () => import('./de/box.ts').then((file) => file.box),
    described: () => import('./de/described.ts').then((file) => file.described),
  },
} as const satisfies Readonly<Record<string, Source>>;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}

/** The one chosen here; otherwise the first of the browser's that we have; otherwise English. `wanted`: tags such as 'de-CH'. */
export function languageOf(chosen: string | null, wanted: readonly string[]): Language {
  const tags = [chosen ?? '', ...wanted].map((tag) => tag.toLowerCase().split('-')[0] ?? '');
  return tags.find(isLanguage) ?? 'en';
}

/** How numbers and dates are written: as the browser's own tag of that language has it ('de-CH'), else as the language does. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;
}
