/** What `collect` hands to a sink: records of several sites that were read together, and what a sink says it did with them. */
import type { Coverage, Range } from './coverage.ts';

/** Streams of a site that are read by the groups of the sinks. */
export type StreamName = 'log' | 'events' | 'again';

export interface SiteRecord {
  readonly site: string;
  readonly epoch: number;
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly timeMs: number;
  readonly kind: string;
  /** DevEUI, or null where no device is concerned. */
  readonly device: string | null;
  /** JSON text. */
  readonly body: string;
  /** Sent once more, out of its order. */
  readonly isAgain?: true;
  /** Where the centre traces, and its site does. */
  readonly traceparent?: string;
}

/** An entry that cannot be taken, with why. */
export interface Poison {
  readonly site: string;
  readonly stream: StreamName;
  /** Of the entry; of a record of its own that was refused, `<epoch>-<seq>`. */
  readonly id: string;
  readonly reason: string;
  /** What of it can be shown, cut. */
  readonly raw: string;
}

export interface EpochRange {
  readonly epoch: number;
  readonly range: Range;
}

export interface SiteBatch {
  readonly site: string;
  /** Of the log, in order. */
  readonly records: readonly SiteRecord[];
  /** Early copies out of the events; the log brings them again. */
  readonly early: readonly SiteRecord[];
  /** Newest readings of a site with a backlog: shown, never counted. */
  readonly live: readonly SiteRecord[];
  readonly poison: readonly Poison[];
  /** Numbers of the log that these entries stand for, those set aside included. */
  readonly delivered: readonly EpochRange[];
  /** Numbers that entries stand for which the site has sent once more. */
  readonly again?: readonly EpochRange[];
  /** Numbers that records in here explain: expired, salvaged. */
  readonly explained: readonly EpochRange[];
  /** The register: epoch to the id of the store that filled it; '' where it holds none. */
  readonly stores: ReadonlyMap<number, string>;
}

export interface Batch {
  readonly sites: readonly SiteBatch[];
  /** Records of the log. */
  readonly count: number;
}

/** What became of a batch. */
export interface Stored {
  /** Records that were new to the sink. */
  readonly fresh: number;
  /** What the sink refused or found to differ from what it has under the same number; it has set them aside. */
  readonly refused: readonly Poison[];
  /** By site, everything accounted for in this sink, where it keeps that itself. */
  readonly coverage?: ReadonlyMap<string, Coverage>;
}

export interface Account {
  /** Names the store's present life: another one when what was durable need not be there any more. '' before it was asked. */
  life(): string;
  /** What is accounted for of these sites. Rejects when the store does. */
  read(sites: readonly string[]): Promise<ReadonlyMap<string, Coverage>>;
}

export interface Sink {
  readonly name: 'postgres' | 'influx' | 'files';
  /** Makes the batch durable, each record once however often it comes. Rejects when it cannot for now: nothing is lost by trying again. */
  store(batch: Batch, signal: AbortSignal): Promise<Stored>;
  /** Of a store that keeps its own account, and may come back from a fail-over or a backup with less than it had. */
  readonly account?: Account;
  /** Work between batches: old partitions, files of yesterday. */
  maintain?(): Promise<void>;
  /** What is wrong with the store though it takes everything; undefined where nothing is, or it was not looked at yet. */
  caution?(): SinkFault | undefined;
  close(): Promise<void>;
}

/** A sink that cannot be written to, in words for the operator. */
export class SinkFault extends Error {
  override readonly name = 'SinkFault';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
