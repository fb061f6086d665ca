/**
 * Builds the program: `dist/` is the bundle (main.js, chunks loaded on demand, SQLite's addon, the web pages), and
 * `out/webscada-edge` the same as one executable for this machine. Two builds of one commit in one folder are byte-equal.
 *
 * Options: --bundle (no executable), --if-stale (only when a source is newer than the bundle), --arch x64|arm64 (executable
 * for the other architecture, in out/ARCH), --quiet. RELEASE_PUBLIC_KEY_FILE names the PEM file of the key that releases are
 * checked with; without it the executable checks none.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { readGuest } from '../src/ingest/codec/sandbox/guest-source.ts';
import { buildWeb } from './build-web.ts';
import { requireBuiltins } from './builtins.ts';
import { type Arch, makeExecutable, sqliteAddon } from './executable.ts';
import { joinChunks } from './join-chunks.ts';
import { inTurn } from './turn.ts';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');
const stamp = join(dist, 'built');

/** What the bundle is made of; a change in any of them makes it stale. */
const SOURCES = [
  'src',
  'scripts/build.ts',
  'scripts/build-web.ts',
  'scripts/licences.ts',
  'scripts/builtins.ts',
  'scripts/executable.ts',
  'scripts/join-chunks.ts',
  'package.json',
  'package-lock.json',
];

/** Newest modification below `path`, folders included so that a removed file counts; 0 if it does not exist. */
function newestMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestMs(join(path, name))),
    stat.mtimeMs,
  );
}

/** Modification of one file, 0 if it does not exist. */
function modifiedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isStale(): boolean {
  return SOURCES.some((source) => newestMs(join(root, source)) >= modifiedMs(stamp));
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Abbreviated commit, '+' behind it when tracked files are modified; 'unknown' without git or without a commit. */
function gitCommit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const modified = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (modified ? '+' : '');
  } catch {
    return 'unknown';
  }
}

/** PEM; '' when releases are not signed. */
function releaseKey(): string {
  const file = process.env.RELEASE_PUBLIC_KEY_FILE;
  return file ? readFileSync(file, 'utf8') : '';
}

/** Where the executable for `arch` goes: that for this machine lies in out/ itself. */
function executableFor(arch: Arch): string {
  return join(root, 'out', arch === process.arch ? '' : arch, 'webscada-edge');
}

/** QuickJS as WebAssembly, read when the first device maker's script is used. */
function quickjsWasm(): string {
  return join(root, 'node_modules/@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm');
}

/**
 * hono-openapi would import the whole of zod, with its messages in 60 languages, to make JSON Schemas; it is handed the one
 * function it needs instead (src/ui/http/openapi.ts).
 */
const leaveOutVendors: Plugin = {
  name: 'leave-out-vendors',
  setup(build) {
    build.onResolve({ filter: /^zod\/v4\/core$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/** Builds into a folder of its own and puts it in place at the end, so that a program running from dist/ finds its chunks. */
async function bundle(): Promise<void> {
  const draft = `${dist}.${process.pid}.new`;
  try {
    await bundleInto(draft);
    rmSync(dist, { recursive: true, force: true });
    renameSync(draft, dist);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The program that `run` is: apart from the verbs, so that what it reads at its start is not cut to pieces by what they share. */
const boxApart: Plugin = {
  name: 'box-apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/run\.ts$/ }, ({ resolveDir }) =>
      // Other rooms have a run.ts as well.
      resolveDir === join(root, 'src') ? { path: './box.js', external: true } : undefined,
    );
  },
};

const common = {
  bundle: true,
  metafile: true,
  // A dynamic import stays a file of its own, read when it is first asked for.
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  legalComments: 'none',
  // MQTT.js brings Node's streams once more, for browsers: docs/decisions/0039.
  alias: { 'readable-stream': 'node:stream' },
  define: {
    WSE_VERSION: JSON.stringify(packageVersion()),
    WSE_COMMIT: JSON.stringify(gitCommit()),
    WSE_RELEASE_KEY: JSON.stringify(releaseKey()),
    WSE_CODEC_GUEST: JSON.stringify(readGuest()),
  },
  // What CommonJS dependencies expect to find; ES modules have none of it.
  banner: {
    js: "import{createRequire as __cr}from'node:module';const require=/*@__PURE__*/__cr(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;",
  },
  absWorkingDir: root,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** V8 keeps a source with one character past ASCII at two bytes a character, as long as the process lives. */
function refuseWideText(file: string): void {
  const wide = /.{0,40}[^\0-\x7f].{0,20}/.exec(readFileSync(file, 'utf8'));
  if (wide)
    throw new Error(`${file}: a character past ASCII doubles its memory; write it as \\u…: ${wide[0]}`);
}

async function bundleInto(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const verbs = await build({
    ...common,
    entryPoints: { main: join(root, 'src/main.ts') },
    outdir: folder,
    plugins: [boxApart, requireBuiltins, leaveOutVendors],
    chunkNames: 'chunk-[name]-[hash]',
  });
  await joinChunks({ folder, metafile: verbs.metafile, sources: ['src/main.ts'], options: common });
  const box = await build({
    ...common,
    entryPoints: {
      box: join(root, 'src/run.ts'),
      'codec-worker': join(root, 'src/ingest/codec/codec-worker.ts'),
      'backup-worker': join(root, 'src/ops/backups/worker.ts'),
      'catalogue-worker': join(root, 'src/devices/catalogue/import-worker.ts'),
    },
    outdir: folder,
    plugins: [requireBuiltins, leaveOutVendors],
    chunkNames: 'box-[name]-[hash]',
  });
  const sources = ['src/run.ts', 'src/appliance.ts'] as const;
  await joinChunks({ folder, metafile: box.metafile, sources, options: common });
  for (const name of ['main.js', 'box.js']) refuseWideText(join(folder, name));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  copyFileSync(sqliteAddon(process.arch), join(folder, 'better_sqlite3.node'));
  copyFileSync(quickjsWasm(), join(folder, 'quickjs.wasm'));
  await buildWeb(join(folder, 'web'));
  writeFileSync(join(folder, 'built'), JSON.stringify({ version: packageVersion(), commit: gitCommit() }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bundle: { type: 'boolean', default: false },
      'if-stale': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      arch: { type: 'string', default: process.arch },
    },
  });
  const { arch } = values;
  if (arch !== 'x64' && arch !== 'arm64') throw new Error('--arch must be x64 or arm64');
  const executable = executableFor(arch);
  if (!values['if-stale'] || isStale()) {
    const startedMs = performance.now();
    await bundle();
    if (!values.quiet) console.log(`dist/ built in ${Math.round(performance.now() - startedMs)} ms`);
  }
  if (values.bundle || (values['if-stale'] && modifiedMs(executable) > modifiedMs(stamp))) return;
  const startedMs = performance.now();
  await makeExecutable({ dist, file: executable, work: join(root, 'out/.pkg', arch), arch });
  const megabytes = (statSync(executable).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (!values.quiet) console.log(`${relative(root, executable)}: ${megabytes} MB, built in ${seconds} s`);
}

try {
  // Two tests that want the program build it once, and not into each other.
  await inTurn(join(root, 'out/.building'), main);
} catch (error) {
  // esbuild has told its own errors already.
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
