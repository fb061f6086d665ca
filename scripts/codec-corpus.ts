/**
 * Runs the decode and encode cases that device makers publish with their scripts: `codec-corpus.ts FOLDER…`, each a
 * checkout of chirpstack-device-profiles (vendors/V/codecs/test_*.json) or lorawan-devices (vendor/V/D-codec.yaml).
 * Prints failed cases with the reason and the pass rate; exit code 1 when under 99 % of well-formed cases pass.
 *
 * A case is not well-formed when its file cannot be read, it has no input or expectation, or its script is missing.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { loadEngine } from '../src/ingest/codec/sandbox/engine.ts';
import { openSandbox, type Sandbox } from '../src/ingest/codec/sandbox/sandbox.ts';

const REQUIRED_RATE = 0.99;

type Json = Readonly<Record<string, unknown>>;

interface Case {
  readonly file: string;
  readonly name: string;
  readonly script: string;
  readonly kind: 'decode' | 'encode';
  readonly input: Json;
  readonly expected: Json;
}

/** A case, or why there is none. */
type Found = Case | { readonly file: string; readonly malformed: string };

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The test files have comments, hexadecimal numbers, names without quotes and commas before a closing bracket. */
function parseRelaxed(text: string): unknown {
  const token =
    /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\b0x[0-9a-f]+\b|\b[a-z_]\w*(?=\s*:)|,(?=\s*[}\]])/gi;
  const strict = (part: string): string => {
    if (part.startsWith('"')) return part;
    if (/^[a-z_]/i.test(part)) return JSON.stringify(part);
    return /^0x/i.test(part) ? String(Number(part)) : '';
  };
  // Twice: a comment may stand between a comma and the bracket.
  return JSON.parse(text.replace(token, strict).replace(token, strict));
}

function toCase(base: Omit<Case, 'input' | 'expected'>, input: unknown, expected: unknown): Found {
  const { file, name, kind, script } = base;
  if (!isObject(input) || !isObject(expected))
    return { file, malformed: `${name}: no input or no expectation` };
  if (!existsSync(script)) return { file, malformed: `${name}: there is no ${script}` };
  const bytes = kind === 'decode' ? input.bytes : (expected.bytes ?? []);
  const areBytes = Array.isArray(bytes) && bytes.every((b) => Number.isInteger(b) && b >= 0 && b <= 255);
  if (!areBytes) return { file, malformed: `${name}: its bytes are none` };
  return { ...base, input, expected };
}

/** The script that a test file is for; some scripts have got a version behind their name since. */
function scriptOf(folder: string, codec: string): string {
  const exact = join(folder, `${codec}.js`);
  const [only, ...others] = existsSync(exact) ? [] : globSync(`${codec}-[0-9]*.js`, { cwd: folder });
  return only !== undefined && others.length === 0 ? join(folder, only) : exact;
}

function chirpstackCases(folder: string): Found[] {
  return globSync('vendors/*/codecs/test_*.json', { cwd: folder }).flatMap((path): Found[] => {
    const file = join(folder, path);
    const [, kind, codec] = /test_(decode|encode)_(.*)\.json$/.exec(path) ?? [];
    if ((kind !== 'decode' && kind !== 'encode') || codec === undefined) return [];
    try {
      const cases = parseRelaxed(readFileSync(file, 'utf8'));
      if (!Array.isArray(cases)) return [{ file, malformed: 'not a list' }];
      const script = scriptOf(dirname(file), codec);
      return cases.map((one: Json) =>
        toCase({ file, name: String(one.name), kind, script }, one.input, one.expected),
      );
    } catch (error) {
      return [{ file, malformed: String(error) }];
    }
  });
}

function thingsCases(folder: string): Found[] {
  return globSync('vendor/*/*.yaml', { cwd: folder }).flatMap((path): Found[] => {
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8');
    if (!/^(uplinkDecoder|downlinkEncoder):/m.test(text)) return [];
    try {
      const codec = parseYaml(text, { maxAliasCount: 1000 }) as Record<string, Json | undefined>;
      return (['uplinkDecoder', 'downlinkEncoder'] as const).flatMap((section): Found[] => {
        const { fileName, examples } = codec[section] ?? {};
        if (!Array.isArray(examples)) return [];
        const script = join(dirname(file), String(fileName));
        const kind = section === 'uplinkDecoder' ? 'decode' : 'encode';
        return examples.map((one: Json) =>
          toCase({ file, name: String(one.description), kind, script }, one.input, one.output),
        );
      });
    } catch (error) {
      return [{ file, malformed: String(error) }];
    }
  });
}

