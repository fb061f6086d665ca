/** What left and what never will, newest last: the newest thousand are kept, each a row of the store. */
import type { NotifyProof } from '../model/notify.ts';
import type { NotifyProofsWanted } from '../model/notify-service.ts';

const PREFIX = 'proof:';
const MAX_PROOFS = 1_000;

export interface Proofs {
  /** Kept with the next change. */
  add(proof: Omit<NotifyProof, 'n'>): void;
  /** Newest first, n < `before`. */
  list(before: number, limit: number, wanted?: NotifyProofsWanted): readonly NotifyProof[];
  /** Rows to be written and removed since the last time. */
  takeChanges(): { readonly put: ReadonlyMap<string, NotifyProof>; readonly remove: readonly string[] };
}

export function createProofs(rows: ReadonlyMap<string, unknown>): Proofs {
  const all = [...rows]
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([, row]) => row as NotifyProof)
    .sort((a, b) => a.n - b.n);
  let put = new Map<string, NotifyProof>();
  let remove: string[] = [];
  return {
    add(given) {
      const proof = { n: (all.at(-1)?.n ?? 0) + 1, ...given };
      all.push(proof);
      put.set(keyOf(proof.n), proof);
      for (const old of all.splice(0, Math.max(0, all.length - MAX_PROOFS))) {
        if (!put.delete(keyOf(old.n))) remove.push(keyOf(old.n));
      }
    },
    list(before, limit, { person, channel } = {}) {
      const older = all.filter(
        (proof) =>
          proof.n < before &&
          (person === undefined || proof.person === person) &&
          (channel === undefined || proof.channel === channel),
      );
      return older.slice(-limit).reverse();
    },
    takeChanges() {
      const taken = { put, remove };
      put = new Map();
      remove = [];
      return taken;
    },
  };
}

function keyOf(n: number): string {
  return `${PREFIX}${String(n).padStart(10, '0')}`;
}
