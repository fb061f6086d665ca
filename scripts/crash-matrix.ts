/**
 * Kills a process that writes to the store with SIGKILL: in front of every system call by which the store changes its files
 * (strace injects the signal), then at random moments; opens what is left and counts. `--random N` (1000), `--short` (60
 * boundaries, 20 random), `--seed N`. With `--child WORKLOAD DIR` it is that process, and reports what is acknowledged.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { NewRecord } from '../src/model/record.ts';
import { createWorld } from '../src/ops/world.ts';
import type { Store } from '../src/store/contract.ts';
import { storeFiles } from '../src/store/files.ts';
import { openStore } from '../src/store/store.ts';
import { codedReading, numberIn } from '../test/support/coded-reading.ts';
import { temporaryFolder } from '../test/support/process.ts';
import { createTestWorld } from '../test/support/world.ts';

/** 'fresh': a new store, everything kept; 'prune': with a small limit; 'salvage': a damaged store; 'endless': until killed. */
export const WORKLOADS = ['fresh', 'prune', 'salvage', 'endless'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** System calls that change the files of the store. */
export const SYSCALLS = ['pwrite64', 'write', 'fdatasync', 'fsync', 'ftruncate', 'rename', 'unlink'] as const;

/** All syncs are made by one thread, so that they can be counted. */
export const ONE_THREAD = { ...process.env, UV_THREADPOOL_SIZE: '1' };

const COMMITS = 40;
const silent = () => {};
const world = createWorld({ debug: silent, info: silent, warn: silent, error: silent });

export interface Acknowledged {
  readonly n: number;
  readonly seq: number;
}

export function numbered(n: number, bytes = 200): NewRecord {
  const [text, timeMs, device] = ['x'.repeat(bytes), 1_767_225_600_000 + n, '0011223344556677'];
  if (n % 2 === 1) return codedReading(n, text, timeMs, device);
  return { kind: 'system', timeMs, device, body: { event: 'numbered', n, text } };
}

function open(dir: string, workload: Workload): Store {
  const maxBytes = workload === 'prune' ? 192 * 1024 : 1024 ** 3;
  // Short, so that the write-ahead log is begun anew time and again.
  return openStore({ dir, world, maxBytes, reserveBytes: 1024 * 1024, walBytes: 48 * 1024 });
}

/** The process that is killed. */
async function child(workload: Workload, dir: string): Promise<void> {
  const store = open(dir, workload);
  const cursor = store.cursor('reader');
  let n = newestNumber(store);
  const until = workload === 'endless' ? Number.POSITIVE_INFINITY : n + COMMITS;
  while (n < until) {
    const count = 1 + (n % 3);
    const first = n + 1;
    const changes = Array.from({ length: count }, (_, k) =>
      store.commit({
        records: [numbered(first + k, workload === 'prune' ? 3_000 : 200)],
        counters: [{ devEui: '0011223344556677', nextFCntUp: first + k }],
        urgent: true,
      }),
    );
    n += count;
    const committed = await Promise.all(changes);
    for (const [k, { firstSeq }] of committed.entries()) writeSync(1, `${first + k} ${firstSeq}\n`);
    if (n % 10 < count) {
      cursor.advance(Math.max(cursor.state().seq, store.log.lastSeq() - 5));
      store.flush();
      store.devices.put({ devEui: '0011223344556677', name: `${n}`, codec: 'raw', origin: 'api' });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await store.close();
}

function newestNumber(store: Store): number {
  for (const { body } of store.log.readBefore(Number.MAX_SAFE_INTEGER, 20)) {
    const n = numberIn(body);
    if (n !== undefined) return n;
  }
  return 0;
}

/** Opens the store in `dir` and names what is wrong with it, given what was acknowledged. */
export async function verify(
  dir: string,
  workload: Workload,
  acknowledged: readonly Acknowledged[],
): Promise<string[]> {
  let store: Store;
  try {
    store = open(dir, workload);
  } catch (error) {
    return [`does not open: ${String(error)}`];
  }
  const faults: string[] = [];
  const bySeq = new Map<number, number>();
  let last = 0;
  let newest = 0;
  for (;;) {
    const records = store.log.readAfter(last, 5_000);
    if (records.length === 0) break;
    for (const { seq, body } of records) {
      if (workload !== 'prune' && workload !== 'salvage' && seq !== last + 1)
        faults.push(`a gap before ${seq}`);
      last = seq;
      const n = numberIn(body);
      if (n === undefined) continue;
      if (n <= newest) faults.push(`number ${n} comes after ${newest}`);
      newest = n;
      bySeq.set(seq, n);
    }
  }
  const firstKept = store.log.firstSeq();
  for (const { n, seq } of acknowledged) {
    const isGone = workload === 'prune' && seq < store.log.lastSeq() && !bySeq.has(seq);
    if (bySeq.get(seq) !== n && !isGone)
      faults.push(`acknowledged ${n} is not at ${seq} (kept from ${firstKept})`);
  }
  const { accepted, delivered, pending, quarantined, expired, seq } = store.cursor('reader').state();
  if (accepted !== delivered + pending + quarantined + expired) faults.push('the sum of the reader is wrong');
  if (Math.min(delivered, pending, expired) < 0) faults.push('a number of the reader is negative');
  const present = store.log.readAfter(seq, 1_000_000, Number.POSITIVE_INFINITY).length;
  if (pending !== present) faults.push(`${pending} pending, but ${present} are there`);
  const state = store.status();
  if (state.state !== 'ok') faults.push(state.detail);
  await store.close();
  return faults;
}

/** Reads the acknowledgements in what the child printed; a last line cut short is none. */
export function acknowledgedIn(output: string): Acknowledged[] {
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [n = 0, seq = 0] = line.split(' ').map(Number);
      return { n, seq };
    });
}

/** The command line of the process that is killed. */
export function childCommand(workload: Workload, dir: string): readonly string[] {
  return [process.execPath, '--no-warnings', import.meta.filename, '--child', workload, dir];
}

/** Makes the folder the workload starts from. */
export async function prepare(workload: Workload, dir: string): Promise<void> {
  if (workload !== 'salvage') return;
  const store = open(dir, workload);
  for (let n = 1; n <= 300; n++) {
    const done = store.commit({ records: [numbered(n)] });
    store.flush();
    await done;
  }
  await store.close();
  const { database } = storeFiles(dir);
  const bytes = readFileSync(database);
  // A page in the middle of the log.
  bytes.fill(0, 12 * 2048, 13 * 2048);
  writeFileSync(database, bytes);
}

/** Whether strace is there and may inject. */
export function canInject(): boolean {
  const tried = spawnSync('strace', ['-e', 'inject=getpid:signal=0:when=1', 'true'], { encoding: 'utf8' });
  return tried.error === undefined && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
}

export interface MatrixResult {
  readonly boundaries: number;
  readonly random: number;
  readonly acknowledged: number;
  readonly faults: readonly string[];
}

/** How often the workload makes each system call, when nobody disturbs it. */
function countCalls(workload: Workload, template: string, place: string): Map<string, number> {
  cpSync(template, place, { recursive: true });
  const trace = `${place}.trace`;
  const args = ['-f', '-qq', '-e', `trace=${SYSCALLS.join(',')}`, '-o', trace];
  const { status, stderr } = spawnSync('strace', [...args, ...childCommand(workload, place)], {
    encoding: 'utf8',
    env: ONE_THREAD,
  });
  if (status !== 0) throw new Error(`the workload fails by itself: ${stderr}`);
  // strace counts for each thread by itself: the main one makes some, the one that syncs makes others.
  const byThread = new Map<string, number>();
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, thread = '', name = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (!(SYSCALLS as readonly string[]).includes(name)) continue;
    const key = `${name} ${thread}`;
    byThread.set(key, (byThread.get(key) ?? 0) + 1);
  }
  rmSync(place, { recursive: true });
  const counts = new Map<string, number>();
  for (const [key, count] of byThread) {
    const name = key.slice(0, key.indexOf(' '));
    counts.set(name, Math.max(counts.get(name) ?? 0, count));
  }
  return counts;
}

