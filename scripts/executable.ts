/**
 * Makes one executable of a bundle folder with @yao-pkg/pkg in its single-executable mode, offline: Node comes from the
 * lock file's node-linux-* package instead of a download, and everything pkg keeps lies in a folder of the project.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);

export interface ExecutablePlan {
  /** The bundle: main.js and whatever lies beside it. */
  readonly dist: string;
  /** The executable to write; SQLite's addon is put beside it. */
  readonly file: string;
  /** Scratch folder, kept between builds for the stripped Node. */
  readonly work: string;
  /** For which architecture of Linux; this machine's Node makes it in either case. */
  readonly arch: Arch;
}

export type Arch = 'x64' | 'arm64';

/** Writes the executable, replacing an older one in one step. */
export async function makeExecutable(plan: ExecutablePlan): Promise<void> {
  const node = join(root, 'node_modules/.bin/node');
  if (!existsSync(node) || realpathSync(node) !== realpathSync(process.execPath)) {
    throw new Error(
      'the executable is made of the Node of the node-linux-* package; run it as "npm run build"',
    );
  }
  mkdirSync(plan.work, { recursive: true });
  mkdirSync(dirname(plan.file), { recursive: true });
  seedCache(plan.work, plan.arch === process.arch ? node : fetchNode(plan), plan.arch);
  const stage = stageBundle(plan);
  const draft = join(plan.work, 'draft');
  rmSync(draft, { force: true });
  try {
    execFileSync(
      node,
      [
        ...['--import', join(root, 'scripts/pkg-without-home.ts')],
        join(root, 'node_modules/@yao-pkg/pkg/lib-es5/bin.js'),
        '.',
        '--sea',
        ...['-t', `node${process.versions.node}-linux-${plan.arch}`],
        ...['-o', draft],
      ],
      {
        cwd: stage,
        env: { ...process.env, HOME: plan.work },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`pkg failed:\n${stdout}${stderr}`, { cause: error });
  }
  forgetTemporaryName(draft);
  // A copy, since a file written in one go is mapped in pieces so large that memory figures mean nothing until a reboot.
  copyFileSync(draft, `${plan.file}.new`);
  renameSync(`${plan.file}.new`, plan.file);
  rmSync(draft);
  copyFileSync(sqliteAddon(plan.arch), join(dirname(plan.file), 'better_sqlite3.node'));
}

/** The prebuilt SQLite addon for an architecture with glibc. */
export function sqliteAddon(arch: string): string {
  return join(root, 'node_modules/better-sqlite3/prebuilds', `linux-${arch}.node`);
}

/** Where the stripped Node lies that executables for `arch` carry, once one was made in `work`. */
export function carriedNode(work: string, arch: Arch): string {
  return join(cacheFolder(work, arch), 'bin/node');
}

function cacheFolder(work: string, arch: Arch): string {
  return join(work, `.pkg-cache/sea/node-${process.version}-linux-${arch}`);
}

/** Puts a stripped copy of `node` where pkg looks for one it has already downloaded and verified. */
function seedCache(work: string, node: string, arch: Arch): void {
  const folder = cacheFolder(work, arch);
  const seeded = carriedNode(work, arch);
  if (existsSync(`${seeded}.ok`)) return;
  mkdirSync(dirname(seeded), { recursive: true });
  copyFileSync(node, seeded);
  if (!strip(seeded, arch)) {
    // Without binutils the executable is 15 MB larger and works all the same.
    console.warn(`executable: no strip for ${arch} is installed, Node keeps its symbols`);
    copyFileSync(node, seeded);
  }
  for (const mark of [`${folder}.tar.gz`, `${folder}.tar.gz.ok`, `${seeded}.ok`]) writeFileSync(mark, '');
}

/** Whether one of the programs that can has taken the symbols out of `file`. */
function strip(file: string, arch: Arch): boolean {
  const triplet = arch === 'x64' ? 'x86_64-linux-gnu' : 'aarch64-linux-gnu';
  const programs = arch === process.arch ? ['strip'] : [`${triplet}-strip`, 'llvm-strip'];
  return programs.some((program) => {
    try {
      execFileSync(program, ['--strip-unneeded', file], { stdio: 'pipe' });
      return true;
    } catch {
      return false;
    }
  });
}

/** The other architecture's Node, as npm packs it, unpacked only if it is the one the lock file names. */
function fetchNode({ work, arch }: ExecutablePlan): string {
  const name = `node-linux-${arch}`;
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string } | undefined>;
  };
  const { version = '', integrity = '' } = lock.packages[`node_modules/${name}`] ?? {};
  const folder = join(work, `${name}-${version}`);
  const node = join(folder, 'package/bin/node');
  if (existsSync(node)) return node;
  if (version !== process.versions.node)
    throw new Error(`${name} ${version} is not the Node of this machine`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', `${name}@${version}`, '--silent'], { cwd: folder, stdio: 'pipe' });
  const archive = join(folder, `${name}-${version}.tgz`);
  const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (`sha512-${digest}` !== integrity) throw new Error(`${name}@${version} is not what the lock file names`);
  execFileSync('tar', ['-xzf', archive, '-C', folder, 'package/bin/node']);
  rmSync(archive);
  return node;
}

/** A folder without dependencies: pkg would otherwise embed every platform's addon and SQLite's sources. */
function stageBundle(plan: ExecutablePlan): string {
  const stage = join(plan.work, 'stage');
  rmSync(stage, { recursive: true, force: true });
  cpSync(plan.dist, stage, { recursive: true, filter: (source) => !/\.map$|\/built$/.test(source) });
  copyFileSync(sqliteAddon(plan.arch), join(stage, 'better_sqlite3.node'));
  const manifest = {
    name: 'webscada-edge',
    version: '0.0.0',
    type: 'module',
    bin: 'main.js',
    pkg: { scripts: ['*.js'], assets: ['web/**/*', 'better_sqlite3.node', 'quickjs.wasm'] },
  };
  writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest));
  return stage;
}

/** pkg's temporary folder has a random name, which Node keeps as its script's file name: overwrite the random part. */
function forgetTemporaryName(file: string): void {
  const bytes = readFileSync(file);
  const prefix = join(tmpdir(), 'pkg-sea-');
  const start = bytes.indexOf(prefix) + prefix.length;
  const end = bytes.indexOf('/sea-main.js', start);
  if (start < prefix.length || end < start || end - start > 32) return;
  const handle = openSync(file, 'r+');
  writeSync(handle, '0'.repeat(end - start), start);
  closeSync(handle);
}
