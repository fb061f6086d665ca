/**
 * Cuts the power: records every write, fsync, rename … of the store's files (strace), then rebuilds the folder as it may be
 * after losing what was not synced at each moment (everything, nothing, any part, torn sectors), opens it, and counts what
 * was acknowledged until then. `--cuts N` (all), `--short` (150), `--seed N`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../test/support/process.ts';
import { createTestWorld } from '../test/support/world.ts';
import {
  type Acknowledged,
  acknowledgedIn,
  canInject,
  childCommand,
  ONE_THREAD,
  prepare,
  verify,
  type Workload,
} from './crash-matrix.ts';

const SECTOR = 512;
const UNFINISHED = ' <unfinished ...>';

/** One step of the recording. Paths are names in the store's folder. */
type Action =
  /** If there is no such file; `empty` also empties one that is there. */
  | { readonly do: 'create'; readonly name: string; readonly empty: boolean }
  | { readonly do: 'write'; readonly name: string; readonly at: number | 'end'; readonly data: Buffer }
  | { readonly do: 'truncate'; readonly name: string; readonly size: number }
  /** Brings to disk what was written before the call began, which may be long before it ends. */
  | { readonly do: 'begin_sync'; readonly name: string; readonly thread: string }
  | { readonly do: 'end_sync'; readonly thread: string }
  | { readonly do: 'sync_folder' }
  | { readonly do: 'rename'; readonly from: string; readonly to: string }
  | { readonly do: 'unlink'; readonly name: string }
  | { readonly do: 'acknowledge'; readonly acks: readonly Acknowledged[] };

type Change = Action & { do: 'write' | 'truncate' };
type FolderChange = Action & { do: 'create' | 'rename' | 'unlink' };

/** Runs the workload under strace and reads what it did. */
function record(workload: Workload, dir: string): Action[] {
  const trace = `${dir}.trace`;
  const calls = 'openat,pwrite64,write,fsync,fdatasync,ftruncate,rename,unlink';
  const args = ['-f', '-qq', '-y', '-xx', '-s', '10000000', '-e', `trace=${calls}`, '-o', trace];
  const { status, stderr } = spawnSync('strace', [...args, ...childCommand(workload, dir)], {
    encoding: 'utf8',
    env: ONE_THREAD,
  });
  if (status !== 0) throw new Error(`the workload fails by itself: ${stderr}`);
  const actions: Action[] = [];
  const begun = new Map<string, string>();
  for (const line of readFileSync(trace, 'latin1').split('\n')) {
    if (/ = -1 E/.test(line.slice(-60))) continue;
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    actions.push(...actionsOf(text, thread, begun, dir));
  }
  rmSync(trace);
  return actions;
}

/** A call that another thread's came between stands on two lines. Only a sync takes time; the others count as it ends. */
function actionsOf(line: string, thread: string, begun: Map<string, string>, dir: string): Action[] {
  const isBegun = line.endsWith(UNFINISHED);
  const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(line);
  const start = resumed ? (begun.get(thread) ?? '') : '';
  const text = isBegun ? line.slice(0, -UNFINISHED.length) : start + (resumed?.[1] ?? line);
  if (isBegun) begun.set(thread, text);
  const name = syncedFile(text, dir);
  if (name === undefined) {
    const action = isBegun ? undefined : actionOf(text, dir);
    return action ? [action] : [];
  }
  const begin: Action = { do: 'begin_sync', name, thread };
  const end: Action = { do: 'end_sync', thread };
  return isBegun ? [begin] : resumed ? [end] : [begin, end];
}

