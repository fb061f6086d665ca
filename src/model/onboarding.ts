/** Devices in files and codes: what comes of an import, the forms of an export, what an onboarding code says. */

import type { Said } from './said.ts';

/** 'chirpstack': the objects of its API; 'the-things-stack': one end device after the other. Both are JSON. */
export const EXPORT_FORMATS = ['csv', 'json', 'chirpstack', 'the-things-stack'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Whether root and session keys are written; false unless given. */
  readonly withKeys?: boolean;
  /** Whether another box can go on with running sessions: keys, counters, windows and nonces; false unless given. */
  readonly withSessions?: boolean;
}

/** What a heading of a CSV file, or a member of a JSON file, can be told to mean. */
export const IMPORT_COLUMNS = [
  'devEui',
  'joinEui',
  'appKey',
  'name',
  'area',
  'description',
  'profile',
  'codec',
  'region',
  'macVersion',
  'deviceClass',
  'devAddr',
  'nwkSKey',
  'appSKey',
  'fCntUp',
  'fCntDown',
] as const;
export type ImportColumn = (typeof IMPORT_COLUMNS)[number];

/** By heading, as it stands in the file; '' leaves the column out. */
export type ColumnMapping = Readonly<Record<string, ImportColumn | ''>>;

export interface FoundColumns {
  /** Line of the headings in a CSV file; 0 for JSON. */
  readonly line: number;
  /** Between the cells of a CSV file. */
  readonly separator: string;
  readonly headings: readonly { readonly heading: string; readonly column?: ImportColumn }[];
}

export interface ImportOptions {
  /** Over what the headings mean by themselves. */
  readonly columns?: ColumnMapping;
  /** Only says what would be done. */
  readonly dryRun?: boolean;
  /** Codec of new devices for which the file names none. */
  readonly codec?: string;
}

/** What became, or would become, of the devices of a file. Never holds a key. */
export interface ImportOutcome {
  readonly created: readonly ImportedDevice[];
  readonly changed: readonly ImportedDevice[];
  /** Left as they are, and why. */
  readonly skipped: readonly ImportedDevice[];
  /** Devices of the file that could not be read: line of a CSV file, number of the device in a JSON file, from 1. */
  readonly problems: readonly {
    readonly line: number;
    readonly problem: string;
    /** The problem piece by piece. */
    readonly said: readonly Said[];
  }[];
  /** What its columns are taken for; absent where it has none. */
  readonly columns?: FoundColumns;
}

/** What became of the devices of an import that was taken back. */
export interface UndoOutcome {
  readonly restored: readonly ImportedDevice[];
  readonly removed: readonly ImportedDevice[];
  /** Changed since, and left as they are. */
  readonly skipped: readonly ImportedDevice[];
}

export interface ImportedDevice {
  readonly devEui: string;
  readonly name: string;
  /** What is still missing, or why it was left alone. */
  readonly note?: string;
  /** The note piece by piece. */
  readonly said?: readonly Said[];
}

/** What a QR code on a device says. It holds no key. */
export interface ScannedDevice {
  readonly format: 'tr005' | 'tr005-draft-3' | 'tr005-draft-2';
  readonly devEui: string;
  readonly joinEui: string;
  /** 4 hex digits each. */
  readonly vendorId: string;
  readonly modelId: string;
  readonly serialNumber?: string;
  /** The site has this device already. */
  readonly known: boolean;
  readonly missing: 'key';
}
