/**
 * Reads an archive of many files in folders (tar, as `git archive` and GitHub make it) as it comes. Nothing of it is ever
 * written under the names it has; only what is wanted is held, one file at a time. Links, devices and paths that lead
 * out of the archive are passed over and counted; entries, bytes and lengths of names are bounded.
 */
import { tell } from '../model/said.ts';
import { NotAnArchive, readTarHeader, TAR_BLOCK } from './tar.ts';

/** Of a name that stands in an entry of its own (pax, GNU). */
const MAX_LONG_NAME = 4_096;

export interface TarTreeLimits {
  readonly maxEntries: number;
  /** Unpacked. */
  readonly maxBytes: number;
}

export interface TarTreeFile {
  /** Without './' in front; no part of it is '..'. */
  readonly path: string;
  readonly size: number;
  /** None unless it was wanted. */
  readonly bytes?: Buffer;
}

export interface TarTree {
  readonly files: AsyncGenerator<TarTreeFile>;
  /** Entries that are no plain file or lead out of the archive, so far. */
  readonly passedOver: () => number;
}

/** `wants` says of which files the bytes are to be held. The files end with NotAnArchive where it is none, or too large. */
export function readTarTree(
  pieces: AsyncIterable<Uint8Array>,
  wants: (path: string, size: number) => boolean,
  limits: TarTreeLimits,
): TarTree {
  let passedOver = 0;
  const note = (): void => {
    passedOver += 1;
  };
  return {
    files: readFiles(createReader(pieces, limits.maxBytes), wants, limits, note),
    passedOver: () => passedOver,
  };
}

async function* readFiles(
  reader: Reader,
  wants: (path: string, size: number) => boolean,
  { maxEntries }: TarTreeLimits,
  passOver: () => void,
): AsyncGenerator<TarTreeFile> {
  let longName: string | undefined;
  for (let entries = 0; ; entries += 1) {
    const head = await reader.take(TAR_BLOCK);
    if (head.length === 0 && entries > 0) return;
    if (head.length < TAR_BLOCK) throw new NotAnArchive(tell('archive.cutOff'));
    const header = readTarHeader(head);
    if (header === 'end') return;
    if (entries >= maxEntries) throw new NotAnArchive(tell('archive.tooMany', { most: maxEntries }));
    const { type, size } = header;
    if (type === 'x' || type === 'L') {
      const given = await readLongName(reader, type, size);
      longName = given ?? longName;
      continue;
    }
    const path = plainPath(longName ?? header.path);
    // A name said for all files means nothing to us.
    if (type !== 'g') longName = undefined;
    const isFile = type === '0' || type === '\0';
    if (!isFile && !'5g'.includes(type)) passOver();
    if (isFile && path === undefined) passOver();
    if (!isFile || path === undefined) await reader.skip(type === '5' ? 0 : padded(size));
    else if (wants(path, size)) {
      const bytes = await reader.take(size);
      if (bytes.length < size) throw new NotAnArchive(tell('archive.cutWithin', { name: path }));
      yield { path, size, bytes };
      await reader.skip(padded(size) - size);
    } else {
      yield { path, size };
      await reader.skip(padded(size));
    }
  }
}

function padded(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}

/** The name of the next entry; undefined where it says nothing of names. */
async function readLongName(reader: Reader, type: 'x' | 'L', size: number): Promise<string | undefined> {
  if (size > MAX_LONG_NAME) {
    await reader.skip(padded(size));
    return undefined;
  }
  const bytes = (await reader.take(padded(size))).subarray(0, size);
  if (type === 'L') return bytes.toString('utf8').split('\0', 1)[0];
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(bytes.toString('utf8'))?.[1];
}

/** Undefined for one that leads out of the archive, or is none. */
function plainPath(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '.' && part !== '');
  if (path.startsWith('/') || path.includes('\\') || parts.includes('..') || parts.length === 0)
    return undefined;
  return parts.join('/');
}

interface Reader {
  /** So many bytes; fewer at the end. */
  take(count: number): Promise<Buffer>;
  skip(count: number): Promise<void>;
}

function createReader(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Reader {
  const iterator = pieces[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  let read = 0;
  /** False at the end. */
  const next = async (): Promise<boolean> => {
    const { value, done } = await iterator.next();
    if (done) return false;
    rest = value;
    read += rest.length;
    if (read > maxBytes)
      throw new NotAnArchive(tell('archive.tooLarge', { most: Math.floor(maxBytes / 1e6) }));
    return true;
  };
  return {
    async take(count) {
      const parts: Uint8Array[] = [];
      for (let missing = count; missing > 0; ) {
        if (rest.length === 0 && !(await next())) break;
        const part = rest.subarray(0, missing);
        parts.push(part);
        missing -= part.length;
        rest = rest.subarray(part.length);
      }
      return Buffer.concat(parts);
    },
    async skip(count) {
      for (let missing = count; missing > 0; ) {
        if (rest.length === 0 && !(await next())) return;
        const skipped = Math.min(missing, rest.length);
        missing -= skipped;
        rest = rest.subarray(skipped);
      }
    },
  };
}
