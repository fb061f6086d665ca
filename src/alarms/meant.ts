/** What somebody may have meant by a name there is not. Pure. */
import { type Told, tell } from '../model/said.ts';
import { nearest } from '../model/suggest.ts';

/** One piece to be told behind the others, or none. */
export function meant(wrong: string, candidates: readonly string[]): readonly Told[] {
  const name = nearest(wrong, candidates);
  return name === undefined ? [] : [tell('rule.meant', { name })];
}
