/**
 * What the other rooms may ask of the store: the log, its cursors, devices, quarantine. Functions only; no SQL and no
 * handle leaves this folder. Reads are synchronous and short; the one write path is `commit`.
 */
import type { Device, DeviceState } from '../model/device.ts';
import type { QueuedDownlink } from '../model/downlink.ts';
import type { DurationCounts } from '../model/durations.ts';
import type { DeviceProfile } from '../model/profile.ts';
import type { DownlinkBody, LogRecord, NewRecord } from '../model/record.ts';
import type { Said } from '../model/said.ts';
import type { DocumentKind, DocumentKinds } from '../model/site-document.ts';
import type { StoreStatus } from '../model/status.ts';
import type { ClockBook } from '../model/time.ts';

/** Everything one event changes; stored whole or not at all. An empty change is a barrier. */
export interface Change {
  readonly records?: readonly NewRecord[];
  /** Uplink counters to move, next expected value. */
  readonly counters?: readonly { readonly devEui: string; readonly nextFCntUp: number }[];
  /** Keys to remember so that the same event is not taken twice (ChirpStack's deduplicationId). */
  readonly seen?: readonly string[];
  /** Somebody waits within milliseconds (a join, a downlink): commit without gathering company. */
  readonly urgent?: boolean;
  readonly released?: Released;
  readonly kept?: KeptChange;
  readonly network?: NetworkChange;
}

/** What a reader of the log keeps of its own: its position, its state. */
export interface KeptChange {
  readonly reader: string;
  /** Added or replaced, as JSON, by key. */
  readonly put?: ReadonlyMap<string, unknown>;
  /** Keys; removed first. */
  readonly remove?: readonly string[];
}

/** What the network server writes down before it sends. */
export interface NetworkChange {
  readonly sessions?: readonly StoredSession[];
  /** DevNonces that are used up. */
  readonly nonces?: readonly {
    readonly devEui: string;
    readonly joinEui: string;
    readonly devNonce: number;
  }[];
  /** Downlinks new or changed; new ones go to the end of the queue. */
  readonly downlinks?: readonly QueuedDownlink[];
  /** Ids of downlinks that leave the queue. */
  readonly finished?: readonly string[];
}

/** The network server's side of a device. */
export interface StoredSession {
  readonly devEui: string;
  /** Counter of the next downlink. */
  readonly fCntDown: number;
  /** Of the last join accept; null before the first. */
  readonly joinNonce: number | null;
  /** The rest as the network server wrote it, encrypted at rest; '' when it cannot be read any more. */
  readonly state: string;
}

export interface NetworkStore {
  sessions(): StoredSession[];
  /** The DevNonces taken from a device under a JoinEUI; `last` is the greatest. */
  devNonces(
    devEui: string,
    joinEui: string,
  ): { readonly last: number | null; readonly used: { has(devNonce: number): boolean } };
  /** All queues, oldest first. */
  downlinks(): QueuedDownlink[];
}

/** Quarantined records that leave quarantine, and what became of them: written after all, or given up by somebody. */
export interface Released {
  readonly sink: string;
  /** Those in front of the sink's cursor stay: they will be met again. */
  readonly seqs: readonly number[];
  readonly as: 'delivered' | 'expired';
}

/** The result of a commit: the `seq` of the change's first record (0 if it had none). */
export interface Committed {
  readonly firstSeq: number;
  /** How many records of `released` left quarantine, when there were any to. */
  readonly released?: number;
}

/** Of one change among several. */
export type CommitOutcome = Committed | { readonly error: unknown };

export interface Log {
  /** Records with seq > `after`, ascending, at most `limit` and about `maxBytes` of body (at least one). */
  readAfter(after: number, limit: number, maxBytes?: number): LogRecord[];
  /**
   * Looks through the next `records` seqs after `after` for what is no reading: those, ascending, of about `maxBytes` (at least
   * one), and up to where it looked. Readings cost next to nothing.
   */
  eventsAfter(
    after: number,
    records: number,
    maxBytes?: number,
  ): { readonly events: LogRecord[]; readonly to: number };
  /** Newest first, seq < `before`. */
  readBefore(before: number, limit: number): LogRecord[];
  /** One device's records, newest first, seq < `before`. */
  ofDevice(devEui: string, before: number, limit: number): LogRecord[];
  /** seq of the oldest record kept (lastSeq + 1 when empty). Between it and the newest there may be holes. */
  firstSeq(): number;
  /** seq of the newest record on disk, 0 if none; nothing beyond it can be read. */
  lastSeq(): number;
  /** Time of the first record with seq > `after`, epoch milliseconds. */
  timeAfter(after: number): number | undefined;
  /** Calls back when appended records are on disk, in order; returns the unsubscriber. */
  onAppend(listener: (firstSeq: number, lastSeq: number) => void): () => void;
}

