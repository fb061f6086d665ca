/** Devices in files and codes: what comes of an import, the forms of an export, what an onboarding code says. */

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

export interface ImportOptions {
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
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
}

export interface ImportedDevice {
  readonly devEui: string;
  readonly name: string;
  /** What is still missing, or why it was left alone. */
  readonly note?: string;
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
