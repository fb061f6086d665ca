/** All page images of a database and its write-ahead log, newest last, without SQLite's help. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { StoreFiles } from '../files.ts';
import { sizeOf } from '../retention/reserve-file.ts';
import { PAGE_BYTES } from '../sqlite.ts';
import type { PageSource } from './page-rows.ts';
import { readWal, type WalContents } from './wal-file.ts';

const CHUNK_BYTES = 1024 * 1024;
/** A log of writes is carried over long before it is as long; a longer one is not ours. */
const MAX_WAL_BYTES = 256 * 1024 * 1024;

export interface PageFile extends PageSource {
  /** How many images there are. */
  readonly count: number;
  /** The page images from the `from`th on, each with its number; the buffer is good until the next one. */
  images(from: number): Generator<{ readonly number: number; readonly page: Buffer }>;
  close(): void;
}

/** Bytes of a page of `file`, by its header if that can be. */
export function pageBytesOf(file: string): number {
  if (sizeOf(file) < 100) return PAGE_BYTES;
  const fd = openSync(file, 'r');
  try {
    const head = Buffer.alloc(100);
    readSync(fd, head, 0, 100, 0);
    const bytes = head.readUInt16BE(16);
    return bytes >= 512 && (bytes & (bytes - 1)) === 0 ? bytes : PAGE_BYTES;
  } finally {
    closeSync(fd);
  }
}

/** Whether the write-ahead log has lost commits in its middle or at its end, which SQLite would pass over in silence. */
export function inspectWal({ wal, database }: StoreFiles): Pick<WalContents, 'damaged' | 'cutFrames'> {
  const bytes = sizeOf(wal);
  if (bytes === 0 || bytes > MAX_WAL_BYTES) return { damaged: false, cutFrames: 0 };
  return readWal(readFileSync(wal), pageBytesOf(database));
}

/** Opens the pages of `database` and `wal`, either of which may be missing. */
export function openPageFile({ database, wal }: Pick<StoreFiles, 'database' | 'wal'>): PageFile {
  const pageBytes = pageBytesOf(database);
  const bytes = sizeOf(database);
  const fd = bytes > 0 ? openSync(database, 'r') : undefined;
  const walBytes = sizeOf(wal);
  const walBuffer = walBytes > 0 && walBytes <= MAX_WAL_BYTES ? readFileSync(wal) : Buffer.alloc(0);
  const frames = readWal(walBuffer, pageBytes).frames.filter(({ page }) => page > 0);
  const inWal = new Map(frames.map(({ page, offset }) => [page, offset]));
  const single = Buffer.alloc(pageBytes);
  const pages = Math.floor(bytes / pageBytes);

  function image(offset: number): Buffer {
    return walBuffer.subarray(offset, offset + pageBytes);
  }

  return {
    pageBytes,
    count: pages + frames.length,
    page(number) {
      const offset = inWal.get(number);
      if (offset !== undefined) return image(offset);
      if (fd === undefined || number * pageBytes > bytes) return undefined;
      return readSync(fd, single, 0, pageBytes, (number - 1) * pageBytes) === pageBytes ? single : undefined;
    },
    *images(from) {
      const chunk = Buffer.alloc(Math.ceil(CHUNK_BYTES / pageBytes) * pageBytes);
      for (let at = from * pageBytes; fd !== undefined && at < bytes; at += chunk.length) {
        const got = readSync(fd, chunk, 0, chunk.length, at);
        for (let start = 0; start + pageBytes <= got; start += pageBytes) {
          yield { number: (at + start) / pageBytes + 1, page: chunk.subarray(start, start + pageBytes) };
        }
      }
      for (const { page, offset } of frames.slice(Math.max(0, from - pages)))
        yield { number: page, page: image(offset) };
    },
    close() {
      if (fd !== undefined) closeSync(fd);
    },
  };
}
