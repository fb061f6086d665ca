/** Which language the pages speak: the one chosen on this browser, else the browser's. Another choice loads the page again. */
import { speak } from './texts.ts';
import { LANGUAGES, type Language, languageOf, localeOf } from './words/languages.ts';

const KEY = 'wse-language';

export const language: Language = languageOf(stored(), navigator.languages);

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function chooseLanguage(next: Language): void {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing speaks its own language.
  }
  location.reload();
}

/** Fetches the words that are needed from the start, and writes numbers and dates as the language does from now on. */
export async function learnLanguage(): Promise<void> {
  document.documentElement.lang = language;
  speak(localeOf(language, navigator.languages), await LANGUAGES[language].first());
}

let later: Promise<void> | undefined;

/** Fetches the words of the pages that are opened later, once. */
export function learnMore(): Promise<void> {
  later ??= LANGUAGES[language].later().then(
    (words) => speak(undefined, words),
    (error: unknown) => {
      later = undefined;
      throw error;
    },
  );
  return later;
}
