/**
 * Fills a small real file system (ext4 in a file, mounted by loop) from both sides and looks what the store does: its own
 * growth is bounded, somebody else's stops the intake but loses nothing, and it comes back by itself. Needs the right to
 * mount; says so and skips otherwise. `--megabytes N` (64), `--short` (24).
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createWorld } from '../src/ops/world.ts';
import type { Store } from '../src/store/contract.ts';
import { freeBytesAt } from '../src/store/retention/reserve-file.ts';
import { openStore } from '../src/store/store.ts';
import { temporaryFolder } from '../test/support/process.ts';
import { numbered } from './crash-matrix.ts';

const MB = 1024 * 1024;
const silent = () => {};
const world = createWorld({ debug: silent, info: silent, warn: silent, error: silent });

export interface FullDiskResult {
  /** Why it could not be tried. */
  readonly skipped?: string;
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

function run(command: string, ...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** Somebody else's file: grows until `leave` bytes are free (0: until the disk refuses). */
export function fillUp(file: string, leave: number, dir: string): void {
  const fd = openSync(file, 'a');
  const block = Buffer.alloc(64 * 1024, 1);
  const crumb = Buffer.alloc(512, 1);
  try {
    for (const piece of [block, crumb]) {
      try {
        while (freeBytesAt(dir) > leave) writeSync(fd, piece);
      } catch {
        // Full: that was the purpose.
      }
    }
    fsyncSync(fd);
  } catch {
    // Full.
  } finally {
    closeSync(fd);
  }
}

interface Feed {
  /** Commits until told to stop; counts what was acknowledged. */
  readonly acknowledged: () => number;
  readonly stop: () => Promise<void>;
}

/** Somebody who sends as a broker does: so many in flight, waiting for the acknowledgement. */
function feed(store: Store, from: number, deliver: boolean): Feed {
  let n = from;
  let acknowledged = 0;
  let stopped = false;
  const cursor = store.cursor('reader');
  const lane = async (): Promise<void> => {
    while (!stopped) {
      try {
        await store.commit({ records: [numbered(++n, 2_000)] });
      } catch {
        return;
      }
      acknowledged++;
      if (deliver) cursor.advance(store.log.lastSeq());
    }
  };
  const lanes = Array.from({ length: 20 }, lane);
  return {
    acknowledged: () => acknowledged,
    async stop() {
      stopped = true;
      await Promise.race([Promise.all(lanes), sleep(3_000)]);
    },
  };
}

function accountFaults(store: Store, when: string): string[] {
  const { accepted, delivered, pending, quarantined, expired, seq } = store.cursor('reader').state();
  let present = 0;
  for (let at = seq; ; ) {
    const records = store.log.readAfter(at, 5_000);
    present += records.length;
    const last = records.at(-1);
    if (!last) break;
    at = last.seq;
  }
  return [
    ...(accepted === delivered + pending + quarantined + expired ? [] : [`${when}: the sum is wrong`]),
    ...(pending === present ? [] : [`${when}: ${pending} pending, but ${present} are there`]),
    ...(accepted === store.log.lastSeq() ? [] : [`${when}: accepted is not the last seq`]),
  ];
}

async function until(
  what: string,
  check: () => boolean,
  faults: string[],
  timeoutMs = 20_000,
): Promise<void> {
  const startMs = performance.now();
  while (!check()) {
    if (performance.now() - startMs > timeoutMs) {
      faults.push(`did not happen: ${what}`);
      return;
    }
    await sleep(50);
  }
}

/** A store on a small file system, what was seen of it, and what it should not have done. */
interface Scene {
  readonly dir: string;
  /** What somebody else fills. */
  readonly other: string;
  readonly reserveBytes: number;
  readonly options: Parameters<typeof openStore>[0];
  readonly lines: string[];
  readonly faults: string[];
  store: Store;
}

function say({ lines, dir }: Scene, line: string): void {
  lines.push(`${line}; ${(freeBytesAt(dir) / MB).toFixed(1)} MB free`);
}

function expired({ store }: Scene): number {
  return store.cursor('reader').state().expired;
}

/** What the store gives back meanwhile, somebody else takes as well; else it would only be at its own limit again. */
function degraded(scene: Scene): boolean {
  fillUp(scene.other, 0, scene.dir);
  return scene.store.status().state === 'degraded';
}

/** Nobody delivers: our own growth ends at the reserve, and what goes is told. */
async function growAlone(scene: Scene): Promise<void> {
  const { store, faults, dir, reserveBytes } = scene;
  const alone = feed(store, 0, false);
  await until('undelivered records expire', () => expired(scene) > 500, faults, 60_000);
  await alone.stop();
  faults.push(...accountFaults(store, 'filled by us'));
  if (freeBytesAt(dir) < reserveBytes / 2) faults.push('the reserve was not respected');
  say(scene, `filled by us: ${alone.acknowledged()} acknowledged, ${expired(scene)} expired`);
  const told = store.log
    .readBefore(store.log.lastSeq() + 1, 100_000)
    .some(({ body }) => body.includes('"expired"'));
  if (!told) faults.push('no record says what expired');
}

/** Somebody else takes all there is. */
async function standFull(scene: Scene): Promise<void> {
  const { store, faults } = scene;
  const lastSeq = store.log.lastSeq();
  const before = expired(scene);
  fillUp(scene.other, 0, scene.dir);
  const stuck = feed(store, 1_000_000, false);
  await until('the store says it is degraded', () => degraded(scene), faults);
  say(scene, `filled by somebody else: ${stuck.acknowledged()} acknowledged, then ${store.status().detail}`);
  if (store.log.readAfter(lastSeq - 10, 5).length !== 5) faults.push('the log cannot be read on a full disk');
  if (expired(scene) > before + 2_000) faults.push('undelivered records were given up for somebody else');
  faults.push(...accountFaults(store, 'filled by somebody else'));
  await stuck.stop();
}

/** A start on a full disk, and room again. */
async function startFull(scene: Scene): Promise<void> {
  const { faults, other } = scene;
  const before = scene.store.log.lastSeq();
  await scene.store.close();
  scene.store = openStore(scene.options);
  const { store } = scene;
  if (store.log.lastSeq() < before) faults.push(`lost at a restart: ${before} became ${store.log.lastSeq()}`);
  const waiting = feed(store, 2_000_000, false);
  await until('degraded again', () => degraded(scene), faults);
  const fd = openSync(other, 'r+');
  ftruncateSync(fd, 0);
  closeSync(fd);
  rmSync(other);
  const takes = () => waiting.acknowledged() > 100 && store.status().state === 'ok';
  await until('takes readings by itself', takes, faults);
  say(scene, `room again: ${waiting.acknowledged()} acknowledged without anybody's help`);
  await waiting.stop();
}

/** Everything is delivered: then somebody else's growth costs only what was delivered. */
async function giveBack(scene: Scene): Promise<void> {
  const { store, faults, dir, reserveBytes } = scene;
  store.cursor('reader').advance(store.log.lastSeq());
  fillUp(scene.other, reserveBytes / 2, dir);
  const lost = expired(scene);
  const delivering = feed(store, 3_000_000, true);
  await until('the reserve is free again', () => freeBytesAt(dir) >= reserveBytes, faults, 15_000);
  await delivering.stop();
  if (expired(scene) !== lost) faults.push('undelivered records went although delivered ones were left');
  const size = (store.status().sizeBytes / MB).toFixed(1);
  say(scene, `gave back: ${delivering.acknowledged()} acknowledged meanwhile, store of ${size} MB`);
  faults.push(...accountFaults(store, 'gave back'));
}

async function play(dir: string, bytes: number): Promise<{ lines: string[]; faults: string[] }> {
  const reserveBytes = bytes / 8;
  const options = { dir: join(dir, 'data'), world, commitMaxDelayMs: 2, maxBytes: bytes * 4, reserveBytes };
  const other = join(dir, 'other');
  const scene: Scene = {
    dir,
    other,
    reserveBytes,
    options,
    lines: [],
    faults: [],
    store: openStore(options),
  };
  await growAlone(scene);
  await standFull(scene);
  await startFull(scene);
  await giveBack(scene);
  await scene.store.close();
  return { lines: scene.lines, faults: scene.faults };
}

/** Plays everything on a file system of `bytes`. */
export async function fullDisk(bytes: number): Promise<FullDiskResult> {
  const folder = temporaryFolder();
  const image = join(folder.path, 'image');
  const dir = join(folder.path, 'mounted');
  mkdirSync(dir);
  const fd = openSync(image, 'w');
  ftruncateSync(fd, bytes);
  closeSync(fd);
  const problem = run('mkfs.ext4', '-q', '-F', '-m', '0', image) ?? run('mount', '-o', 'loop', image, dir);
  if (problem !== undefined) {
    folder.remove();
    return { skipped: `cannot make and mount a file system here: ${problem}`, lines: [], faults: [] };
  }
  try {
    return await play(dir, bytes);
  } finally {
    run('umount', dir);
    folder.remove();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { megabytes: { type: 'string', default: '64' }, short: { type: 'boolean', default: false } },
  });
  const bytes = (values.short ? 24 : Number(values.megabytes)) * MB;
  const result = await fullDisk(bytes);
  if (result.skipped !== undefined) console.warn(`SKIPPED: full disk: ${result.skipped}`);
  for (const line of result.lines) console.log(`full disk: ${line}`);
  for (const fault of result.faults) console.error(fault);
  process.exitCode = result.faults.length === 0 ? 0 : 1;
}