/**
 * A reader's position: all records up to `seq` are done with. Kept in memory at once and on disk with the next commit or
 * within seconds: every sink is idempotent, so an older position after a crash only repeats, never loses.
 */
export interface Cursor {
  readonly name: string;
  state(): CursorState;
  /** Moves forward to `seq`; of the records passed, `quarantined` were set aside and `expired` given up. */
  advance(seq: number, quarantined?: number, expired?: number): void;
  /** Goes back so that delivery resumes after `seq` (never before the oldest record kept). Returns the position taken. */
  rewind(seq: number): number;
}

export interface CursorState {
  readonly seq: number;
  /**
   * accepted = delivered + pending + quarantined + expired, always; accepted is the last seq of the log. `pending` counts
   * records that are there: those removed from in front of the position are `expired`.
   */
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly quarantined: number;
  readonly expired: number;
}

/** A point a sink refused for good, kept with everything needed to understand and put it right. */
export interface QuarantinedRecord extends LogRecord {
  readonly sink: string;
  readonly reason: string;
  /** When it was set aside, epoch milliseconds. */
  readonly quarantinedMs: number;
}

export interface QuarantineUse {
  readonly records: number;
  /** What they take of the file, rounded up. */
  readonly bytes: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** The next record of usual size finds no room. */
  readonly full: boolean;
}

export interface Quarantine {
  /**
   * Keeps the records; gives the seqs of those it has no room for. One that is there already is replaced and always has
   * room.
   */
  add(
    sink: string,
    items: readonly { readonly record: LogRecord; readonly reason: string }[],
    nowMs: number,
  ): readonly number[];
  /** Of all sinks. The bound is the quarantine's own: it takes no room from the log. */
  use(): QuarantineUse;
  list(sink: string, afterSeq: number, limit: number): QuarantinedRecord[];
  count(sink: string): number;
  remove(sink: string, seqs: readonly number[]): number;
}

export interface Devices {
  list(): (Device & DeviceState)[];
  get(devEui: string): (Device & DeviceState) | undefined;
  /**
   * Does ahead, in pieces between which others have their turn, what `putAll` would have to do for these very objects; changes
   * nothing.
   */
  prepare(devices: readonly Device[]): Promise<void>;
  /** Creates or replaces; the uplink counter is kept unless the session (DevAddr or key) changes. */
  put(device: Device): void;
  /**
   * The same for many: all of them or, if one cannot be stored, none. `nextFCntUp` has the counters of running sessions, by
   * DevEUI: taken with a new session, with the one known only if higher.
   */
  putAll(devices: readonly Device[], nextFCntUp?: ReadonlyMap<string, number>): void;
  remove(devEui: string): boolean;
  /** A tag of what is set of a device, its keys too: the same after a restart, and keys cannot be tried by it. */
  revisionOf(device: Device & Partial<DeviceState>): string;
  /** Calls back after any put or remove; returns the unsubscriber. */
  onChange(listener: () => void): () => void;
}

/** A device maker's script. */
export interface CodecSource {
  readonly name: string;
  readonly source: string;
}

export interface CodecSources {
  /** By name. */
  list(): CodecSource[];
  get(name: string): string | undefined;
  /** Adds or replaces. */
  put(codec: CodecSource): void;
  remove(name: string): boolean;
  /** Calls back after any put or remove; returns the unsubscriber. */
  onChange(listener: () => void): () => void;
}

export interface Profiles {
  /** By name. */
  list(): DeviceProfile[];
  get(name: string): DeviceProfile | undefined;
  /** Adds or replaces. */
  put(profile: DeviceProfile): void;
  remove(name: string): boolean;
  /** Calls back after any put or remove; returns the unsubscriber. */
  onChange(listener: () => void): () => void;
}

/** What people note down about the site: a few of each kind, by name. */
export interface Documents {
  /** By name; as it is now, and as it changes. */
  all<Kind extends DocumentKind>(kind: Kind): ReadonlyMap<string, DocumentKinds[Kind]>;
  /** Adds or replaces. */
  put<Kind extends DocumentKind>(kind: Kind, name: string, value: DocumentKinds[Kind]): void;
  remove(kind: DocumentKind, name: string): boolean;
}

