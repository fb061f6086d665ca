/** A record of this site's log beside the entry that stands for it at the centre, and whether the two are the same. */
import type { EntryId, SentRecord } from '../entry.ts';

/** What was found in the stream for one record. */
export interface Entry {
  readonly id: EntryId;
  /** Absent when the entry is none that a site writes: nobody's record. */
  readonly record?: SentRecord;
}

/** What this site puts there. */
export interface OwnEntry extends Entry {
  readonly record: SentRecord;
  /** Of a record that is traced: goes with it, and is no part of it. */
  readonly traceparent?: string;
}

export function toEntry(epoch: number, record: SentRecord, traceparent?: string): OwnEntry {
  const id = { epoch, seq: record.seq };
  return traceparent === undefined ? { id, record } : { id, record, traceparent };
}

/** Whether `entry` is this very record, under whatever epoch. A record never changes once committed. */
export function holds({ record: found }: Entry, record: SentRecord): boolean {
  return (
    found !== undefined &&
    found.seq === record.seq &&
    found.timeMs === record.timeMs &&
    found.kind === record.kind &&
    found.device === record.device &&
    found.body === record.body
  );
}
