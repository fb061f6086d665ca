/**
 * Writes a tree of plain values as a Helm template: marks become `.Values`, what is missing in one of the variants is put
 * behind that variant's switch. Throws where a variant differs in a way a switch cannot say.
 */

/** A value that may be off: what a template tests for, and the path of its mark. */
export interface Switch {
  readonly test: string;
  readonly mark: string;
}

/** The same place in the tree as it is with one switch off; undefined where it is missing. */
export interface Variant {
  readonly which: Switch;
  readonly value: unknown;
}

const FIRST_NUMBER = 7_100_000;
const numbers = new Map<number, string>();
const MARK = /@\{([^}]+)\}|\b(71\d{5})/g;

/** Begins the mark in place of a hash; names of templates follow. */
export const HASH_OF = 'hash of ';

/** The mark in place of a text. */
export function markOf(path: string): string {
  return `@{${path}}`;
}

/** The mark in place of a number. */
export function numberMark(path: string, index: number): number {
  const mark = FIRST_NUMBER + index;
  numbers.set(mark, path);
  return mark;
}

/** The whole template of one object. */
export function template(object: unknown, variants: readonly Variant[]): string {
  return guarded(variants, (rest) => `${mapLines(object as Tree, rest, '', undefined).join('\n')}\n`);
}

type Tree = Readonly<Record<string, unknown>>;

/** Puts what `write` gives behind every switch without which it is missing. */
function guarded(variants: readonly Variant[], write: (rest: readonly Variant[]) => string): string {
  const tests = variants.filter(({ value }) => value === undefined).map(({ which }) => which.test);
  const text = write(variants.filter(({ value }) => value !== undefined));
  if (tests.length === 0) return text;
  const test = tests.length === 1 ? tests[0] : `and ${tests.join(' ')}`;
  return `{{- if ${test} }}\n${text}${text.endsWith('\n') ? '' : '\n'}{{- end }}`;
}

function mapLines(
  map: Tree,
  variants: readonly Variant[],
  indent: string,
  each: string | undefined,
): string[] {
  for (const { which, value } of variants) {
    const extra = Object.keys(value as Tree).find((key) => !Object.hasOwn(map, key));
    if (extra !== undefined)
      throw new Error(`without ${which.test} there is "${extra}": a switch may only add`);
  }
  return Object.entries(map)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const below = variants.map(({ which, value: other }) => ({ which, value: (other as Tree)[key] }));
      return guarded(below, (rest) => entry(`${indent}${plainKey(key)}:`, value, rest, indent, each));
    });
}

function plainKey(key: string): string {
  return /^[A-Za-z][\w./-]*$/.test(key) ? key : JSON.stringify(key);
}

function entry(
  head: string,
  value: unknown,
  variants: readonly Variant[],
  indent: string,
  each: string | undefined,
): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${head} []`;
    return [head, ...listLines(value, variants, `${indent}  `, each)].join('\n');
  }
  if (typeof value === 'object' && value !== null) {
    if (Object.keys(value).length === 0) return `${head} {}`;
    return [head, ...mapLines(value as Tree, variants, `${indent}  `, each)].join('\n');
  }
  return `${head} ${scalar(value, variants, indent, each)}`;
}

function listLines(
  list: readonly unknown[],
  variants: readonly Variant[],
  indent: string,
  each: string | undefined,
): string[] {
  for (const { which, value } of variants) {
    const keys = new Set(list.map(itemKey));
    const extra = (value as readonly unknown[]).map(itemKey).find((key) => !keys.has(key));
    if (extra !== undefined)
      throw new Error(`without ${which.test} there is ${extra}: a switch may only add`);
  }
  return list.map((item) => {
    const below = variants.map(({ which, value }) => ({
      which,
      value: (value as readonly unknown[]).find((other) => itemKey(other) === itemKey(item)),
    }));
    const range = each === undefined ? rangeOf(item) : undefined;
    const text = guarded(below, (rest) => listItem(item, rest, indent, range ?? each));
    return range === undefined ? text : `{{- range $.Values.${range} }}\n${text}\n{{- end }}`;
  });
}

function listItem(
  item: unknown,
  variants: readonly Variant[],
  indent: string,
  each: string | undefined,
): string {
  if (typeof item !== 'object' || item === null) return `${indent}- ${scalar(item, variants, indent, each)}`;
  if (Object.keys(item).length === 0) return `${indent}- {}`;
  const lines = mapLines(item as Tree, variants, `${indent}  `, each);
  return [`${indent}- ${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)].join('\n');
}