/** Kills in front of up to `limit` boundaries, spread evenly over all there are. */
async function killAtBoundaries(folder: string, limit: number): Promise<MatrixResult> {
  const points: { workload: Workload; template: string; call: string; when: number }[] = [];
  for (const workload of ['fresh', 'prune', 'salvage'] as const) {
    const template = join(folder, `template-${workload}`);
    spawnSync('mkdir', ['-p', template]);
    await prepare(workload, template);
    for (const [call, count] of countCalls(workload, template, join(folder, 'count'))) {
      for (let when = 1; when <= count; when++) points.push({ workload, template, call, when });
    }
  }
  const chosen = points.filter(
    (_, index) =>
      Math.floor((index * limit) / points.length) !== Math.floor(((index - 1) * limit) / points.length),
  );
  const faults: string[] = [];
  let acknowledged = 0;
  for (const { workload, template, call, when } of limit >= points.length ? points : chosen) {
    const dir = join(folder, 'victim');
    cpSync(template, dir, { recursive: true });
    const inject = `inject=${call}:signal=SIGKILL:when=${when}`;
    const args = [
      '-f',
      '-qq',
      '-e',
      `trace=${call}`,
      '-e',
      inject,
      '-o',
      '/dev/null',
      ...childCommand(workload, dir),
    ];
    const { stdout } = spawnSync('strace', args, { encoding: 'utf8', timeout: 60_000, env: ONE_THREAD });
    const acks = acknowledgedIn(stdout);
    acknowledged += acks.length;
    const found = await verify(dir, workload, acks);
    faults.push(...found.slice(0, 3).map((fault) => `${workload}, before ${call} no. ${when}: ${fault}`));
    rmSync(dir, { recursive: true, force: true });
  }
  return { boundaries: Math.min(limit, points.length), random: 0, acknowledged, faults };
}

