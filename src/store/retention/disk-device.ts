/**
 * The device under a folder, as the kernel knows it: what it has been given to write, by everybody and with the journal of the
 * file system, and what a card or eMMC says of its own life. Nothing where that cannot be known: in a container without /sys,
 * on an overlay, a network or a btrfs, which have no one device.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SECTOR = 512;
/** Fields of `stat`, from 0. */
const WRITTEN_SECTORS = 6;
/** From an encrypted or logical volume down to the disk. */
const MAX_DEPTH = 4;
/** JEDEC: each step is a tenth of the life; the one after the last says that it is over. */
const LIFE_STEP_PERCENT = 10;
const LIFE_OVER = 11;

export interface DiskDevice {
  /** Bytes written to it since the machine started. */
  readonly writtenBytes: number;
  /** How much of its life is used up at most, by its own word; absent where it says none. */
  readonly lifeUsedPercent?: number;
}

/** The reader of the device under `dir`; `sys` is where /sys is. */
export function diskDeviceOf(dir: string, sys = '/sys'): () => DiskDevice | undefined {
  const disk = attempt(() => diskOf(statSync(dir).dev, sys));
  return () => (disk === undefined ? undefined : attempt(() => read(disk)));
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** Folder of the whole disk; throws where there is none. */
function diskOf(dev: number, sys: string): string {
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  let disk = realpathSync(join(sys, 'dev/block', `${major}:${minor}`));
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (existsSync(join(disk, 'partition'))) disk = dirname(disk);
    const below = attempt(() => readdirSync(join(disk, 'slaves'))) ?? [];
    if (below.length !== 1) break;
    disk = realpathSync(join(disk, 'slaves', below[0] ?? ''));
  }
  return disk;
}

function read(disk: string): DiskDevice {
  const fields = readFileSync(join(disk, 'stat'), 'utf8').trim().split(/\s+/);
  const sectors = Number(fields[WRITTEN_SECTORS]);
  if (!Number.isFinite(sectors)) throw new Error('no count of sectors');
  const life = attempt(() => lifeUsedPercent(readFileSync(join(disk, 'device/life_time'), 'utf8')));
  return { writtenBytes: sectors * SECTOR, ...(life === undefined ? {} : { lifeUsedPercent: life }) };
}

/** '0x02 0x01': of two kinds of memory in it, the first to go counts. 0 is no answer. */
function lifeUsedPercent(text: string): number | undefined {
  const steps = text
    .trim()
    .split(/\s+/)
    .map(Number)
    .filter((step) => step >= 1 && step <= LIFE_OVER);
  return steps.length === 0 ? undefined : Math.min(100, Math.max(...steps) * LIFE_STEP_PERCENT);
}
