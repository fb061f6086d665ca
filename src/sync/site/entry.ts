/**
 * A log record as an entry of the site's stream at the centre. The ID is `<epoch>-<seq>`; the fields are `t` (epoch
 * milliseconds), `k` (kind), `d` (DevEUI, left out when no device is concerned) and `b` (body, JSON text).
 */
import type { LogRecord } from '../../model/record.ts';

export interface EntryId {
  readonly epoch: number;
  readonly seq: number;
}

export interface Entry {
  readonly id: EntryId;
  readonly t: string;
  readonly k: string;
  /** Empty when no device is concerned. */
  readonly d: string;
  readonly b: string;
}

/** What a stream that was never written to gives as its last ID. */
export const NO_ENTRY: EntryId = { epoch: 0, seq: 0 };

export function formatId(id: EntryId): string {
  return `${id.epoch}-${id.seq}`;
}

/** undefined when `text` is not an ID or one of its halves does not fit a safe integer. */
export function parseId(text: string): EntryId | undefined {
  const match = /^(\d{1,20})-(\d{1,20})$/.exec(text);
  if (!match) return undefined;
  const epoch = Number(match[1]);
  const seq = Number(match[2]);
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { epoch, seq } : undefined;
}

export function toEntry(epoch: number, record: LogRecord): Entry {
  return {
    id: { epoch, seq: record.seq },
    t: String(record.timeMs),
    k: record.kind,
    d: record.device ?? '',
    b: record.body,
  };
}

/** Whether `entry` is this very record, under whatever epoch. A record never changes once committed. */
export function holds(entry: Entry, record: LogRecord): boolean {
  const own = toEntry(entry.id.epoch, record);
  return (
    own.id.seq === entry.id.seq &&
    own.t === entry.t &&
    own.k === entry.k &&
    own.d === entry.d &&
    own.b === entry.b
  );
}