/** Equal as JSON: a missing member is null, numbers to nine digits. Returns the path of the first difference. */
function difference(actual: unknown, expected: unknown, path = ''): string | undefined {
  if ((actual ?? null) === (expected ?? null)) return undefined;
  if (typeof actual === 'number' && typeof expected === 'number') {
    if (Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected))) return undefined;
  }
  if (typeof actual === 'object' && typeof expected === 'object' && actual !== null && expected !== null) {
    const [a, b] = [actual as Json, (expected instanceof Date ? {} : expected) as Json];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = difference(a[key], b[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);
  return `${path || 'result'} is ${show(actual)}, not ${show(expected)}`;
}

/** Why the case fails, undefined if it passes. */
function runCase(sandbox: Sandbox, { kind, input, expected }: Case): string | undefined {
  const timeMs = new Date(String(input.recvTime ?? '')).getTime() || 1_700_000_000_000;
  const args =
    kind === 'decode'
      ? [input.fPort ?? null, input.bytes, timeMs, input.variables ?? {}]
      : [input.data ?? null, input.fPort ?? null, input.variables ?? {}];
  const outcome = sandbox.call(kind, JSON.stringify(args));
  const wantsErrors = Array.isArray(expected.errors) && expected.errors.length > 0;
  if (outcome.kind === 'error') {
    return wantsErrors
      ? undefined
      : `${outcome.error.name}: ${outcome.error.message} (line ${outcome.error.line})`;
  }
  if (outcome.kind !== 'result') return `it ran over its limits (${JSON.stringify(outcome)})`;
  // NaN and its like, which the cases write as null.
  const plain = (_: string, value: unknown) =>
    typeof value === 'string' && value.startsWith('\0') ? null : value;
  const result: unknown = JSON.parse(outcome.json, plain);
  if (!isObject(result)) return `it returned ${outcome.json}`;
  const hasErrors = Array.isArray(result.errors) && result.errors.length > 0;
  if (wantsErrors || hasErrors) {
    return wantsErrors === hasErrors ? undefined : `errors are ${JSON.stringify(result.errors)}`;
  }
  if (kind === 'decode') return difference(result.data, expected.data);
  const port = expected.fPort === undefined ? undefined : difference(result.fPort, expected.fPort, 'fPort');
  return port ?? difference(result.bytes, expected.bytes);
}

async function main(folders: readonly string[]): Promise<void> {
  const engine = await loadEngine();
  const counts = { passed: 0, failed: 0, malformed: 0, scripts: 0 };
  let open: { script: string; opened: ReturnType<typeof openSandbox> } | undefined;
  for (const folder of folders) {
    for (const found of [...chirpstackCases(folder), ...thingsCases(folder)]) {
      const where = relative(folder, found.file);
      if ('malformed' in found) {
        counts.malformed++;
        console.log(`not well-formed  ${where}: ${found.malformed}`);
        continue;
      }
      if (open?.script !== found.script || open.opened.sandbox?.isSpent()) {
        open?.opened.sandbox?.close();
        const instance = engine.current();
        if (!instance) throw new Error('the script engine broke twice');
        open = { script: found.script, opened: openSandbox(instance, readFileSync(found.script, 'utf8')) };
        counts.scripts++;
      }
      const { opened } = open;
      const why = opened.sandbox ? runCase(opened.sandbox, found) : JSON.stringify(opened.fault);
      if (why === undefined) counts.passed++;
      else {
        counts.failed++;
        console.log(`failed  ${where}: ${found.kind} ${found.name}: ${why}`);
      }
    }
  }
  const { passed, failed, malformed, scripts } = counts;
  const rate = passed / Math.max(1, passed + failed);
  console.log(`${scripts} sandboxes, ${malformed} cases not well-formed`);
  console.log(`${passed} passed, ${failed} failed (${(rate * 100).toFixed(2)} %)`);
  if (rate < REQUIRED_RATE) process.exitCode = 1;
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error(
    'codec-corpus: give the folder of a checkout of chirpstack-device-profiles or lorawan-devices',
  );
  process.exitCode = 2;
} else {
  await main(folders);
}
