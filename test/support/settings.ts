/** Loads settings from files in memory, for tests. */
import { type LoadOptions, type LoadResult, loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';

export interface Sources {
  readonly files?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly optional?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly pages?: LoadOptions['pages'];
}

export function fileError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Loads from files in memory; the first of them is the settings file unless `file` says otherwise. */
export function load({
  files = {},
  file = Object.keys(files)[0],
  optional,
  env = {},
  flags = [],
  pages,
}: Sources): Promise<LoadResult> {
  const options: LoadOptions = {
    file,
    ...(optional === undefined ? {} : { optional }),
    env,
    flags,
    ...(pages === undefined ? {} : { pages }),
    async readFile(path) {
      const text = files[path];
      if (text === undefined) throw fileError('ENOENT');
      return text;
    },
    async listFolder(path) {
      const inside = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
      if (inside.length === 0) throw fileError('ENOENT');
      return inside.map((name) => name.slice(path.length + 1)).reverse();
    },
  };
  return loadConfig(options);
}

export async function loaded(sources: Sources): Promise<Extract<LoadResult, { ok: true }>> {
  const result = await load(sources);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result;
}

export async function problems(sources: Sources): Promise<string[]> {
  const result = await load(sources);
  return result.ok ? [] : result.problems.map(formatProblem);
}

export const toml = (text: string): Sources => ({ files: { 'site.toml': text } });