/** Items of a list are the same item when they have the same name, whatever else differs. */
function itemKey(item: unknown): string {
  const name = typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined;
  return typeof name === 'string' ? name : JSON.stringify(item);
}

/** Path of the list an item stands for, when it is a list's mark; marks in lists inside the item are those lists'. */
function rangeOf(item: unknown): string | undefined {
  const text = JSON.stringify(item, (key, value) => (Array.isArray(value) && key !== '' ? undefined : value));
  return [...text.matchAll(MARK)].map(pathOf).find((path) => RANGES.test(path));
}

const RANGES = /\.(ports|allow_to|allow_from)$/;
/** Lists that are one text with commas. */
const JOINED = /\.(sentinels|cluster_nodes|proxies)$/;

function pathOf(match: RegExpMatchArray): string {
  return match[1] ?? numbers.get(Number(match[2])) ?? '';
}

function scalar(
  value: unknown,
  variants: readonly Variant[],
  indent: string,
  each: string | undefined,
): string {
  const fallback = fallbackOf(value, variants);
  const path = typeof value === 'number' ? numbers.get(value) : undefined;
  if (path !== undefined) return `{{ int ${path === each ? '.' : `$.Values.${path}`} }}`;
  if (typeof value !== 'string') return String(value);
  if (value.startsWith(markOf(HASH_OF).slice(0, -1))) return hashOfTemplates(value);
  if (value === markOf('settings')) return '{{ toYaml $.Values.settings | quote }}';
  const marks = [...value.matchAll(MARK)];
  if (marks.length === 0) return literal(value, indent);
  const args = marks.map((match) => expression(match, each, fallback));
  if (marks.length === 1 && marks[0]?.[0] === value) return `{{ ${args[0]} | quote }}`;
  const format = value.replaceAll('%', '%%').replace(MARK, '%v');
  return `{{ printf ${JSON.stringify(format)} ${args.map((arg) => `(${arg})`).join(' ')} | quote }}`;
}

/** The way Helm's own guide has it: of what the templates make, so that a new version of the chart counts, too. */
function hashOfTemplates(mark: string): string {
  const files = mark.slice(markOf(HASH_OF).length - 1, -1).split(',');
  const made = files.map((file) => `(include (print $.Template.BasePath "/${file}") $)`);
  return `{{ print ${made.join(' ')} | sha256sum | trunc 16 | quote }}`;
}

function expression(
  match: RegExpMatchArray,
  each: string | undefined,
  fallback: Fallback | undefined,
): string {
  const path = pathOf(match);
  const value = path === each ? '.' : `$.Values.${path}`;
  if (path.startsWith('secret_values.')) return `required "${path} is needed" ${value}`;
  if (match[2] !== undefined) return `int ${value}`;
  if (JOINED.test(path)) return `join "," ${value}`;
  return fallback?.path === path ? `default ${JSON.stringify(fallback.text)} ${value}` : value;
}

interface Fallback {
  readonly path: string;
  readonly text: string;
}

/** What stands in the place of a mark when its own switch is off: its default. */
function fallbackOf(value: unknown, variants: readonly Variant[]): Fallback | undefined {
  let found: Fallback | undefined;
  for (const { which, value: other } of variants) {
    if (other === value) continue;
    const [before = '', after] = String(value).split(markOf(which.mark));
    if (
      typeof other !== 'string' ||
      after === undefined ||
      !other.startsWith(before) ||
      !other.endsWith(after)
    ) {
      throw new Error(`${which.test} changes ${String(value)} to ${String(other)}: a switch may only add`);
    }
    found = { path: which.mark, text: other.slice(before.length, other.length - after.length) };
  }
  return found;
}

/** A text without marks; braces that are no template of ours are kept from Helm. */
function literal(text: string, indent: string): string {
  const safe = text.replaceAll('{{', '{{ "{{" }}');
  if (!/^\S.*\n/.test(text) || !/[^\n]\n$/.test(text)) {
    return JSON.stringify(text).replaceAll('{{', '{{ "{{" }}');
  }
  const lines = safe.slice(0, -1).split('\n');
  return ['|', ...lines.map((line) => (line === '' ? '' : `${indent}  ${line}`))].join('\n');
}
