/** What a word of the pages may be, and a language's words beside the English ones. */

import type { InputCode, ProblemCode } from '../../../model/problem-codes.ts';
import type { SAID_TEXTS } from '../../../model/said/texts.ts';

/** One form, or one for each plural that Intl.PluralRules tells apart in the language; `other` is what the rest take. */
export type Text =
  | string
  | ({ readonly other: string } & { readonly [rule in Intl.LDMLPluralRule]?: string });

/** Exactly the keys of the English file. */
export type Words<English> = { readonly [Key in keyof English]: Text };

/** What the box says of itself and why it says no, by code. It has them in English by itself. */
export type BoxWords = Words<typeof SAID_TEXTS> &
  Readonly<Record<`problem.${ProblemCode}` | `input.${InputCode}`, Text>>;
