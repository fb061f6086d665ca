/** Scripts as files of a folder, for a site that is described by files: each `*.js` is a codec named by its file. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_SCRIPTS, MAX_SOURCE_CHARS } from './codecs.ts';

const ENDING = '.js';

export interface CodecFolder {
  readonly scripts: readonly { readonly name: string; readonly source: string }[];
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

/** Reads the folder once, by name; never throws. */
export async function readCodecFolder(dir: string): Promise<CodecFolder> {
  const scripts: { name: string; source: string }[] = [];
  const problems: string[] = [];
  let names: string[];
  try {
    names = (await readdir(dir)).filter((name) => name.endsWith(ENDING)).sort();
  } catch (error) {
    return { scripts, problems: [`${dir} cannot be read (${codeOf(error)})`] };
  }
  if (names.length > MAX_SCRIPTS)
    problems.push(`${dir} has ${names.length} scripts; the first ${MAX_SCRIPTS} are taken`);
  for (const file of names.slice(0, MAX_SCRIPTS)) {
    const path = join(dir, file);
    try {
      // UTF-8 has at most 4 bytes for a character; whatever is longer is not read at all.
      const { size } = await stat(path);
      if (size > 4 * MAX_SOURCE_CHARS) problems.push(`${path} is too long for a script`);
      else scripts.push({ name: file.slice(0, -ENDING.length), source: await readFile(path, 'utf8') });
    } catch (error) {
      problems.push(`${path} cannot be read (${codeOf(error)})`);
    }
  }
  return { scripts, problems };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
