/** The words of messages, in each language people can be told in. */
import type { NotifyLanguage } from '../../model/notify.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { NotifyWords } from './vocabulary.ts';

const WORDS: Readonly<Record<NotifyLanguage, NotifyWords>> = { en, de };

export function wordsOf(language: NotifyLanguage): NotifyWords {
  return WORDS[language];
}
