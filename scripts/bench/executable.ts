/**
 * The executable against what it is made of, in one run: its size to that of the stripped Node it carries, its start to that
 * of the bundle under Node, its idle memory to that of an empty Node process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../test/support/process.ts';
import { carriedNode } from '../executable.ts';
import { demoSettings, msToFirstPage, SMALL_BOX } from './demo-site.ts';
import { median } from './median.ts';

const root = dirname(dirname(import.meta.dirname));
const built = join(root, 'out/webscada-edge');
const bundle = join(root, 'dist/main.js');
const MB = 1_048_576;
const SETTLE_MS = 60_000;

/** Largest of each that is good. */
const TARGETS = { sizeRatio: 1.08, startRatio: 1.3, memoryMB: 40 };

export async function executable(starts: number): Promise<void> {
  const folder = temporaryFolder();
  console.log('');
  size();
  // A file just written shows more memory than it takes, so everything that runs here is an old file's copy of its own.
  await start(copyOf(built, folder.path, 'start'), folder.path, starts);
  await idle(folder.path);
  folder.remove();
}

function verdict(value: number, target: number): string {
  return `(target ${target}: ${value <= target ? 'met' : 'MISSED'})`;
}

function size(): void {
  const [whole, node] = [built, carriedNode(join(root, 'out/.pkg', process.arch), arch())].map(
    (file) => statSync(file).size,
  ) as [number, number];
  const ratio = whole / node;
  console.log(
    `executable: ${(whole / 1e6).toFixed(1)} MB, the stripped Node in it ${(node / 1e6).toFixed(1)} MB: ${ratio.toFixed(3)} times ${verdict(ratio, TARGETS.sizeRatio)}`,
  );
}

function arch(): 'x64' | 'arm64' {
  return process.arch === 'arm64' ? 'arm64' : 'x64';
}

/** A copy of a program with SQLite's addon beside it, as it is installed. */
function copyOf(program: string, folder: string, name: string): string {
  const place = join(folder, name);
  mkdirSync(place);
  const copy = join(place, 'program');
  copyFileSync(program, copy);
  copyFileSync(join(dirname(built), 'better_sqlite3.node'), join(place, 'better_sqlite3.node'));
  return copy;
}

async function start(program: string, folder: string, rounds: number): Promise<void> {
  const site = await demoSettings(folder);
  const times = { executable: [] as number[], bundle: [] as number[] };
  // The first of each reads its files from the disk, which is not what is compared.
  for (let round = 0; round <= rounds; round++) {
    const one = await msToFirstPage([program], site);
    const other = await msToFirstPage([process.execPath, bundle], site);
    if (round === 0) continue;
    times.executable.push(one);
    times.bundle.push(other);
  }
  const [mine, plain] = [median(times.executable), median(times.bundle)];
  const ratio = mine / plain;
  console.log(
    `executable, start to first page: ${mine.toFixed(0)} ms, the bundle under Node ${plain.toFixed(0)} ms: ${ratio.toFixed(2)} times ${verdict(ratio, TARGETS.startRatio)}, median of ${rounds} in turns`,
  );
}

interface Memory {
  readonly rssBytes: number;
  /** Resident memory with each shared page divided by the number of those that share it. */
  readonly pssBytes: number;
  /** What is no page of a file. */
  readonly anonymousBytes: number;
}

function memoryOf(child: ChildProcess): Memory {
  const text = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8');
  const figure = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1_024;
  return { rssBytes: figure('Rss'), pssBytes: figure('Pss'), anonymousBytes: figure('Anonymous') };
}

/** All at the same time, each from a file of its own so that none shares pages with another. */
async function idle(folder: string): Promise<void> {
  const launch = async (
    name: string,
    program: string,
    args: readonly string[],
    simulator?: boolean,
  ): Promise<{ name: string; child: ChildProcess }> => {
    const copy = copyOf(program, folder, name.replaceAll(' ', '-'));
    const given =
      simulator === undefined ? [] : ['run', '--config', (await demoSettings(dirname(copy), simulator)).file];
    const env = { ...process.env, ...SMALL_BOX };
    const child = spawn(copy, [...args, ...given], { env, stdio: 'ignore' });
    return { name, child };
  };
  const running = [
    await launch('an empty Node process', process.execPath, ['-e', 'setInterval(() => {}, 1e6)']),
    await launch('executable', built, [], false),
    await launch('executable with 50 simulated devices', built, [], true),
    await launch('bundle under Node', process.execPath, [bundle], false),
    await launch('bundle with 50 simulated devices', process.execPath, [bundle], true),
  ];
  await sleep(SETTLE_MS);
  const measured: Memory[] = [];
  for (const { name, child } of running) {
    if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}`);
    measured.push(memoryOf(child));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  console.log(
    `idle memory after ${SETTLE_MS / 1_000} s, MB       RSS     PSS  anonymous   over empty: RSS     PSS`,
  );
  const [empty] = measured;
  for (const [index, { rssBytes, pssBytes, anonymousBytes }] of measured.entries()) {
    const over = [rssBytes - (empty?.rssBytes ?? 0), pssBytes - (empty?.pssBytes ?? 0)];
    const columns = [rssBytes, pssBytes, anonymousBytes, ...over].map((bytes) => (bytes / MB).toFixed(1));
    const width = [7, 8, 11, 18, 8];
    const name = running[index]?.name ?? '';
    const judged = name.startsWith('executable') ? ` ${verdict((over[0] ?? 0) / MB, TARGETS.memoryMB)}` : '';
    console.log(name.padEnd(36) + columns.map((text, k) => text.padStart(width[k] ?? 8)).join('') + judged);
  }
}
