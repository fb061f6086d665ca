/**
 * The house rules, as a test: which room may import which, no circles, no dead files, every file says what it is for, and
 * time and chance come from World only. A failure names the file and the rule; ARCHITECTURE.md has the reasons.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineOf, readSources, roomOf, root, type Source } from '../../scripts/house/sources.ts';
import { pageWithMap } from '../../scripts/house-map.ts';

const MAX_LINES = 400;
const MAX_FUNCTION_LINES = 70;

/** For each room of src/ the rooms, or folders of rooms, it may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'run', 'ops'],
  run: ['appliance', 'cli', 'config', 'ops', 'store', 'files', 'model'],
  cli: [
    'appliance',
    'config',
    'deploy',
    'ui/access',
    'gateway',
    'ingest',
    'sync',
    'simulator',
    'clock',
    'devices',
    'ops',
    'store',
    'files',
    'model',
  ],
  appliance: [
    'alarms',
    'config',
    'ui/http',
    'ui/access',
    'ui/routes',
    'gateway',
    'ingest',
    'sync',
    'notify',
    'simulator',
    'clock',
    'devices',
    'ops',
    'store',
    'files',
    'model',
  ],
  config: ['model'],
  // Manifests are made from a site file declared and checked like the settings.
  deploy: ['config', 'model'],
  // Files lying in ui/ itself are shared by the server and the browser.
  ui: ['model'],
  'ui/access': ['ui', 'config', 'store', 'model'],
  'ui/http': ['ui/access', 'model'],
  'ui/shapes': ['ui', 'ui/access', 'model'],
  'ui/events': ['ui/http', 'ui/access', 'ui/shapes', 'store', 'model'],
  'ui/routes': ['ui', 'ui/http', 'ui/access', 'ui/events', 'ui/shapes', 'store', 'model'],
  'ui/web': ['ui', 'ui/shapes', 'ui/routes/app.ts', 'model'],
  gateway: ['config', 'store', 'files', 'model'],
  ingest: ['config', 'store', 'files', 'model'],
  notify: ['config', 'store', 'files', 'model'],
  sync: ['config', 'store', 'files', 'model'],
  alarms: ['store', 'model'],
  clock: ['config', 'store', 'model'],
  devices: ['config', 'store', 'files', 'model'],
  ops: ['config', 'store', 'files', 'model'],
  // It plays the other side of the radio and of the bridge, and so shares their pure code.
  simulator: [
    'config',
    'gateway/lorawan',
    'gateway/bridge',
    'gateway/mqtt/library.ts',
    'ingest/codec',
    'store',
    'model',
  ],
  store: ['config', 'files', 'model'],
  files: ['model'],
  model: [],
};

/** Where a program begins; what none of them reaches is dead. */
const ENTRIES = [
  /^src\/main\.ts$/,
  /^src\/ingest\/codec\/codec-worker\.ts$/,
  /^src\/ops\/backups\/worker\.ts$/,
  /^src\/devices\/catalogue\/import-worker\.ts$/,
  /^src\/ui\/web\/(boot|main|index|app)\.tsx?$/,
  /^test\/support\/(english|node-streams|build-program)\.ts$/,
  /^scripts\//,
  /\.test\.tsx?$/,
  /^[^/]+$/,
];

/** Calls that only the real World may make; the browser's program has no World. */
const WORLDLY = /\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\b|\bnew Date\(\)/g;
const MAY_BE_WORLDLY = /^src\/(ops\/world\.ts|ui\/web\/)|\.test\.tsx?$/;

/** The start of an element, where a value may stand. */
const ELEMENT = String.raw`\(?\s*<(?:>|[A-Za-z])`;
/** What outlives one drawing: a constant of the module, a signal, what hooks remember. */
const KEPT_ELEMENTS = [
  // The statement goes on until a line starts at its margin; what follows '=>' is made at each call.
  new RegExp(
    String.raw`^(?:export )?(?:const|let|var) (?:(?!=>|\n[^\s)\]}])[\s\S])*?(?:[=:,?([{]|&&|\|\|)\s*${ELEMENT}`,
    'gm',
  ),
  new RegExp(
    String.raw`\b(?:signal|useSignal|useRef|useState|computed|useComputed|useMemo)(?:<[^()]*>)?\(\s*(?:\(\)\s*=>\s*)?${ELEMENT}`,
    'g',
  ),
  new RegExp(String.raw`\.(?:value|current)\s*=\s*${ELEMENT}`, 'g'),
];

function findKeptElements(code: string): number[] {
  return KEPT_ELEMENTS.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ index }) => lineOf(code, index)),
  );
}

/** How the formatter ends the line that a function's body opens on; a loop or a condition has its keyword in front. */
const OPENS_BODY = /(?:=>|\)(?:: .+)?) \{$/;
const NO_FUNCTION = /^\s*(?:\} else |if\b|for\b|while\b|switch\b)/;
/** What holds tests is a list, not a function. */
const HOLDS_TESTS = /^\s*(?:describe|suite)/;