/** Small state of other rooms by name, as JSON: a few values that can be lost, and no more. Both may throw a StoreError. */
export interface Notes {
  /** undefined when there is none. */
  get(name: string): unknown;
  put(name: string, value: unknown): void;
}

/** Of one device's numeric fields, for a chart; a boolean is 0 or 1, texts are not shown. */
export interface HistoryQuery {
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
  /** At most. */
  readonly buckets: number;
  /** All without. */
  readonly fields?: ReadonlySet<string>;
}

export interface HistoryPoint {
  /** When its bucket begins. */
  readonly startMs: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly first: number;
  readonly firstMs: number;
  readonly last: number;
  readonly lastMs: number;
}

export interface HistorySeries {
  readonly field: string;
  /** In the order of time; a bucket in which nothing was measured has none. */
  readonly points: readonly HistoryPoint[];
}

/** What else happened: a downlink and where it got to, a join, an alarm; readings that came late, or whose time was put right. */
export interface HistoryMark {
  readonly kind: 'downlink' | 'join' | 'alarm' | 'late' | 'redated';
  /** Of a downlink: the newest step in the range. */
  readonly step?: DownlinkBody['step'];
  /** Of an alarm. */
  readonly message?: string;
  readonly said?: readonly Said[] | undefined;
  readonly timeMs: number;
  /** Of the last of `count` readings one after another; when an alarm was over, or is still active in the newest record. */
  readonly toMs: number;
  readonly count: number;
}

export interface History {
  /** The readings themselves, or whole hours of them: where those are too many, or gone. */
  readonly source: 'readings' | 'hours';
  /** Where the first bucket begins: for hours, with the hour. */
  readonly fromMs: number;
  readonly bucketMs: number;
  /** By name. */
  readonly series: readonly HistorySeries[];
  /** Records that hours do not have in them yet, for a while after a start. */
  readonly behind: number;
  /** Known only where the readings themselves were looked at. */
  readonly marks?: readonly HistoryMark[];
}

/** `epoch` was this store's at the centre; the log's records up to `seq` are those that had these numbers in it. */
export interface Ancestor {
  readonly epoch: number;
  readonly seq: number;
}

export interface Store {
  /** Incarnation of the store: grows when it is rebuilt, restored or found to share its epoch with another. */
  epoch(): number;
  /** Random name of this store, made when its file was made. */
  storeId(): string;
  /** `deliveredSeq`: up to here the records are known to have gone out in the epoch that ends, or before. */
  setEpoch(epoch: number, deliveredSeq?: number): void;
  /** The centre knows the present epoch as this store's. */
  noteClaim(): void;
  ancestors(): readonly Ancestor[];
  /**
   * Queues `change` for the next group commit. Resolves once it is on disk (synced); changes land in the order of
   * the calls. While the disk refuses (full, I/O error) it waits and tries again: it rejects only for a change that can
   * never be stored, and then the others still are, or when the store is closed.
   */
  commit(change: Change): Promise<Committed>;
  /** The same for several, in this order, with one promise, which never rejects. */
  commitAll(changes: readonly Change[]): Promise<readonly CommitOutcome[]>;
  /** Whether `key` was remembered by an earlier committed change. */
  seen(key: string): boolean;
  readonly log: Log;
  cursor(name: string): Cursor;
  /** What `reader` keeps, by key, from changes that were committed; a damaged row is left out. */
  kept(reader: string): ReadonlyMap<string, unknown>;
  history(devEui: string, query: HistoryQuery): Promise<History>;
  readonly quarantine: Quarantine;
  readonly devices: Devices;
  readonly codecs: CodecSources;
  readonly profiles: Profiles;
  readonly documents: Documents;
  readonly network: NetworkStore;
  readonly notes: Notes;
  /** What the log says about its own clocks. */
  readonly clocks: ClockBook;
  status(): StoreStatus;
  /** From the call of a commit to its being on disk. */
  commitTimes(): DurationCounts;
  closed(): boolean;
  /**
   * Resolves once everything changed so far is on disk: `put`, `remove` and their kind come back before. Rejects with a
   * StoreError when the disk refuses.
   */
  synced(): Promise<void>;
  /** Commits what is queued now instead of waiting for company. */
  flush(): void;
  /** Finishes what is queued, writes the cursors, closes the file. */
  close(): Promise<void>;
}
