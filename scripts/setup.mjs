/**
 * The one entry of all npm scripts, written for whatever Node >= 20 the machine has: installs the dependencies when they
 * are missing or differ from the lock file, then runs the task under the project's own Node 24 and hands back its exit code.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** A signal this soon after another is the same wish, come by another way. */
const ECHO_MS = 500;

/** Whether we were told to end; then no further command is started. */
let interrupted = false;

/** The program itself, and what runs inside the codec sandbox, which has other globals. */
const typeChecks = [
  ['tsc', '-p', '.'],
  ['tsc', '-p', 'src/ingest/codec/sandbox/guest'],
];

/** The commands of each task, run one after the other; the last one gets the arguments after `--`. */
const tasks = {
  start: [
    ['node', 'scripts/build.ts', '--bundle', '--if-stale', '--quiet'],
    // As on a small box: see docs/install.md.
    ['node', '--max-semi-space-size=1', 'dist/main.js', 'run', '--simulator'],
  ],
  demo: [
    ['node', 'scripts/build.ts', '--bundle', '--if-stale', '--quiet'],
    ['node', 'scripts/demo.ts'],
  ],
  build: [['node', 'scripts/build.ts']],
  test: [['biome', 'check', '.'], ...typeChecks, ['vitest', 'run']],
  check: [['biome', 'check', '.'], ...typeChecks, ['vitest', 'run', 'test/house/tidy', '--reporter=dot']],
  lint: [['biome', 'check', '.']],
  types: typeChecks,
  format: [['biome', 'check', '--write', '.']],
  bench: [
    ['node', 'scripts/build.ts', '--bundle', '--if-stale', '--quiet'],
    ['node', 'scripts/bench.ts'],
  ],
  'bench:compare': [['node', 'scripts/bench/compare.ts']],
  'test:crash': [['node', 'scripts/crash.ts']],
  'test:failover': [
    ['node', 'scripts/build.ts', '--bundle', '--if-stale', '--quiet'],
    ['node', 'scripts/failover.ts'],
  ],
  proof: [
    ['node', 'scripts/build.ts', '--bundle', '--if-stale', '--quiet'],
    ['node', 'scripts/proof.ts'],
  ],
  mutants: [['node', 'scripts/mutants.ts']],
  release: [['node', 'scripts/release.ts']],
};

function fail(message) {
  console.error(`webscada-edge: ${message}`);
  process.exit(1);
}

function checkMachine() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    fail(`needs Node.js 20 or newer to set itself up; this is ${process.version} (${process.execPath}).`);
  }
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    fail(`runs on 64-bit Linux (x64 or arm64); this is ${process.platform} ${process.arch}.`);
  }
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages ?? {};
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds what the lock file asks for; npm keeps a list of what it installed there. */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  if (!wanted) fail('package-lock.json is missing or damaged; restore it from git.');
  if (!installed) return false;
  return Object.entries(wanted).every(([folder, entry]) => {
    const found = installed[folder];
    if (folder === '') return true;
    return found ? found.version === entry.version : entry.optional === true || entry.devOptional === true;
  });
}

function install() {
  console.error('webscada-edge: installing dependencies (npm ci) …');
  const options = [
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
    '--no-audit',
    '--no-fund',
  ];
  // The running npm's own program, so that the same version installs; plain `npm` when started without npm.
  const [command, args] = process.env.npm_execpath
    ? [process.execPath, [process.env.npm_execpath, 'ci', ...options]]
    : ['npm', ['ci', ...options]];
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error) fail(`cannot run npm: ${result.error.message}`);
  if (result.status !== 0) fail('npm ci failed (its message is above); check the network and try again.');
}

/** The project's Node 24, or the running one when it is new enough. Older ones crash in the SQLite addon. */
function findNode() {
  const own = join(bin, 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    'node_modules has no Node 24 (was it installed with --omit=optional?); remove node_modules and try again.',
  );
}

/**
 * Runs one command and waits for its end, however it is asked to end. Resolves with the exit code. The command has a process
 * group of its own: Ctrl-C and npm tell us the same thing two or three times, and a second signal means "at once" to it.
 */
function run([command, ...args], node) {
  const executable = command === 'node' ? node : join(bin, command);
  const env = {
    MALLOC_ARENA_MAX: '1',
    ...process.env,
    PATH: [dirname(node), bin, process.env.PATH ?? ''].join(delimiter),
  };
  const child = spawn(executable, args, { cwd: root, env, stdio: 'inherit', detached: true });
  let forwardedMs = Number.NEGATIVE_INFINITY;
  const forward = (signal) => {
    if (performance.now() - forwardedMs < ECHO_MS) return;
    forwardedMs = performance.now();
    interrupted = true;
    child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`webscada-edge: cannot run ${command}: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      for (const name of SIGNALS) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

const [task = '', ...args] = process.argv.slice(2);
const commands = Object.hasOwn(tasks, task) ? tasks[task] : fail(`no such task: ${task}`);
checkMachine();
if (!isInstalled()) install();
const node = findNode();
// `npm test -- src/gateway` asks for some tests only: no checks before them.
const steps = task === 'test' && args.some((arg) => !arg.startsWith('-')) ? commands.slice(-1) : commands;
// A finding of the linter must not hide what the tests find; everything else stops at the first failure.
const goesOn = task === 'test' || task === 'check';
let firstFailure = 0;
for (const [index, command] of steps.entries()) {
  const code = await run(index === steps.length - 1 ? [...command, ...args] : command, node);
  firstFailure ||= code;
  if (code !== 0 && (!goesOn || interrupted)) break;
}
process.exitCode = firstFailure;