/** Lines where formatted code opens a function that is too long. For tests: the linter cannot tell a suite from a function. */
function findLongFunctions(text: string): number[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!OPENS_BODY.test(line) || NO_FUNCTION.test(line)) return [];
    const indent = line.slice(0, line.search(/\S/));
    // Parameters, or the table of test.each, may stand on lines of their own.
    let first = at;
    while (first > 0 && !new RegExp(`^${indent}[^\\s)\\]}]`).test(lines[first] ?? '')) first -= 1;
    const last = lines.findIndex((other, index) => index > at && other.startsWith(`${indent}}`));
    const opening = lines[first] ?? '';
    // The table of test.each is none of its function's lines.
    const body = lines.slice(/\.each\b/.test(opening) ? at : first, last + 1);
    const isTooLong = body.filter((other) => other.trim() !== '').length > MAX_FUNCTION_LINES;
    return isTooLong && !HOLDS_TESTS.test(opening) ? [first + 1] : [];
  });
}

const sources = readSources();
const inSrc = sources.filter(({ path }) => path.startsWith('src/'));
const byPath = new Map(sources.map((source) => [source.path, source]));

function isAllowed(from: Source, target: string): boolean {
  if (from.path.endsWith('.test.ts') && target.startsWith('test/support/')) return true;
  if (!target.startsWith('src/')) return false;
  const room = roomOf(from.path);
  if (roomOf(target) === room) return true;
  return (MAY_IMPORT[room] ?? []).some((allowed) =>
    allowed in MAY_IMPORT ? roomOf(target) === allowed : `${target}/`.startsWith(`src/${allowed}/`),
  );
}

/** The first circle reachable from `path`, as the files on it, or undefined. */
function findCircle(
  path: string,
  trail: readonly string[],
  done: Set<string>,
): readonly string[] | undefined {
  const at = trail.indexOf(path);
  if (at >= 0) return [...trail.slice(at), path];
  if (done.has(path)) return undefined;
  for (const next of byPath.get(path)?.imports ?? []) {
    const circle = findCircle(next, [...trail, path], done);
    if (circle) return circle;
  }
  done.add(path);
  return undefined;
}

