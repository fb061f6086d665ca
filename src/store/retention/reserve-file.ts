/** What the operating system says about the disk under the store, and a reserve file (ballast) that is removed when it is full. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';

/** Bytes an unprivileged process may still write where `dir` is; Infinity where that cannot be asked. */
export function freeBytesAt(dir: string): number {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Bytes this process has had written to disks so far, 0 where the system does not tell. */
export function writtenBytes(): number {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** 0 for a file that does not exist. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

export interface ReserveFile {
  /** Makes the file if it is not there; nothing is said if the disk refuses. */
  take(): void;
  /** Removes it; false if it was not there. */
  drop(): boolean;
}

/**
 * Removing rows needs room in the write-ahead log first. On a disk filled to the last byte that room is this file's;
 * it is written once and then left alone.
 */
export function createReserveFile(file: string, bytes: number): ReserveFile {
  function drop(): boolean {
    if (sizeOf(file) === 0) return false;
    rmSync(file, { force: true });
    return true;
  }
  return {
    take() {
      if (bytes === 0 || sizeOf(file) >= bytes) return;
      let fd: number | undefined;
      try {
        fd = openSync(file, 'w', 0o600);
        const zeros = Buffer.alloc(64 * 1024);
        for (let written = 0; written < bytes; written += zeros.length) writeSync(fd, zeros);
        fsyncSync(fd);
      } catch {
        rmSync(file, { force: true });
      } finally {
        if (fd !== undefined) closeSync(fd);
      }
    },
    drop,
  };
}
