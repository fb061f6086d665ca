/**
 * JSON values one after the other, as The Things Stack exports devices, or one value. Also makes columns of an object:
 * nested names joined with dots. Never throws.
 */
import { cut } from '../../model/text.ts';
import { normaliseName } from './columns.ts';

const MAX_COLUMNS = 400;
const MAX_DEPTH = 8;

export interface JsonValues {
  readonly values: readonly unknown[];
  /** Why reading stopped before the end. */
  readonly problem?: string;
}

/** Reads at most `maxValues` values; stops at the first that is damaged. */
export function readJsonStream(source: string, maxValues: number): JsonValues {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  try {
    return { values: [JSON.parse(text) as unknown] };
  } catch {
    // Not one value: several, or damaged.
  }
  const values: unknown[] = [];
  let start = nextStart(text, 0);
  while (start < text.length) {
    if (values.length >= maxValues)
      return { values, problem: `only the first ${maxValues} devices are read` };
    const end = endOfValue(text, start);
    const where = `device ${values.length + 1}, line ${text.slice(0, start).split('\n').length}`;
    if (end === undefined) return { values, problem: `${where}: the JSON has no end` };
    try {
      values.push(JSON.parse(text.slice(start, end)) as unknown);
    } catch {
      return { values, problem: `${where}: this is not JSON` };
    }
    start = nextStart(text, end);
  }
  return { values };
}

/** Past white space and the commas that some tools put between values. */
function nextStart(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[\s,]/.test(text.charAt(at))) at++;
  return at;
}

/** Behind the bracket that closes the one at `start`; undefined if there is none. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"|[[\]{}]/gs;
  token.lastIndex = start;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [part] = found;
    if (part === '{' || part === '[') depth++;
    else if (part === '}' || part === ']') depth--;
    if (depth <= 0) return token.lastIndex;
  }
  return undefined;
}

/** `{ids: {dev_eui: 'x'}}` as `ids.deveui: x`; lists and null are left out, and what is too many or too deep. */
export function toColumns(value: object): Map<string, string> {
  const columns = new Map<string, string>();
  const take = (object: object, prefix: string, depth: number): void => {
    for (const [key, member] of Object.entries(object)) {
      const name = prefix + normaliseName(key).replaceAll('.', '');
      if (columns.size >= MAX_COLUMNS) return;
      if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean') {
        columns.set(name, cut(String(member), 2000));
      } else if (
        typeof member === 'object' &&
        member !== null &&
        !Array.isArray(member) &&
        depth < MAX_DEPTH
      ) {
        take(member, `${name}.`, depth + 1);
      }
    }
  };
  take(value, '', 0);
  return columns;
}
