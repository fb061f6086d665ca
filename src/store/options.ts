/** What an opener of the store decides: where it lies, how large it may grow, who reads it, who hears of damage. */
import type { NewRecord } from '../model/record.ts';
import type { World } from '../model/world.ts';
import type { StoreError } from './errors.ts';
import type { Fleeting } from './medium.ts';

export interface RetentionOptions {
  /** Of the store on disk. */
  readonly maxBytes?: number;
  /** Delivered records older than this go. */
  readonly maxAgeDays?: number;
  /** Roll-ups of days older than this go; they outlive the records they are made from. */
  readonly historyMaxAgeDays?: number;
  /** Space kept free on the disk for everything else. */
  readonly reserveBytes?: number;
}

export interface StoreOptions extends RetentionOptions {
  /** Folder of the store; made if missing. */
  readonly dir: string;
  readonly world: World;
  /** File with the key of the device keys; made if missing, unless there are keys that need it. In `dir` if not given. */
  readonly keyFile?: string | undefined;
  /** What a record becomes on its way in: where the wall clock is not to be trusted, one with a clock stamp. */
  readonly stamp?: (record: NewRecord) => NewRecord;
  /** Whether the wall clock is right; while it is not, nothing is old. */
  readonly timeKnown?: () => boolean;
  /** How long a reading may wait for company before it is written, milliseconds. */
  readonly commitMaxDelayMs?: number;
  /** Cursors whose sinks are configured: what they have not passed is undelivered. All opened ones if not given. */
  readonly readers?: readonly string[];
  /** Shown in the status beside what is written. */
  readonly dailyWriteBudgetBytes?: number;
  /** What the card takes in its life; without it its wear is not projected. */
  readonly cardEnduranceBytes?: number;
  /**
   * The file was found damaged in use. Commits wait from now on (unacknowledged), and the next opening repairs: end the
   * process so that it is started again.
   */
  readonly onDamaged?: (error: StoreError) => void;
  /**
   * What was written cannot be brought to disk and no longer be read back. Commits wait from now on (unacknowledged), and the
   * next opening takes what there is: end the process so that it is started again.
   */
  readonly onLost?: (error: StoreError) => void;
  /** Makes the data of an open file last; asks the system if not given. */
  readonly syncData?: (fd: number) => Promise<void>;
  /** How long the write-ahead log gets before it is carried over into the database; a MiB if not given. */
  readonly walBytes?: number;
  /** What is known of the disk: that it does not outlast the next start. Told in the status. */
  readonly fleeting?: Fleeting | undefined;
  /** Bytes free on the disk; asks the system if not given. */
  readonly freeBytes?: () => number;
}
