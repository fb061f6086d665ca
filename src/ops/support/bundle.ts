/**
 * The support bundle: what somebody far away needs to find a fault, as text files without secrets, each bounded, made when it
 * is asked for and kept nowhere: a full disk is one of the faults.
 */
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type TarFile, tarPieces } from '../../files/tar.ts';
import { errorText } from '../../model/error-text.ts';
import { createScrubber } from '../../model/scrub.ts';
import { cut } from '../../model/text.ts';

/** Of a file; the end of the log is worth more than its beginning. */
const MAX_CHARS = 1_000_000;

export interface SupportFile {
  readonly name: string;
  /** Rejects where there is nothing to tell; that is told in its place. */
  readonly make: () => Promise<string>;
  /** What is kept of one that is too long. */
  readonly keep?: 'end';
}

export interface Support {
  readonly names: readonly string[];
  /** A file as it goes into the bundle; undefined when there is none of that name. */
  text(name: string): Promise<string | undefined>;
  /** All of them, a gzipped tar archive, made file by file while it is sent. */
  bundle(): AsyncIterable<Uint8Array>;
}

/** `secrets` are values that are known to be some, beside what looks like one. */
export function createSupport(
  files: readonly SupportFile[],
  secrets: readonly string[],
  nowMs: () => number,
): Support {
  const scrub = createScrubber(secrets);
  const textOf = async ({ make, keep }: SupportFile): Promise<string> => {
    const text = await make().catch((error: unknown) => `not to be had: ${errorText(error)}\n`);
    // Before it is cut: half a secret looks like none.
    const clean = scrub(text.slice(0, 4 * MAX_CHARS));
    if (clean.length <= MAX_CHARS) return clean;
    return keep === 'end' ? `…\n${clean.slice(-MAX_CHARS)}` : `${cut(clean, MAX_CHARS)}\n…\n`;
  };
  async function* archive(): AsyncGenerator<TarFile> {
    for (const file of files) {
      const bytes = Buffer.from(await textOf(file));
      yield { name: file.name, size: bytes.length, timeMs: nowMs(), pieces: () => [bytes] };
    }
  }
  return {
    names: files.map(({ name }) => name),
    async text(name) {
      const file = files.find((one) => one.name === name);
      return file && textOf(file);
    },
    bundle: () => Readable.from(tarPieces(archive())).pipe(createGzip()),
  };
}

/** JSON as people read it. */
export function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
