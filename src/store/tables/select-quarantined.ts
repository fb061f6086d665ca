/** Finds the quarantined records that fit what somebody asks for. */
import type { QuarantineSelection } from '../../model/quarantine.ts';
import type { Quarantine, QuarantinedRecord } from '../contract.ts';

/** Records read at once. */
const PAGE = 200;

/** At most `limit` records of `sink` with seq > `afterSeq` that fit `selection`, ascending. */
export function selectQuarantined(
  quarantine: Pick<Quarantine, 'list'>,
  sink: string,
  afterSeq: number,
  limit: number,
  selection: QuarantineSelection = {},
): QuarantinedRecord[] {
  const found: QuarantinedRecord[] = [];
  for (let after = afterSeq; found.length < limit; ) {
    const page = quarantine.list(sink, after, PAGE);
    found.push(...page.filter((record) => fits(record, selection)));
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.seq;
  }
  return found.slice(0, limit);
}

function fits({ seq, reason, device }: QuarantinedRecord, selection: QuarantineSelection): boolean {
  return (
    (selection.seqs === undefined || selection.seqs.includes(seq)) &&
    (selection.reason === undefined || reason.includes(selection.reason)) &&
    (selection.device === undefined || device === selection.device)
  );
}
