/**
 * The port to the centre: one site's stream and the register of its epochs. Every call touches one key, so any Redis
 * topology can serve it. All calls reject with a CentreFault.
 */
import type { Entry, EntryId } from './entry.ts';

export interface Centre {
  /** The greatest ID the stream ever gave (trimming does not lower it), and that entry while it is still there. */
  last(): Promise<{ readonly id: EntryId; readonly entry?: Entry }>;
  /** The register: which store filled which epoch. */
  owners(): Promise<ReadonlyMap<number, string>>;
  /** Enters `storeId` for `epoch` unless another is there already; gives whoever holds it now. Always writes. */
  claim(epoch: number, storeId: string): Promise<string>;
  /** The entry with this ID, undefined when it was trimmed or never written. */
  entry(id: EntryId): Promise<Entry | undefined>;
  /** The oldest and newest entries of an epoch, undefined when none is left. */
  edges(epoch: number): Promise<{ readonly first: Entry; readonly last: Entry } | undefined>;
  /** Appends a prefix of `entries` if the stream's last ID is `expected`, and nothing otherwise. */
  append(expected: EntryId, entries: readonly Entry[]): Promise<Appended>;
}

export interface Appended {
  /** How many of the entries landed: always the first ones. */
  readonly landed: number;
  /** The stream's last ID afterwards. */
  readonly last: EntryId;
  /** Whether the stream's last ID was the expected one. */
  readonly asExpected: boolean;
  /** The error reply that stopped the batch, beginning with its code. */
  readonly refusal?: string;
}
