/**
 * Records on their way out of quarantine: their rows go and the sink's counts change in one transaction, so that
 * `quarantined` is the number of rows behind the cursor whatever happens.
 */
import type { Mended } from './contract.ts';
import type { Cursors } from './cursors.ts';
import type { QuarantineTable } from './quarantine.ts';

export interface Mending {
  /** Within a transaction: how many records left. Those in front of the cursor stay, since they are met again. */
  apply(mended: Mended): number;
  committed(): void;
  /** Takes the counts of `apply` back. */
  rolledBack(): void;
}

export function createMending(cursors: Cursors, quarantine: QuarantineTable): Mending {
  let undo: (() => void)[] = [];
  return {
    apply({ sink, seqs, as }) {
      const place = cursors.all().get(sink);
      const count = quarantine.remove(
        sink,
        seqs.filter((seq) => seq <= (place?.seq ?? 0)),
      );
      if (count > 0) undo.push(cursors.mend(sink, count, as).undo);
      return count;
    },
    committed() {
      undo = [];
    },
    rolledBack() {
      for (const one of undo.reverse()) one();
      undo = [];
    },
  };
}
