/**
 * Archives of plain files, POSIX ustar, in and out, a piece at a time: what a backup and a support bundle travel in. Out: the
 * sizes are known before. In: from strangers, so names, count and sizes are bounded, and nothing but plain files is taken.
 */
import { ToldError, tell } from '../model/said.ts';

const BLOCK = 512;
export const TAR_BLOCK = BLOCK;
const MAX_NAME = 100;
/** The largest number the field has room for in octal; larger ones are written as GNU does, in base 256. */
const MAX_OCTAL = 8 ** 11 - 1;
const MAX_FILES = 64;

export interface TarFile {
  readonly name: string;
  /** Bytes; what `pieces` give together. */
  readonly size: number;
  readonly timeMs: number;
  readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Of the archive of files of these sizes. */
export function tarSize(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + BLOCK + Math.ceil(size / BLOCK) * BLOCK, 2 * BLOCK);
}

/** The archive. Throws when a file gives more or fewer bytes than it said: the rest would be read as something else. */
export async function* tarPieces(
  files: AsyncIterable<TarFile> | Iterable<TarFile>,
): AsyncGenerator<Uint8Array> {
  for await (const { name, size, timeMs, pieces } of files) {
    yield headerOf(name, size, timeMs);
    let sent = 0;
    for await (const piece of pieces()) {
      sent += piece.length;
      if (sent > size) break;
      yield piece;
    }
    if (sent !== size) throw new Error(`${name} has changed while it was read`);
    if (size % BLOCK > 0) yield new Uint8Array(BLOCK - (size % BLOCK));
  }
  yield new Uint8Array(2 * BLOCK);
}

function headerOf(name: string, size: number, timeMs: number): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > MAX_NAME) throw new Error(`${name}: the name is too long for an archive`);
  header.write(name, 0);
  header.write('0000600\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  writeNumber(header, size, 124);
  writeNumber(header, Math.max(0, Math.floor(timeMs / 1_000)), 136);
  header.write('        0', 148);
  header.write('ustar\u000000', 257);
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function writeNumber(header: Buffer, value: number, at: number): void {
  if (value <= MAX_OCTAL) {
    header.write(`${value.toString(8).padStart(11, '0')}\0`, at);
    return;
  }
  header[at] = 0x80;
  header.writeBigUInt64BE(BigInt(value), at + 4);
}

function sumOf(header: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += at >= 148 && at < 156 ? 0x20 : (header[at] ?? 0);
  return sum;
}

/** What comes out of an archive: a file begins, bytes of it, and it is whole. */
export type Untarred =
  | { readonly kind: 'file'; readonly name: string; readonly size: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

export class NotAnArchive extends ToldError {
  override readonly name = 'NotAnArchive';
}

export interface Untar {
  /** Takes the next piece; throws NotAnArchive when it is none of ours. */
  take(piece: Uint8Array): Untarred[];
  /** Whether a file is in the middle, or nothing has come yet. */
  isOpen(): boolean;
}

/** Reads an archive piece by piece. Folders are passed over and names taken without them, as of `tar -cf a.tar FOLDER`. */
export function createUntar(): Untar {
  const head = Buffer.alloc(BLOCK);
  const names = new Set<string>();
  let headBytes = 0;
  let left = 0;
  let padding = 0;
  let isEnded = false;

  function begin(): Untarred[] {
    headBytes = 0;
    const entry = entryOf(head);
    if (entry === 'end') {
      isEnded = true;
      return [];
    }
    padding = (BLOCK - (entry.size % BLOCK)) % BLOCK;
    if (entry.isPassedOver) {
      padding += entry.size;
      return [];
    }
    if (names.has(entry.name) || names.size >= MAX_FILES)
      throw new NotAnArchive(
        names.size >= MAX_FILES ? tell('archive.many') : tell('archive.twice', { name: entry.name }),
      );
    names.add(entry.name);
    left = entry.size;
    const { name, size } = entry;
    return size === 0 ? [{ kind: 'file', name, size }, { kind: 'end' }] : [{ kind: 'file', name, size }];
  }

  return {
    isOpen: () => left > 0 || names.size === 0,
    take(piece) {
      const found: Untarred[] = [];
      for (let at = 0; at < piece.length && !isEnded; ) {
        if (left > 0) {
          const bytes = piece.subarray(at, at + left);
          at += bytes.length;
          left -= bytes.length;
          found.push({ kind: 'bytes', bytes });
          if (left === 0) found.push({ kind: 'end' });
        } else if (padding > 0) {
          const skipped = Math.min(padding, piece.length - at);
          at += skipped;
          padding -= skipped;
        } else {
          const part = piece.subarray(at, at + BLOCK - headBytes);
          head.set(part, headBytes);
          at += part.length;
          headBytes += part.length;
          if (headBytes === BLOCK) found.push(...begin());
        }
      }
      return found;
    },
  };
}

function entryOf(
  head: Buffer,
): { readonly name: string; readonly size: number; readonly isPassedOver: boolean } | 'end' {
  const header = readTarHeader(head);
  if (header === 'end') return 'end';
  const { type, size } = header;
  const name = header.path.replace(/\/$/, '').split('/').at(-1) ?? '';
  // Folders, and what newer formats say about the next file or all of them.
  if ('5xg'.includes(type)) return { name, size: type === '5' ? 0 : size, isPassedOver: true };
  if (type !== '0' && type !== '\0')
    throw new NotAnArchive(tell('archive.kind', { name: JSON.stringify(name) }));
  if (!/^[\w][\w.-]*$/.test(name))
    throw new NotAnArchive(tell('archive.name', { name: JSON.stringify(name) }));
  return { name, size, isPassedOver: false };
}

export interface TarHeader {
  /** As it stands there. */
  readonly path: string;
  readonly size: number;
  /** One character: '0' or NUL a plain file, '5' a folder, '1' and '2' links. */
  readonly type: string;
}

/** The header of an entry, a block; 'end' for one of zeros. Throws NotAnArchive. */
export function readTarHeader(head: Buffer): TarHeader | 'end' {
  if (head[0] === 0 && head.every((byte) => byte === 0)) return 'end';
  const text = (from: number, length: number): string =>
    head.toString('utf8', from, from + length).split('\0', 1)[0] ?? '';
  if (Number.parseInt(text(148, 8), 8) !== sumOf(head)) throw new NotAnArchive(tell('archive.none'));
  // POSIX has room for the folders of a long path in front; older formats have other things there.
  const folders = text(257, 6) === 'ustar' && head[262] === 0 ? text(345, 155) : '';
  const path = folders === '' ? text(0, MAX_NAME) : `${folders}/${text(0, MAX_NAME)}`;
  const size = numberAt(head, 124);
  if (!Number.isSafeInteger(size))
    throw new NotAnArchive(tell('archive.size', { name: JSON.stringify(path) }));
  return { path, size, type: String.fromCharCode(head[156] ?? 0) };
}

function numberAt(head: Buffer, at: number): number {
  if (head[at] === 0x80) return Number(head.readBigUInt64BE(at + 4));
  const digits = head.toString('latin1', at, at + 12).replace(/[\0 ]+$/, '');
  return /^ *[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}
