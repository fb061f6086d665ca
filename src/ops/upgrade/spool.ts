/**
 * A folder another user writes, read by root: opened once, without following a link, and everything in it reached through that one
 * handle, so that what is swapped for a link meanwhile leads nowhere. Only regular files are read, up to a bound, and a pipe
 * does not hold anybody.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY, O_CREAT, O_EXCL } = constants;
const PIECE = 1 << 20;

export interface Spool {
  /** Throws where it is no regular file of at most `maxBytes`. */
  read(name: string, maxBytes: number): string;
  /** Into a new file of our own, which must have exactly `bytes`; throws and leaves nothing otherwise. */
  copy(name: string, to: string, bytes: number): void;
  /** The entry itself, never what it leads to. */
  remove(name: string): void;
  close(): void;
}

/** Throws where `folder` is none, or a link. */
export function openSpool(folder: string): Spool {
  const handle = openSync(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const at = (name: string): string => `/proc/self/fd/${handle}/${name}`;
  return {
    read: (name, maxBytes) => withFile(at(name), name, (fd) => readText(fd, name, maxBytes)),
    copy: (name, to, bytes) => withFile(at(name), name, (fd) => copyExactly(fd, name, to, bytes)),
    remove: (name) => rmSync(at(name), { force: true }),
    close: () => closeSync(handle),
  };
}

function withFile<T>(path: string, name: string, task: (fd: number) => T): T {
  const fd = openOwn(path, name);
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${name} is not a regular file`);
    return task(fd);
  } finally {
    closeSync(fd);
  }
}

function openOwn(path: string, name: string): number {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Error(code === 'ELOOP' ? `${name} is a link` : `${name} cannot be read (${code})`);
  }
}

function readText(fd: number, name: string, maxBytes: number): string {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (let got = -1; got !== 0 && length <= maxBytes; length += got)
    got = readSync(fd, buffer, length, buffer.length - length, null);
  if (length > maxBytes) throw new Error(`${name} is larger than ${maxBytes} bytes`);
  return buffer.toString('utf8', 0, length);
}

function copyExactly(fd: number, name: string, to: string, bytes: number): void {
  const { size } = fstatSync(fd);
  if (size !== bytes) throw new Error(`${name} has ${size} bytes, and ${bytes} were signed`);
  rmSync(to, { force: true });
  const own = openSync(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o700);
  let copied = 0;
  try {
    const buffer = Buffer.alloc(PIECE);
    for (let got = readSync(fd, buffer); got > 0 && copied <= bytes; got = readSync(fd, buffer)) {
      writeSync(own, buffer, 0, got);
      copied += got;
    }
    if (copied !== bytes) throw new Error(`${name} changed while it was copied`);
    fsyncSync(own);
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  } finally {
    closeSync(own);
  }
}
