/**
 * A copy of what a site cannot get again from anywhere: devices with their keys, counters, who the store is and how far
 * its readers were. Written whole and atomically (new file, fsync, rename, fsync of the folder) when devices change, and
 * every `STRIDE` records; a repair takes from it what the damaged file no longer tells. It never knows more than the log on
 * disk, and nothing waits for it but the store's closing.
 */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { replaceFile, replaceFileBeside } from '../../files/replace-file.ts';
import type { Clock } from '../../model/world.ts';
import type { Log } from '../contract.ts';
import type { StoreFiles } from '../files.ts';
import type { CursorPosition, Cursors } from '../log/cursors.ts';
import type { Removed } from '../retention/pruner.ts';
import type { DeviceStates } from '../tables/device-states.ts';
import type { DeviceRow, DeviceTable } from '../tables/devices.ts';
import type { Meta } from '../tables/meta.ts';
import type { SessionsRows, SessionsTable } from '../tables/sessions-table.ts';

const STRIDE = 20_000;
/** Records after which a device seen for the first time is in the copy. */
const SOON = 200;
/** Sessions written after which a copy is made: fewer than what downlink counters leap over after a repair. */
const SESSIONS = 2_048;
/** How long a join waits for others before the copy has its keys: a site's devices join together after a power cut. */
const JOINS_WAIT_MS = 30_000;

/** What the file holds: one line of JSON, and its CRC-32 on the next. */
export interface KeySnapshotContents {
  readonly storeId: string;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly removed: Removed;
  readonly cursors: Readonly<Record<string, CursorPosition>>;
  /** Keys sealed, as in the file. */
  readonly devices: readonly DeviceRow[];
  readonly network: SessionsRows;
  /** Rows of `known`. */
  readonly known: readonly { readonly id: number; readonly devEui: string; readonly nextFCntUp: number }[];
}

export interface KeySnapshot {
  /** Writes if a device was seen for the first time or `STRIDE` records have come since. */
  afterCommit(): void;
  write(): void;
  stop(): void;
}

export interface KeySnapshotOptions {
  readonly files: StoreFiles;
  readonly meta: Meta;
  readonly states: DeviceStates;
  readonly devices: DeviceTable;
  readonly sessions: SessionsTable;
  readonly clock: Clock;
  readonly cursors: Cursors;
  readonly log: Log;
  readonly removed: Removed;
  /** Resolves when everything changed so far is on disk; rejects when the disk refuses. */
  readonly synced: () => Promise<void>;
}

export function createKeySnapshot(options: KeySnapshotOptions): KeySnapshot {
  const { files, meta, states, devices, sessions, clock, cursors, log, removed, synced } = options;
  let copiedSeq = -1;
  let copiedDevices = -1;
  let writing: NodeJS.Immediate | undefined;
  let cancelJoins: (() => void) | undefined;
  /** How often; an earlier copy must not take the place of a later one. */
  let written = 0;
  let last: string | undefined;
  let failed = false;

  function contents(): KeySnapshotContents {
    return {
      storeId: meta.storeId(),
      epoch: meta.epoch(),
      lastSeq: log.lastSeq(),
      removed,
      cursors: Object.fromEntries(cursors.all()),
      devices: devices.rows(),
      network: sessions.rows(),
      known: [...states.all()].map(({ id, devEui, nextFCntUp }) => ({ id, devEui, nextFCntUp })),
    };
  }

  /** The text of the file; what changes from now on is not in it. */
  function take(): string {
    if (writing) clearImmediate(writing);
    writing = undefined;
    cancelJoins?.();
    cancelJoins = undefined;
    copiedSeq = log.lastSeq();
    copiedDevices = states.size();
    const json = JSON.stringify(contents());
    sessions.copied();
    return `${json}\n${crc32(json)}\n`;
  }

  function write(): void {
    const text = take();
    written++;
    if (text === last) return;
    try {
      replaceFile(files.keys, text, { formerDraft: true });
      last = text;
      failed = false;
    } catch {
      // The disk is full or gives up: the file is as it was, and the next change tries again, or the records to come.
      failed = true;
    }
  }

  async function writeBeside(): Promise<void> {
    const turn = ++written;
    try {
      const text = take();
      await synced();
      if (text === last) return;
      if (!(await replaceFileBeside(files.keys, text, () => turn === written))) return;
      last = text;
      failed = false;
    } catch {
      if (turn === written) failed = true;
    }
  }

  const existing = readKeySnapshot(files.keys);
  if (existing) {
    copiedSeq = existing.lastSeq;
    copiedDevices = existing.known.length;
  }
  if (!existing || existing.epoch !== meta.epoch() || copiedDevices !== states.size()) write();
  // Devices are often declared many at a time: one copy for all of them.
  const writeSoon = (): void => {
    writing ??= setImmediate(() => void writeBeside());
  };
  devices.onChange(writeSoon);
  return {
    afterCommit() {
      const { joins, all } = sessions.uncopied();
      if (log.lastSeq() - copiedSeq >= STRIDE || all >= SESSIONS) writeSoon();
      else if (joins > 0) cancelJoins ??= clock.after(JOINS_WAIT_MS, writeSoon);
      // Each of many new devices would be a copy of its own: the next ones wait for the number to double.
      else if (
        (states.size() > copiedDevices && states.size() >= copiedDevices * 2) ||
        ((failed || states.size() > copiedDevices) && log.lastSeq() - copiedSeq >= SOON)
      )
        writeSoon();
    },
    write,
    stop() {
      if (writing) clearImmediate(writing);
      cancelJoins?.();
    },
  };
}

/** The copy in `file`, undefined when there is none that can be read. */
export function readKeySnapshot(file: string): KeySnapshotContents | undefined {
  try {
    const [json = '', crc = ''] = readFileSync(file, 'utf8').split('\n');
    if (String(crc32(json)) !== crc) return undefined;
    const snapshot = JSON.parse(json) as KeySnapshotContents;
    return Array.isArray(snapshot.devices) &&
      Array.isArray(snapshot.known) &&
      snapshot.network &&
      snapshot.removed
      ? snapshot
      : undefined;
  } catch {
    return undefined;
  }
}
