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
function fillUp(file: string, leave: number, dir: string): void {
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

async function play(dir: string, bytes: number): Promise<{ lines: string[]; faults: string[] }> {
  const lines: string[] = [];
  const faults: string[] = [];
  const say = (line: string) => lines.push(`${line}; ${(freeBytesAt(dir) / MB).toFixed(1)} MB free`);
  const reserveBytes = bytes / 8;
  const options = { dir: join(dir, 'data'), world, commitMaxDelayMs: 2, maxBytes: bytes * 4, reserveBytes };
  let store = openStore(options);

  // Nobody delivers: our own growth ends at the reserve, and what goes is told.
  const alone = feed(store, 0, false);
  await until(
    'undelivered records expire',
    () => store.cursor('reader').state().expired > 500,
    faults,
    60_000,
  );
  await alone.stop();
  faults.push(...accountFaults(store, 'filled by us'));
  if (freeBytesAt(dir) < reserveBytes / 2) faults.push('the reserve was not respected');
  say(
    `filled by us: ${alone.acknowledged()} acknowledged, ${store.cursor('reader').state().expired} expired`,
  );
  const told = store.log
    .readBefore(store.log.lastSeq() + 1, 100_000)
    .some(({ body }) => body.includes('"expired"'));
  if (!told) faults.push('no record says what expired');

  // Somebody else takes all there is.
  const other = join(dir, 'other');
  const lastSeq = store.log.lastSeq();
  const expired = store.cursor('reader').state().expired;
  fillUp(other, 0, dir);
  const stuck = feed(store, 1_000_000, false);
  // What the store gives back meanwhile, somebody else takes as well; else it would only be at its own limit again.
  const greedy = (): boolean => {
    fillUp(other, 0, dir);
    return store.status().state === 'degraded';
  };
  await until('the store says it is degraded', greedy, faults);
  say(`filled by somebody else: ${stuck.acknowledged()} acknowledged, then ${store.status().detail}`);
  if (store.log.readAfter(lastSeq - 10, 5).length !== 5) faults.push('the log cannot be read on a full disk');
  if (store.cursor('reader').state().expired > expired + 2_000)
    faults.push('undelivered records were given up for somebody else');
  faults.push(...accountFaults(store, 'filled by somebody else'));

  // A start on a full disk.
  await stuck.stop();
  const before = store.log.lastSeq();
  await store.close();
  store = openStore(options);
  if (store.log.lastSeq() < before) faults.push(`lost at a restart: ${before} became ${store.log.lastSeq()}`);
  const waiting = feed(store, 2_000_000, false);
  await until('degraded again', greedy, faults);
  const fd = openSync(other, 'r+');
  ftruncateSync(fd, 0);
  closeSync(fd);
  rmSync(other);
  await until(
    'takes readings by itself',
    () => waiting.acknowledged() > 100 && store.status().state === 'ok',
    faults,
  );
  say(`room again: ${waiting.acknowledged()} acknowledged without anybody's help`);
  await waiting.stop();

  // Everything is delivered: then somebody else's growth costs only what was delivered.
  store.cursor('reader').advance(store.log.lastSeq());
  fillUp(other, reserveBytes / 2, dir);
  const lost = store.cursor('reader').state().expired;
  const delivering = feed(store, 3_000_000, true);
  await until('the reserve is free again', () => freeBytesAt(dir) >= reserveBytes, faults, 15_000);
  await delivering.stop();
  if (store.cursor('reader').state().expired !== lost)
    faults.push('undelivered records went although delivered ones were left');
  say(
    `gave back: ${delivering.acknowledged()} acknowledged meanwhile, store of ${(store.status().sizeBytes / MB).toFixed(1)} MB`,
  );
  faults.push(...accountFaults(store, 'gave back'));
  await store.close();
  return { lines, faults };
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
