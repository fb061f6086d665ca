/** What a repair says it kept and lost; the body of the record 'salvaged'. */

export interface RepairReport {
  readonly reason: string;
  readonly epoch: number;
  readonly kept: number;
  /** Records known to be lost, in all. */
  readonly lost: number;
  /** Ranges of seq that are lost, the first ones if there are many. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  /** How many more ranges there are. */
  readonly moreRanges: number;
  /** Where devices, keys and counters came from. */
  readonly keysFrom: 'copy' | 'damaged file' | 'nowhere';
  /** Rows beside the log that were not as they were written, by table; those of devices and counters are in the copy. */
  readonly badRows?: Readonly<Record<string, number>>;
}
