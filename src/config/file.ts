/**
 * Reads the text of one settings file: TOML, YAML or JSON by its extension, with the line of each key. The parsers are
 * loaded only when such a file is read. Their messages quote the file, which may hold secrets, and are not passed on.
 */
import { wellFormedJson } from '../model/text.ts';
import { isTable } from './value.ts';

export type Step = string | number;

export interface ParsedFile {
  readonly table: Record<string, unknown>;
  /** Line of a key (or of the nearest thing around it that has one), counted from 1. */
  lineOf(path: readonly Step[]): number | undefined;
}

export type FileResult =
  | { readonly ok: true; readonly parsed: ParsedFile }
  | {
      readonly ok: false;
      readonly problems: readonly { readonly line?: number; readonly message: string }[];
    };

/** Extensions a settings file may have. */
export const EXTENSIONS = ['.toml', '.yaml', '.yml', '.json'] as const;

/** Never throws: a file that does not parse gives its problems, each with its line where the parser tells one. */
export async function parseFile(name: string, text: string): Promise<FileResult> {
  const extension = /\.[^./\\]*$/.exec(name)?.[0].toLowerCase();
  if (extension === '.toml') return parseToml(text);
  if (extension === '.yaml' || extension === '.yml') return parseYaml(text, 'YAML');
  if (extension === '.json') return parseJson(text);
  return { ok: false, problems: [{ message: `must end in ${EXTENSIONS.join(', ')}` }] };
}

async function parseToml(text: string): Promise<FileResult> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    const lines = tomlLines(text);
    return { ok: true, parsed: { table: parse(text), lineOf: (path) => lineIn(lines, path) } };
  } catch (error) {
    if (!(error instanceof TomlError)) return { ok: false, problems: [{ message: 'is not valid TOML' }] };
    return {
      ok: false,
      problems: [
        { line: error.line, message: `is not valid TOML (column ${error.column}): ${tomlReason(error)}` },
      ],
    };
  }
}

/** The parser's own words without the lines of the file it adds to them. */
function tomlReason(error: Error): string {
  return (error.message.split('\n', 1)[0] ?? '').replace('Invalid TOML document: ', '');
}

async function parseJson(text: string): Promise<FileResult> {
  try {
    JSON.parse(text);
  } catch {
    const yaml = await parseYaml(text, 'JSON');
    return yaml.ok ? { ok: false, problems: [{ message: 'is not valid JSON' }] } : yaml;
  }
  return parseYaml(wellFormedJson(text), 'JSON');
}

/** JSON is YAML too, and this parser knows the lines. */
async function parseYaml(text: string, format: 'YAML' | 'JSON'): Promise<FileResult> {
  const { LineCounter, isNode, parseDocument } = await import('./yaml.ts');
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  const lineAt = (offset: number): number => counter.linePos(offset).line;
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, 10).map((error) => ({
      line: lineAt(error.pos[0]),
      message: `is not valid ${format}: ${error.code.toLowerCase().replaceAll('_', ' ')}`,
    }));
    return { ok: false, problems };
  }
  let table: unknown;
  try {
    table = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    return { ok: false, problems: [{ message: `is not valid ${format}: too many aliases` }] };
  }
  if (!isTable(table))
    return { ok: false, problems: [{ line: 1, message: 'must hold sections, not a single value' }] };
  const lineOf = (path: readonly Step[]): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return undefined;
  };
  return { ok: true, parsed: { table, lineOf } };
}

function lineIn(lines: ReadonlyMap<string, number>, path: readonly Step[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(path.slice(0, length).join('.'));
    if (line !== undefined) return line;
  }
  return undefined;
}

/** Where each key of a valid TOML text stands: headers and keys at the start of a line, outside of long strings. */
function tomlLines(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let table = '';
  let longString: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (longString === undefined) {
      const header = /^\s*\[(\[?)([^\]]+)\]/.exec(line);
      const key = /^\s*([\w.'" -]+?)\s*=/.exec(line);
      if (header) {
        table = plainKey(header[2] ?? '');
        if (header[1]) {
          const count = counts.get(table) ?? 0;
          counts.set(table, count + 1);
          table = `${table}.${count}`;
        }
        lines.set(table, index + 1);
      } else if (key) {
        const path = `${table === '' ? '' : `${table}.`}${plainKey(key[1] ?? '')}`;
        lines.set(path, index + 1);
        const parent = path.slice(0, path.lastIndexOf('.'));
        if (!lines.has(parent)) lines.set(parent, index + 1);
      }
    }
    for (const mark of line.match(/"""|'''/g) ?? []) {
      if (longString === undefined) longString = mark;
      else if (longString === mark) longString = undefined;
    }
  }
  return lines;
}

function plainKey(key: string): string {
  return key.replace(/['"\s]/g, '');
}
