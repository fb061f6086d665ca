/**
 * What the box says of itself and why it says no, in the language of the reader: by the codes that come beside its English,
 * which is shown where a code has no words here, as of a newer box.
 */
import { signal } from '@preact/signals';
import type { Refusal } from './call.ts';
import { sentence, sentences } from './format.ts';
import { language } from './language.ts';
import { fillIn, type TextKey, t } from './texts.ts';
import { LANGUAGES } from './words/languages.ts';
import type { Text } from './words/words.ts';

type Values = Readonly<Record<string, string | number>>;

export interface Said {
  readonly key: string;
  readonly values: Values;
  readonly todo?: string | undefined;
}

export interface Told {
  readonly detail: string;
  readonly hint?: string | undefined;
  readonly said?: readonly Said[] | undefined;
}

/** undefined until they are fetched; none for the language of the box. */
const words = signal<Readonly<Record<string, Text>> | undefined>(undefined);

/** Fetches the words of the box, once the first page is drawn. */
export async function learnBoxWords(): Promise<void> {
  try {
    words.value = (await LANGUAGES[language].box?.()) ?? {};
  } catch {
    // Better in English than not at all.
    words.value = {};
  }
}

/** In words; nothing while they are being fetched. */
export function toldWords({ detail, hint, said = [] }: Told): { detail: string; hint?: string } {
  const known = words.value;
  const asIs = { detail, ...(hint === undefined ? {} : { hint }) };
  if (said.length === 0 || language === 'en') return asIs;
  if (!known) return { detail: '' };
  const keys = said.flatMap(({ key, todo }) => [key, todo ?? '']).filter((key) => key !== '');
  if (!keys.every((key) => Object.hasOwn(known, key))) return asIs;
  const spoken = (key: string | undefined, values: Values): string =>
    key ? fillIn(known[key] ?? key, values) : '';
  const pieces = said.map(({ key, values }) => spoken(key, values)).filter((piece) => piece !== '');
  const hints = said.map(({ todo, values }) => spoken(todo, values)).filter((one) => one !== '');
  return {
    detail: pieces.reduce((all, piece) => `${all}${all.endsWith(':') ? '' : ';'} ${piece}`),
    ...(hints.length === 0 ? {} : { hint: hints.join('\n') }),
  };
}

export function detailWords(told: Told): string {
  return toldWords(told).detail;
}

/** What an alarm says. */
export function messageWords({ message, said }: Pick<Told, 'said'> & { readonly message: string }): string {
  return detailWords({ detail: message, said });
}

/** Detail and hint as sentences. */
export function toldSentences(told: Told): string {
  const { detail, hint } = toldWords(told);
  return sentences(detail, hint);
}

/** What somebody else said, or nobody. */
const NOT_THE_BOX: Readonly<Record<string, TextKey>> = {
  unreachable: 'lost.first',
  between: 'lost.between',
  'between-too-large': 'lost.tooLarge',
};

/** Why the box said no: the first place that is wrong, or the refusal itself. */
export function refusedWords({ code, detail, values = {}, said, place }: Refusal): string {
  const others = NOT_THE_BOX[code];
  if (others !== undefined) return t(others, values);
  const known = words.value ?? {};
  const own = known[place ? `input.${place.code}` : `problem.${code}`];
  const isSentence = place?.code === 'sentence' || (place === undefined && said !== undefined);
  if (own === undefined) return isSentence ? sentence(detail) : detail;
  const inner = place && !isSentence ? detailWords(place) : sentence(detailWords(place ?? { detail, said }));
  const text = fillIn(own, { ...(place?.values ?? values), detail: inner });
  return place ? `${place.name} ${text}`.trim() : text;
}
