/**
 * Reads the files settings come from: the settings file, `conf.d` beside it and the secret files. Every file, and how
 * many of them, has a limit. Reads only through the two functions it is given.
 */
import type { Catalogue } from './catalogue.ts';
import { decodeText, withoutLineEnd } from './decode.ts';
import { EXTENSIONS, parseFile } from './file.ts';
import { type ConfigProblem, originText, printable } from './problem.ts';
import {
  credentialFiles,
  type Env,
  fromFile,
  type Gathered,
  type Given,
  type SecretFile,
  secretFilesOfEnv,
} from './source.ts';

export interface ReadOptions {
  /** Which settings there are; those of the site's appliance unless given. */
  readonly catalogue?: Catalogue;
  /** The settings file; `conf.d` beside it is read too. Without one only the other sources count. */
  readonly file?: string | undefined;
  /** Whether `file` may be missing. */
  readonly optional?: boolean;
  readonly env: Env;
  /** Rejects as node:fs does, with `code`. */
  readonly readFile: (path: string) => Promise<string | Uint8Array>;
  /** Names in a folder; rejects as node:fs does. */
  readonly listFolder: (path: string) => Promise<readonly string[]>;
}

const MAX_FILE_LENGTH = 4 * 1024 ** 2;
const MAX_SECRET_LENGTH = 64 * 1024;
const MAX_FILES = 100;

export interface FileSources {
  readonly gathered: readonly Gathered[];
  readonly names: readonly string[];
}

/** Values of the settings file and of `conf.d` beside it, in name order; a file that cannot be read is a problem. */
export async function gatherFiles(options: ReadOptions): Promise<FileSources> {
  const { file } = options;
  if (file === undefined) return { gathered: [], names: [] };
  const folder = `${/^(.*[/\\])?/.exec(file)?.[0] ?? ''}conf.d`;
  const names = await options.listFolder(folder).catch((error: unknown) => {
    return errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR' ? [] : error;
  });
  const gathered: Gathered[] = [];
  const found = [{ name: file, optional: options.optional === true }];
  if (Array.isArray(names)) {
    const parts = names.filter(
      (name) => !name.startsWith('.') && EXTENSIONS.some((ext) => name.endsWith(ext)),
    );
    found.push(...parts.sort().map((name) => ({ name: `${folder}/${name}`, optional: false })));
  } else {
    gathered.push(failure(folder, `cannot be listed: ${reason(names)}`, names));
  }
  if (found.length > MAX_FILES) gathered.push(failure(folder, `holds more than ${MAX_FILES - 1} files`));
  const read: string[] = [];
  for (const { name, optional } of found.slice(0, MAX_FILES)) {
    const result = await gatherFile(options, name, optional);
    if (!result) continue;
    read.push(name);
    gathered.push(result);
  }
  return { gathered, names: read };
}

/** Values of the file of the pages; `given` is its text where that is known. Undefined when there is no such file. */
export async function gatherLayer(
  options: ReadOptions,
  name: string,
  given?: 'next' | { readonly text: string },
): Promise<Gathered | undefined> {
  if (typeof given !== 'object') return gatherFile(options, name, true);
  return gatherFile({ ...options, readFile: async () => given.text }, name, false);
}

async function gatherFile(
  options: ReadOptions,
  name: string,
  optional: boolean,
): Promise<Gathered | undefined> {
  let content: string | Uint8Array;
  try {
    content = await options.readFile(name);
  } catch (error) {
    if (optional && (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR')) return undefined;
    return failure(name, `cannot be read: ${reason(error)}`, error);
  }
  if (content.length > MAX_FILE_LENGTH) return failure(name, `is larger than ${MAX_FILE_LENGTH} bytes`);
  const decoded = decodeText(content);
  if ('problem' in decoded) return failure(name, decoded.problem);
  const result = await parseFile(name, decoded.text);
  if (result.ok) return fromFile(name, result.parsed, options.catalogue);
  const problems = result.problems.map(({ line, message }) => ({
    path: '',
    where: originText({ source: 'file', file: name, ...(line === undefined ? {} : { line }) }),
    message,
  }));
  return { given: [], problems };
}

/** Values of the files that `$CREDENTIALS_DIRECTORY` and the `WSE_…_FILE` variables name. */
export async function gatherSecrets(options: ReadOptions): Promise<Gathered> {
  const { files, problems } = await findSecretFiles(options);
  const read: (Given | ConfigProblem)[] = [];
  for (const file of files) read.push(await readSecret(options, file));
  return {
    given: read.filter((each) => 'value' in each),
    problems: [...problems, ...read.filter((each) => 'message' in each)],
  };
}

/** The files themselves, those that win last. */
export async function findSecretFiles(
  options: ReadOptions,
): Promise<{ readonly files: readonly SecretFile[]; readonly problems: readonly ConfigProblem[] }> {
  const folder = options.env.CREDENTIALS_DIRECTORY;
  const problems: ConfigProblem[] = [];
  const files: SecretFile[] = [];
  if (folder) {
    try {
      const found = credentialFiles(folder, await options.listFolder(folder), options.catalogue);
      files.push(...found.files);
      problems.push(...found.problems);
    } catch (error) {
      const message = `cannot be listed: ${reason(error)}`;
      problems.push(...failure('$CREDENTIALS_DIRECTORY', message, error).problems);
    }
  }
  files.push(...secretFilesOfEnv(options.env, options.catalogue));
  return { files, problems };
}

/** What the file holds, without the end of its line. */
export async function readSecret(
  options: ReadOptions,
  { setting, file, origin }: SecretFile,
): Promise<Given | ConfigProblem> {
  const fail = (message: string, error?: unknown): ConfigProblem => {
    return { path: setting.path, where: originText(origin), message, ...rights(error) };
  };
  let content: string | Uint8Array;
  try {
    content = await options.readFile(file);
  } catch (error) {
    return fail(`cannot be read from ${printable(file)}: ${reason(error)}`, error);
  }
  if (content.length > MAX_SECRET_LENGTH)
    return fail(`comes from a file larger than ${MAX_SECRET_LENGTH} bytes`);
  const decoded = decodeText(content);
  if ('problem' in decoded) return fail(`comes from a file that ${decoded.problem}`);
  const value = withoutLineEnd(decoded.text);
  if (value === '') return fail('comes from a file that holds nothing');
  if (/[\r\n]/.test(value)) return fail('comes from a file of several lines: it must be one');
  return { setting, value, origin };
}

function failure(where: string, message: string, error?: unknown): Gathered {
  return { given: [], problems: [{ path: '', where: printable(where), message, ...rights(error) }] };
}

function rights(error: unknown): { readonly permission?: boolean } {
  const code = errorCode(error);
  return code === 'EACCES' || code === 'EPERM' ? { permission: true } : {};
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function reason(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return code ?? 'unknown error';
}
