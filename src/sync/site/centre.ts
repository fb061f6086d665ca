/**
 * The port to the centre: one site's stream and the register of its epochs. Every call touches one key, so any Redis
 * topology can serve it. All calls reject with a CentreFault.
 */
import type { EntryId } from '../entry.ts';
import type { Entry, OwnEntry } from './entry.ts';

export interface Centre {
  /** The greatest ID the stream ever gave (trimming does not lower it), and that entry while it is still there. */
  last(): Promise<{ readonly id: EntryId; readonly entry?: Entry }>;
  /** Which store filled which epoch, and with which seq it ended, as far as that was noted. */
  register(): Promise<Register>;
  /**
   * Enters `storeId` for `epoch` unless another is there already; gives whoever holds it now. Always writes. `ended`: the last ID
   * of the epoch before, which is noted with it.
   */
  claim(epoch: number, storeId: string, ended?: EntryId): Promise<string>;
  /** What stands for this record, alone or in a block; undefined when it was trimmed or never written. */
  entry(id: EntryId): Promise<Entry | undefined>;
  /** The oldest and newest entries of an epoch, undefined when none is left. */
  edges(epoch: number): Promise<{ readonly first: Entry; readonly last: Entry } | undefined>;
  /** Appends a prefix of `entries` if the stream's last ID is `expected`, and nothing otherwise. */
  append(expected: EntryId, entries: readonly OwnEntry[]): Promise<Appended>;
}

export interface Register {
  readonly owners: ReadonlyMap<number, string>;
  /** Epoch to the seq of its last entry. */
  readonly ends: ReadonlyMap<number, number>;
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
