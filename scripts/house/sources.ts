/**
 * Reads the project's own sources: their text, their code without comments, and which files they import. For the house
 * rules (`test/house/tidy.test.ts`) and for the map in ARCHITECTURE.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const root = dirname(dirname(import.meta.dirname));

export interface Source {
  /** Relative to the project, with '/'. */
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked out. */
  readonly code: string;
  /** Imported files of the project, relative to it. */
  readonly imports: readonly string[];
}

/** All sources of src/, test/, scripts/ and the project's folder itself, generated ones left out. */
export function readSources(): Source[] {
  const rootFiles = readdirSync(root).filter((name) => /\.tsx?$/.test(name));
  return ['src', 'test', 'scripts'].flatMap(listFiles).concat(rootFiles).map(readSource);
}

/** 'gateway', 'ui/web', 'main' …: the room a file of src/ belongs to. The parts of ui/ are rooms of their own. */
export function roomOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  if (first === 'ui') return second.includes('.') ? 'ui' : `ui/${second}`;
  return first.replace(/(\.test)?\.tsx?$/, '');
}

export function lineOf(code: string, index: number): number {
  return code.slice(0, index).split('\n').length;
}

function listFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'gen' ? [] : listFiles(path);
    return /\.(tsx?|mjs)$/.test(entry.name) ? [path] : [];
  });
}

function withoutComments(text: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\*[\s\S]*?\*\/|(?<![:\\/])\/\/[^\n]*/g;
  return text.replace(token, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found));
}

function importsOf(path: string, code: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)'(\.[^']+)'/gm;
  return [...code.matchAll(pattern)].map((match) =>
    relative(root, join(root, dirname(path), match[1] ?? '')).replaceAll('\\', '/'),
  );
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const code = withoutComments(text);
  return { path, text, code, imports: importsOf(path, code) };
}
