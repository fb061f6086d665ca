/** What is wrong with the settings, and where each value came from. No text made here holds a setting's value unless it is harmless. */
import type { Said, Told } from '../model/said.ts';

export type Origin =
  | { readonly source: 'default' }
  | { readonly source: 'file'; readonly file: string; readonly line?: number }
  /** Saved on the pages. */
  | { readonly source: 'pages'; readonly file: string; readonly line?: number }
  | { readonly source: 'env'; readonly name: string }
  /** `name` is the variable that names the file. */
  | { readonly source: 'secret-file'; readonly name: string }
  | { readonly source: 'credential'; readonly name: string }
  | { readonly source: 'flag'; readonly flag: string };

export interface ConfigProblem {
  /** Key path, 'influx.batch_max_age'; empty when the problem is not one key's. */
  readonly path: string;
  /** 'site.toml:12', 'WSE_INFLUX__URL', '--set influx.url'. */
  readonly where: string;
  /** What is wrong and what would be right; reads on from the path. */
  readonly message: string;
  /** The message piece by piece, for whoever says it in another language. */
  readonly said?: readonly Said[];
  /** Missing rights, not a wrong setting. */
  readonly permission?: boolean;
}

/** As a problem carries it. */
export function inWords({ detail, said }: Told): Pick<ConfigProblem, 'message' | 'said'> {
  return { message: detail, said };
}

/** Where a value came from, as people look for it. */
export function originText(origin: Origin): string {
  switch (origin.source) {
    case 'default':
      return 'default';
    case 'file':
    case 'pages':
      return origin.line === undefined ? origin.file : `${origin.file}:${origin.line}`;
    case 'env':
    case 'secret-file':
      return origin.name;
    case 'credential':
      return `$CREDENTIALS_DIRECTORY/${origin.name}`;
    case 'flag':
      return origin.flag;
  }
}

/** One line for a person: 'site.toml:12: influx.url must be …'. */
export function formatProblem(problem: ConfigProblem): string {
  const subject = problem.path === '' ? '' : `${problem.path} `;
  return `${problem.where}: ${subject}${problem.message}`;
}

/** A name from outside made fit to print: no control characters, at most 80 characters. */
export function printable(name: string): string {
  const clean = name.replace(/[^\x20-\x7e]/g, '?');
  return clean.length > 80 ? `${clean.slice(0, 77)}...` : clean;
}