/** Kills one process after the other at random moments on the same store. */
async function killAtRandom(folder: string, kills: number, seed: number): Promise<MatrixResult> {
  const { random } = createTestWorld(0, seed);
  const dir = join(folder, 'random');
  const acks: Acknowledged[] = [];
  const faults: string[] = [];
  for (let kill = 1; kill <= kills && faults.length === 0; kill++) {
    const [command = '', ...args] = childCommand('endless', dir);
    const process = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    acks.push(...(await killed(process, random() < 0.2 ? random() * 300 : undefined, random() * 80)));
    if (kill % 50 === 0 || kill === kills)
      faults.push(...(await verify(dir, 'endless', acks)).map((fault) => `after ${kill} kills: ${fault}`));
  }
  return { boundaries: 0, random: kills, acknowledged: acks.length, faults };
}

/** Kills `afterStartMs` after the start, or `afterAckMs` after the first acknowledgement; what it acknowledged. */
function killed(
  process: ChildProcess,
  afterStartMs: number | undefined,
  afterAckMs: number,
): Promise<Acknowledged[]> {
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  const kill = () => process.kill('SIGKILL');
  if (afterStartMs !== undefined) timer = setTimeout(kill, afterStartMs);
  process.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    timer ??= setTimeout(kill, afterAckMs);
  });
  return new Promise((resolve) => {
    process.once('close', () => {
      clearTimeout(timer);
      resolve(acknowledgedIn(output));
    });
  });
}

/** The whole matrix. */
export async function crashMatrix(boundaries: number, random: number, seed: number): Promise<MatrixResult> {
  const folder = temporaryFolder();
  const systematic = canInject()
    ? await killAtBoundaries(folder.path, boundaries)
    : { boundaries: 0, random: 0, acknowledged: 0, faults: [] };
  const chance = await killAtRandom(folder.path, random, seed);
  folder.remove();
  return {
    boundaries: systematic.boundaries,
    random: chance.random,
    acknowledged: systematic.acknowledged + chance.acknowledged,
    faults: [...systematic.faults, ...chance.faults],
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      child: { type: 'boolean', default: false },
      random: { type: 'string', default: '1000' },
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
    allowPositionals: true,
  });
  if (values.child) {
    const workload = WORKLOADS.find((name) => name === positionals[0]);
    if (workload && positionals[1] && existsSync(join(positionals[1], '..')))
      await child(workload, positionals[1]);
    return;
  }
  if (!canInject()) console.warn('SKIPPED: kills at boundaries need strace (apt-get install strace)');
  const [boundaries, random] = values.short ? [60, 20] : [Number.POSITIVE_INFINITY, Number(values.random)];
  const result = await crashMatrix(boundaries, random, Number(values.seed));
  for (const fault of result.faults.slice(0, 20)) console.error(fault);
  console.log(
    `crash matrix: killed before ${result.boundaries} system calls and at ${result.random} random moments, ${result.acknowledged} records acknowledged: ${result.faults.length === 0 ? 'none lost, none twice, no gap' : `${result.faults.length} FAULTS`}`,
  );
  process.exitCode = result.faults.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