describe('the house rules', () => {
  test('there are sources to look at, and the import pattern sees them', () => {
    expect(inSrc.length).toBeGreaterThan(10);
    expect(byPath.get('test/ops/log-throttle.test.ts')?.imports).toEqual([
      'src/ops/log-throttle.ts',
      'test/support/world.ts',
    ]);
  });

  test('every room is known and imports run downwards only', () => {
    const problems = inSrc.flatMap((source) => {
      const room = roomOf(source.path);
      const allowed = MAY_IMPORT[room];
      if (!allowed) return [`${source.path}: "${room}" is not a room of the house`];
      return source.imports
        .filter((target) => !isAllowed(source, target))
        .map(
          (target) =>
            `${source.path} imports ${target}; ${room} may import: ${allowed.join(', ') || 'nothing'}`,
        );
    });
    expect(problems).toEqual([]);
  });

  test('rooms take the types of their settings, and no more of the settings', () => {
    const mayReadSettings = new Set(['main', 'run', 'cli', 'appliance', 'config', 'deploy']);
    const problems = inSrc
      .filter(({ path }) => !mayReadSettings.has(roomOf(path)))
      .flatMap(({ path, code }) =>
        [...code.matchAll(/^import (?!type\b)[^;]*'[^']*\/config\/[^']*'/gm)].map(
          ({ index }) => `${path}:${lineOf(code, index)}: use "import type"`,
        ),
      );
    expect(problems).toEqual([]);
  });

  test('the browser takes only types from the model and the API, and the words the box says itself', () => {
    const words: Readonly<Record<string, string>> = {
      'src/ui/web/words/en/silence.ts': "/model/silence-words.ts'",
      // Messages to people have the same sentences.
      'src/ui/web/words/de/box/alarms.ts': "/model/said/alarm-texts-de.ts'",
    };
    // By these the pages, the API and the alarms call a device stale, or badly heard; the terminal shows the same units.
    const isMeasure = (line: string): boolean =>
      /\/model\/(interval|link-margin|field-units)\.ts'$/.test(line);
    const problems = inSrc
      .filter(({ path }) => path.startsWith('src/ui/web/'))
      .flatMap(({ path, code }) =>
        [...code.matchAll(/^import (?!type\b)[^;]*'[^']*\/(model|shapes|routes)\/[^']*'/gm)]
          .filter(([line]) => !isMeasure(line))
          .filter(([line]) => !(Object.hasOwn(words, path) && line.endsWith(words[path] ?? '')))
          .map(({ index }) => `${path}:${lineOf(code, index)}: use "import type"`),
      );
    expect(problems).toEqual([]);
  });

  test('P1: the pages keep no element for later, which would keep every old tree of the page', () => {
    const kept = [
      'const SHAPES: Record<Mark, VNode> = {\n  ok: (\n    <>\n      <path />\n    </>\n  ),\n};',
      "export const line = <hr class='x' />;",
      'const rows = [\n  [1, <b>1</b>],\n];',
      'function A() {\n  const open = useSignal(<p />);\n}',
      'function A() {\n  const open = useMemo(() => <p />, []);\n}',
      'function A() {\n  open.value = <p />;\n}',
    ];
    const fresh = [
      'const a: Map<string, number> = new Map();\n\nfunction A() {\n  return <p />;\n}',
      'const a = (b: number): boolean => b <c;\nexport function A() {\n  const tools = <p />;\n  return tools;\n}',
      'function A() {\n  const past = useSignal<Past | undefined>(undefined);\n}',
      'export const Row = () => <p />;',
    ];
    expect(kept.map((code) => findKeptElements(code).length)).toEqual(kept.map(() => 1));
    expect(fresh.flatMap(findKeptElements)).toEqual([]);
    const problems = inSrc
      .filter(({ path }) => path.endsWith('.tsx'))
      .flatMap(({ path, code }) =>
        findKeptElements(code).map((line) => `${path}:${line}: make the element where it is drawn`),
      );
    expect(problems).toEqual([]);
  });

  test('imports name files that exist', () => {
    const problems = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${path} imports ${target}: no such file`),
    );
    expect(problems).toEqual([]);
  });

  test('no imports in a circle', () => {
    const done = new Set<string>();
    const circles = sources.map(({ path }) => findCircle(path, [], done)?.join(' -> '));
    expect([...new Set(circles.filter((circle) => circle !== undefined))]).toEqual([]);
  });

  test('no dead files', () => {
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const next of byPath.get(path)?.imports ?? []) visit(next);
    };
    for (const { path } of sources) if (ENTRIES.some((entry) => entry.test(path))) visit(path);
    const dead = sources.map(({ path }) => path).filter((path) => !reached.has(path));
    expect(dead.map((path) => `${path}: nothing imports it`)).toEqual([]);
  });

  test('the map in ARCHITECTURE.md is drawn from the imports of today (else: node scripts/house-map.ts)', () => {
    const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    expect(pageWithMap(page, sources)).toBe(page);
  });

  test('every file opens by saying what it is for', () => {
    const mute = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path);
    expect(mute.map((path) => `${path}: must open with a /** … */`)).toEqual([]);
  });

  test('time, timers and chance come from World', () => {
    const problems = inSrc
      .filter(({ path }) => !MAY_BE_WORLDLY.test(path))
      .flatMap(({ path, code }) =>
        [...code.matchAll(WORLDLY)].map(
          ({ 0: call, index }) => `${path}:${lineOf(code, index)}: ${call} instead of World`,
        ),
      );
    expect(problems).toEqual([]);
  });

  test('files are short and have a subject', () => {
    const problems = sources.flatMap(({ path, text }) => {
      const lines = text.split('\n').length - 1;
      return [
        ...(lines > MAX_LINES ? [`${path}: ${lines} lines, at most ${MAX_LINES}`] : []),
        ...(/(^|[-_.])(utils?|helpers?|misc|common)\b/i.test(basename(path))
          ? [`${path}: name it after its subject`]
          : []),
      ];
    });
    expect(problems).toEqual([]);
  });

  test('functions are short, in tests too (the linter sees to the rest)', () => {
    const body = '  step();\n'.repeat(MAX_FUNCTION_LINES - 1);
    const long = [
      `function a() {\n${body}}`,
      `export async function a(b: number): Promise<void> {\n${body}}`,
      `const a = (b: number) => {\n${body}};`,
      `function a(\n  b: number,\n): void {\n${body}}`,
      `test('a', async () => {\n${body}});`,
      `describe('a', () => {\n  const b = {\n    async c() {\n${body.replaceAll('  ', '      ')}    },\n  };\n});`,
    ];
    const short = [
      `function a() {\n${body.replace('  step();\n', '')}}`,
      `describe('a', () => {\n${body}});`,
      `describe.each([\n  1,\n])('a', (b) => {\n${body}});`,
      `test.each([\n${'  1,\n'.repeat(MAX_FUNCTION_LINES)}])('a', (b) => {\n  step();\n});`,
      `function a() {\n\n${body.replace('  step();\n', '')}}`,
      `if (a) {\n${body}}`,
    ];
    expect(long.map((code) => findLongFunctions(code).length)).toEqual(long.map(() => 1));
    expect(short.flatMap(findLongFunctions)).toEqual([]);
    const problems = sources
      .filter(({ path }) => path.endsWith('.test.ts'))
      .flatMap(({ path, text }) =>
        findLongFunctions(text).map((line) => `${path}:${line}: more than ${MAX_FUNCTION_LINES} lines`),
      );
    expect(problems).toEqual([]);
  });

  test('no default exports where no tool asks for one', () => {
    const problems = sources
      .filter(
        ({ path, code }) =>
          !/^[^/]+\.config\.ts$/.test(path) && /^export default\b|\bas default\b/m.test(code),
      )
      .map(({ path }) => `${path}: export it by name`);
    expect(problems).toEqual([]);
  });
});
