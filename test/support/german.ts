/** What a refusal of the API says on a page in German, place by place, as the pages put it together. */
import { joinPieces, type Said } from '../../src/model/said.ts';
import { fillIn } from '../../src/ui/web/texts.ts';
import { LANGUAGES } from '../../src/ui/web/words/languages.ts';
import type { Text } from '../../src/ui/web/words/words.ts';

/** Words that German has not; WAIT is a command of Redis, `and` and `or` are words of expressions. */
export const ENGLISH =
  /(?<!Redis )\b(the|is|are|with|your|this|does|of|which|cannot|nothing|wait|there|must|needed)\b/i;

/** What a page in German says of these pieces, one after the other. */
export async function germanSaid(said: readonly Said[]): Promise<string> {
  const words: Readonly<Record<string, Text>> = (await LANGUAGES.de.box?.()) ?? {};
  const pieces = said.map(({ key, values }) => fillIn(words[key] ?? `the key ${key} has no words`, values));
  return pieces.length === 0 ? '' : joinPieces(pieces);
}

/** What of it a page in German leaves in English, or with a place that is not filled in. */
export async function leftInEnglish(
  all: readonly { readonly said?: readonly Said[] | undefined }[],
): Promise<string[]> {
  const words = await Promise.all(all.map(async ({ said = [] }) => germanSaid(said)));
  return words.filter((one) => one === '' || ENGLISH.test(one) || /\{\w+\}/.test(one));
}

interface Error {
  readonly code?: string;
  readonly values?: Readonly<Record<string, string | number>>;
  readonly said?: readonly Said[];
}

/** undefined for what has no words of its own there. */
export async function germanOf(problem: {
  readonly type: string;
  readonly said?: readonly Said[];
  readonly errors?: readonly Error[];
}): Promise<readonly (string | undefined)[]> {
  const words: Readonly<Record<string, Text>> = (await LANGUAGES.de.box?.()) ?? {};
  const inner = (said: readonly Said[] = []) =>
    said.map(({ key, values }) => fillIn(words[key] ?? `${key} has no words`, values)).join(' ');
  const whole = words[`problem.${problem.type.split(':').at(-1)}`];
  if (!problem.errors) return [whole && fillIn(whole, { detail: inner(problem.said) })];
  return problem.errors.map(({ code, values = {}, said }) => {
    const text = words[`input.${code}`];
    return text && fillIn(text, { ...values, detail: inner(said) });
  });
}