/** The file that a line syncs. */
function syncedFile(line: string, dir: string): string | undefined {
  return /^f(?:data)?sync\(/.test(line) ? nameIn(dir, pathOf(line)) : undefined;
}

/** Of the file that a call is about. */
function pathOf(line: string): string {
  const target = /^\w+\(\d+<([^>]*)>/.exec(line)?.[1] ?? '';
  return target.startsWith('\\x') ? bytesOf(target).toString() : target;
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

/** What a line of strace says, if it is about the store or an acknowledgement. */
function actionOf(line: string, dir: string): Action | undefined {
  const call = line.slice(0, line.indexOf('('));
  const texts = [...line.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => bytesOf(match[1] ?? ''));
  if (call === 'openat' || call === 'rename' || call === 'unlink') {
    const names = texts.map((text) => nameIn(dir, text.toString()));
    const [name, to] = names;
    if (name === undefined) return undefined;
    if (call === 'rename') return to === undefined ? undefined : { do: 'rename', from: name, to };
    if (call === 'unlink') return { do: 'unlink', name };
    if (line.includes('O_TRUNC')) return { do: 'create', name, empty: true };
    return line.includes('O_CREAT') ? { do: 'create', name, empty: false } : undefined;
  }
  const path = pathOf(line);
  if (call === 'write' && line.startsWith('write(1<'))
    return { do: 'acknowledge', acks: acknowledgedIn(texts[0]?.toString() ?? '') };
  if (path === dir && call === 'fsync') return { do: 'sync_folder' };
  const name = nameIn(dir, path);
  if (name === undefined) return undefined;
  const numbers = [...line.slice(line.lastIndexOf('"') + 1).matchAll(/\d+/g)].map(Number);
  if (call === 'pwrite64')
    return { do: 'write', name, at: numbers[1] ?? 0, data: texts[0] ?? Buffer.alloc(0) };
  if (call === 'write') return { do: 'write', name, at: 'end', data: texts[0] ?? Buffer.alloc(0) };
  if (call === 'ftruncate') return { do: 'truncate', name, size: Number(/, (\d+)\)/.exec(line)?.[1] ?? 0) };
  return undefined;
}

/** The name of a file of the store that a power cut can hurt; the shared memory is made anew after one. */
function nameIn(dir: string, path: string): string | undefined {
  const name = basename(path);
  return dirname(path) === dir && !/^lock|-shm$/.test(name) ? name : undefined;
}

interface Inode {
  durable: Buffer;
  pending: Change[];
}

/** A disk with a cache: what is synced, and what may or may not have arrived. */
interface Disk {
  readonly durable: Map<string, Inode>;
  readonly current: Map<string, Inode>;
  readonly pending: { readonly change: FolderChange; readonly inode: Inode | undefined }[];
  /** By thread: what a sync under way will have brought to disk. */
  readonly syncing: Map<string, { readonly inode: Inode; readonly changes: readonly Change[] }>;
}

function applyChange(content: Buffer, change: Change): Buffer {
  if (change.do === 'truncate') {
    const size = Buffer.alloc(change.size);
    content.copy(size, 0, 0, Math.min(content.length, change.size));
    return size;
  }
  const at = change.at === 'end' ? content.length : change.at;
  const result = at + change.data.length > content.length ? Buffer.alloc(at + change.data.length) : content;
  if (result !== content) content.copy(result);
  change.data.copy(result, at);
  return result;
}

function applyToFolder(map: Map<string, Inode>, change: FolderChange, inode: Inode | undefined): void {
  if (change.do === 'unlink') map.delete(change.name);
  else if (change.do === 'create') {
    if (inode) map.set(change.name, inode);
  } else if (inode) {
    map.delete(change.from);
    map.set(change.to, inode);
  }
}

/** Moves the disk one action on. */
function play(disk: Disk, action: Action): void {
  const { current, durable, pending } = disk;
  if (action.do === 'acknowledge') return;
  if (action.do === 'sync_folder') {
    for (const { change, inode } of pending.splice(0)) applyToFolder(durable, change, inode);
    return;
  }
  if (action.do === 'end_sync') return endSync(disk, action.thread);
  const there = action.do === 'create' ? current.get(action.name) : undefined;
  if (action.do === 'create' && there) {
    if (action.empty) there.pending.push({ do: 'truncate', name: action.name, size: 0 });
    return;
  }
  if (action.do === 'create' || action.do === 'unlink' || action.do === 'rename') {
    const inode =
      action.do === 'create'
        ? { durable: Buffer.alloc(0), pending: [] }
        : current.get(action.do === 'rename' ? action.from : action.name);
    applyToFolder(current, action, inode);
    pending.push({ change: action, inode });
    return;
  }
  const inode = current.get(action.name);
  if (!inode) return;
  if (action.do === 'begin_sync') {
    disk.syncing.set(action.thread, { inode, changes: [...inode.pending] });
    return;
  }
  // Consecutive writes at the end of a file are given their places here.
  const place = action.do === 'write' && action.at === 'end' ? sizeWith(inode) : undefined;
  inode.pending.push(place === undefined ? action : ({ ...action, at: place } as Change));
}

function endSync({ durable, pending, syncing }: Disk, thread: string): void {
  const sync = syncing.get(thread);
  if (!sync) return;
  const { inode, changes } = sync;
  syncing.delete(thread);
  for (const change of changes) {
    const at = inode.pending.indexOf(change);
    if (at < 0) continue;
    inode.pending.splice(at, 1);
    inode.durable = applyChange(inode.durable, change);
  }
  // A file system brings the name of a new file to disk with its contents.
  const created = pending.findIndex((entry) => entry.change.do === 'create' && entry.inode === inode);
  if (created >= 0)
    for (const { change, inode: of } of pending.splice(0, created + 1)) applyToFolder(durable, change, of);
}

function sizeWith({ durable, pending }: Inode): number {
  return pending.reduce((content, change) => {
    if (change.do === 'truncate') return change.size;
    return Math.max(content, (change.at === 'end' ? content : change.at) + change.data.length);
  }, durable.length);
}

const VARIANTS = ['nothing unsynced', 'everything', 'some', 'some, torn', 'some, the last ones'] as const;
type Variant = (typeof VARIANTS)[number];

/** Writes the folder as the power cut may leave it. */
function materialise(disk: Disk, dir: string, variant: Variant, random: () => number): void {
  mkdirSync(dir);
  const names = new Map(variant === 'everything' ? disk.current : disk.durable);
  if (variant.startsWith('some')) {
    // Names change in order: some first ones have arrived.
    const arrived = Math.floor(random() * (disk.pending.length + 1));
    for (const { change, inode } of disk.pending.slice(0, arrived)) applyToFolder(names, change, inode);
  }
  for (const [name, { durable, pending }] of names) {
    let content: Buffer = Buffer.from(durable);
    // A disk may write what came last first: of a log begun anew then the head and the first frames are still the old ones.
    const last = Math.floor(random() * (pending.length + 1));
    for (const [index, change] of pending.entries()) {
      const isMissing = variant === 'some, the last ones' ? index < last : random() < 0.5;
      if (variant === 'nothing unsynced' || (variant !== 'everything' && isMissing)) continue;
      content = applyChange(content, variant === 'some, torn' ? torn(content, change, random) : change);
    }
    writeFileSync(join(dir, name), content);
  }
}

/** The change with some of its sectors as they were. */
function torn(content: Buffer, change: Change, random: () => number): Change {
  if (change.do === 'truncate' || change.at === 'end') return change;
  const data = Buffer.from(change.data);
  for (let at = 0; at < data.length; at += SECTOR) {
    if (random() < 0.5) continue;
    const end = Math.min(at + SECTOR, data.length);
    data.fill(0, at, end);
    content.copy(
      data,
      at,
      Math.min(content.length, change.at + at),
      Math.min(content.length, change.at + end),
    );
  }
  return { ...change, data };
}

export interface PowerCutResult {
  readonly actions: number;
  readonly cuts: number;
  readonly acknowledged: number;
  readonly faults: readonly string[];
}

/** Up to `limit` cuts for each workload, spread evenly over the recording, each in every variant. */
export async function powerCut(limit: number, seed: number): Promise<PowerCutResult> {
  const { random } = createTestWorld(0, seed);
  const folder = temporaryFolder();
  const result = { actions: 0, cuts: 0, acknowledged: 0 };
  const faults: string[] = [];
  for (const workload of ['fresh', 'prune', 'salvage'] as const) {
    const dir = join(folder.path, workload);
    mkdirSync(dir);
    await prepare(workload, dir);
    const disk: Disk = { durable: new Map(), current: new Map(), pending: [], syncing: new Map() };
    for (const name of readdirSync(dir).filter((file) => nameIn(dir, join(dir, file)) !== undefined)) {
      const inode = { durable: readFileSync(join(dir, name)), pending: [] };
      disk.durable.set(name, inode);
      disk.current.set(name, inode);
    }
    const actions = record(workload, dir);
    const acks: Acknowledged[] = [];
    result.actions += actions.length;
    const every = Math.max(1, actions.length / limit);
    for (const [index, action] of actions.entries()) {
      play(disk, action);
      if (action.do === 'acknowledge') acks.push(...action.acks);
      if (Math.floor(index / every) === Math.floor((index - 1) / every)) continue;
      for (const variant of VARIANTS) {
        const place = join(folder.path, 'cut');
        materialise(disk, place, variant, random);
        const found = await verify(place, workload, acks);
        const where = `${workload}, after action ${index} (${action.do}), ${variant}`;
        faults.push(...found.slice(0, 3).map((fault) => `${where}: ${fault}`));
        result.cuts++;
        rmSync(place, { recursive: true });
      }
    }
    result.acknowledged += acks.length;
  }
  folder.remove();
  return { ...result, faults };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      cuts: { type: 'string' },
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  if (canInject()) {
    const limit = values.short ? 15 : Number(values.cuts ?? Number.POSITIVE_INFINITY);
    const result = await powerCut(limit, Number(values.seed));
    for (const fault of result.faults.slice(0, 20)) console.error(fault);
    console.log(
      `power cut: ${result.actions} writes, syncs, renames … recorded, ${result.cuts} states of the disk opened, ${result.acknowledged} records acknowledged: ${result.faults.length === 0 ? 'none lost, none twice, every state opens' : `${result.faults.length} FAULTS`}`,
    );
    process.exitCode = result.faults.length === 0 ? 0 : 1;
  } else {
    console.warn('SKIPPED: power cut needs strace (apt-get install strace)');
  }
}
