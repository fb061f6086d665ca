/** What settings and their sections are for, in the language of the reader; in the box's English where there are no words for it. */
import { signal } from '@preact/signals';
import { language } from '../language.ts';
import { LANGUAGES } from '../words/languages.ts';

const known = signal<Readonly<Record<string, string>>>({});

/** Fetches the words, which only the pages with settings need. */
export async function learnDescriptions(): Promise<void> {
  try {
    known.value = (await LANGUAGES[language].described?.()) ?? {};
  } catch {
    // Better in English than not at all.
  }
}

/** `name`: path of a setting or name of a section. `lang` where it is not the page's. */
export function described(name: string, inEnglish: string): { readonly text: string; readonly lang?: 'en' } {
  const own = Object.hasOwn(known.value, name) ? known.value[name] : undefined;
  return own === undefined ? { text: inEnglish, lang: 'en' } : { text: own };
}
