/**
 * The licences of all that is in the program, from the lock file and the packages' own files, as the About page shows them:
 * every package that is not only for development, and the project's own. One commit has one list.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
}

export interface Licences {
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly licence: string;
    /** Places in `texts`; none where the package brings no text. */
    readonly texts: readonly number[];
  }[];
  /** Many packages share one. */
  readonly texts: readonly string[];
}

const TEXT_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** Of the project in `root`, whose packages are installed. */
export function licencesOf(root: string): Licences {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, LockedPackage>>;
  };
  const texts: string[] = [];
  const placeOf = (text: string): number => {
    const at = texts.indexOf(text);
    return at >= 0 ? at : texts.push(text) - 1;
  };
  const own = textsIn(root).map(placeOf);
  const version = packages['']?.version ?? '';
  const found = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version ?? '',
      licence: entry.license ?? 'see its text',
      texts: textsIn(join(root, path)).map(placeOf),
    }))
    .sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
  const project = { name: 'webscada-edge', version, licence: packages['']?.license ?? '', texts: own };
  return { packages: [project, ...found], texts };
}

/** Nothing for a package of another architecture, which is not installed. */
function textsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((file) => file.isFile() && TEXT_FILE.test(file.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());
}
