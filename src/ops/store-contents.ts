/** How much a store holds, in the few figures by which a person tells one from another: for backups and their restoring. */
import { statSync } from 'node:fs';
import { storeFiles } from '../store/files.ts';
import { storeStats } from '../store/repair/inspect.ts';
import { recoverTables } from '../store/repair/recovered-tables.ts';

export interface StoreContents {
  readonly storeId: string | undefined;
  readonly epoch: number;
  readonly records: number;
  /** Of the first and the last record, epoch milliseconds. */
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
  readonly devices: number;
  /** False where there is only the copy of devices, keys and counters. */
  readonly hasLog: boolean;
}

/** What the store in `dir` holds, undefined when there is none. Throws when there is one that cannot be read. */
export function readStoreContents(dir: string): StoreContents | undefined {
  const files = storeFiles(dir);
  if (exists(files.database)) {
    const { storeId, epoch, records, oldestMs, newestMs, devices } = storeStats(dir);
    return { storeId, epoch, records, oldestMs, newestMs, devices, hasLog: true };
  }
  if (!exists(files.keys)) return undefined;
  const { storeId, epoch, devices } = recoverTables(files);
  const none = { records: 0, oldestMs: null, newestMs: null };
  return { storeId, epoch, ...none, devices: devices.length, hasLog: false };
}

/** Neither a record nor a device: nothing that could be lost, or given back. */
export function isEmpty(contents: StoreContents | undefined): boolean {
  return contents === undefined || (contents.records === 0 && contents.devices === 0);
}

/** '67 records from 2026-01-01T00:00:00.000Z to 2026-01-02T00:00:00.000Z, 3 devices (epoch 2)' */
export function describeContents(contents: StoreContents | undefined): string {
  if (!contents) return 'no store';
  const { records, oldestMs, newestMs, devices, epoch, hasLog } = contents;
  const times =
    oldestMs === null || newestMs === null ? '' : ` from ${timeText(oldestMs)} to ${timeText(newestMs)}`;
  const log = hasLog ? `${count(records, 'record')}${times}` : 'no records (only devices, keys and counters)';
  return `${log}, ${count(devices, 'device')} (epoch ${epoch})`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** Throws for a folder that may not be looked into, which `existsSync` takes for one without the file. */
function exists(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return false;
    throw error;
  }
}
