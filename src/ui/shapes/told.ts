/** What the box says, in English and piece by piece under the keys for which the pages have words in their languages. */
import * as z from 'zod/mini';
import { type SaidKey, type SaidValues, tell } from '../../model/said.ts';
import { maybe } from './describe.ts';

/** By the same keys the pages have words in their languages. */
export const saidSchema = maybe(
  z.readonly(
    z.array(
      z.object({
        key: z.string(),
        values: z.record(z.string(), z.union([z.number(), z.string()])),
        todo: maybe(z.string(), 'The key of what to do'),
      }),
    ),
  ),
  'Detail and hint piece by piece, for whoever says them in another language',
);

/** A sentence of its own. */
export const toldSchema = z.object({ detail: z.string(), hint: z.optional(z.string()), said: saidSchema });

/** For a check of an input: what it says, in every language. */
export function saying(key: SaidKey, values?: SaidValues) {
  const { detail, said } = tell(key, values);
  return { error: detail, params: { said } };
}
