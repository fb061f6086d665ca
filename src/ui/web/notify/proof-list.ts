/** The messages a page knows of, the newest first, as pages of them come and new ones are looked for. Pure. */
import type { NotifyProofView } from '../../shapes/notify.ts';

/** '' for all. */
export interface Wanted {
  readonly person: string;
  readonly channel: string;
}

/** Each once, by its number. */
export function merged(
  known: readonly NotifyProofView[],
  come: readonly NotifyProofView[],
): readonly NotifyProofView[] {
  const all = new Map([...known, ...come].map((proof) => [proof.n, proof]));
  return [...all.values()].sort((a, b) => b.n - a.n);
}
