/** What the pages ask of the care for a box: its backups and their restoring, files brought to it, its program. */
import type { Said, Told } from './said.ts';

/** How much a store holds, in the few figures by which a person tells one from another. */
export interface HeldContents {
  readonly epoch: number;
  readonly records: number;
  /** Of the first and the last record, epoch milliseconds. */
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
  readonly devices: number;
  /** False where there are only devices, keys and counters. */
  readonly hasLog: boolean;
}

export interface ListedBackup {
  readonly name: string;
  readonly madeMs: number;
  /** What it says of itself; absent where that cannot be read. */
  readonly note?: {
    readonly bytes: number;
    readonly version: string | undefined;
    readonly left: readonly string[];
    readonly contents: HeldContents | undefined;
  };
}

export interface BackupList {
  readonly folder: string;
  readonly backups: readonly ListedBackup[];
  /** Why there is nothing to list. */
  readonly problem?: string;
  /** The problem piece by piece. */
  readonly said?: readonly Said[];
}

/** One that is being made. */
export interface BackupUnderWay {
  readonly startedMs: number;
  /** Bytes that are there, of about so many; absent while it only looks. */
  readonly bytes?: number;
  readonly ofBytes?: number;
}

export interface BackupSchedule {
  readonly enabled: boolean;
  /** 'hh:mm' by the clock of the machine. */
  readonly at: string;
  readonly keepDaily: number;
  readonly keepWeekly: number;
  readonly keepMonthly: number;
}

/** A file as it is sent. */
export interface SentFile {
  readonly name: string;
  readonly size: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** What a backup holds, and what it would take the place of. */
export interface RestorePreview {
  /** Why it cannot be restored; empty when it can. */
  readonly problems: readonly Told[];
  readonly madeMs: number | undefined;
  readonly version: string | undefined;
  readonly site: string | undefined;
  readonly bytes: number;
  readonly contents: HeldContents | undefined;
  readonly hasUsers: boolean;
  readonly hasKey: boolean;
  /** Of the store it would replace, or why that cannot be read. */
  readonly here: HeldContents | Told | undefined;
  /** Why it should not take that place unless somebody means it. */
  readonly objection: Told | undefined;
}

/** How the last restore asked for by a page ended. */
export interface RestoreReport {
  readonly name: string;
  readonly endedMs: number;
  /** Empty when it was done; else nothing was changed. */
  readonly problems: readonly Told[];
  readonly epoch?: number;
  /** Folder with what was there before. */
  readonly aside?: string;
}

export type RestoreState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'checking'; readonly name: string }
  | { readonly kind: 'ready'; readonly id: string; readonly name: string; readonly preview: RestorePreview }
  /** The check itself failed. */
  | { readonly kind: 'failed'; readonly name: string; readonly problem: Told }
  /** It is carried out at the start that follows at once. */
  | { readonly kind: 'restarting'; readonly name: string };

export type UploadKind = 'backup' | 'update' | 'catalogue';

/** A file that is being brought, in pieces. */
export interface Upload {
  readonly id: string;
  readonly kind: UploadKind;
  readonly name: string;
  readonly size: number;
  readonly received: number;
}

/** Where the program lies: whether, and how, it can be exchanged. */
export type UpdatePlace =
  /** Installed in a folder of the service's own: from here. */
  | { readonly kind: 'plain'; readonly prefix: string }
  /** Installed for the whole machine: by its administrator, who may let root carry out what the service asks for. */
  | { readonly kind: 'system'; readonly byRequest?: true }
  /** By another image. */
  | { readonly kind: 'container' }
  /** Run from source, or from where we may not write. */
  | { readonly kind: 'elsewhere' };

/** A new version that was brought and whose signature holds. */
export interface UpdateCandidate {
  readonly version: string;
  readonly commit: string;
  readonly arch: string;
  readonly size: number;
  readonly sha256: string;
  /** -1: older than the one that runs, 0: the same version, 1: newer. */
  readonly order: -1 | 0 | 1;
  /** Where it lies. */
  readonly file: string;
}

export interface UpdateState {
  readonly place: UpdatePlace;
  readonly version: string;
  readonly commit: string;
  readonly arch: string;
  /** Whether there is a key to check a release with. */
  readonly canCheck: boolean;
  readonly candidate?: UpdateCandidate;
  /** The upgrade has been started. */
  readonly begun?: boolean;
  /** Why root has refused the one that was asked for last. */
  readonly refused?: Told;
  readonly last?: {
    readonly kind: 'upgraded' | 'taken_back' | 'rolled_back';
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly endedMs: number;
  };
  /** One that has yet to prove itself. */
  readonly pending?: { readonly from: string; readonly to: string };
  /** What the upgrade said. */
  readonly log?: string;
}
