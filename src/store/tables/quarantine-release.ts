/**
 * Records on their way out of quarantine: their rows go and the sink's counts change in one transaction, so that
 * `quarantined` is the number of rows behind the cursor whatever happens.
 */
import type { Released } from '../contract.ts';
import type { Cursors } from '../log/cursors.ts';
import type { QuarantineTable } from './quarantine.ts';

export interface QuarantineRelease {
  /** Within a transaction: how many records left. Those in front of the cursor stay, since they are met again. */
  apply(released: Released): number;
  committed(): void;
  /** Takes the counts of `apply` back. */
  rolledBack(): void;
}

export function createQuarantineRelease(cursors: Cursors, quarantine: QuarantineTable): QuarantineRelease {
  let undo: (() => void)[] = [];
  return {
    apply({ sink, seqs, as }) {
      const position = cursors.all().get(sink);
      const count = quarantine.remove(
        sink,
        seqs.filter((seq) => seq <= (position?.seq ?? 0)),
      );
      if (count > 0) undo.push(cursors.release(sink, count, as).undo);
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
