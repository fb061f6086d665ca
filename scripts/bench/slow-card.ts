/**
 * The store on a card whose syncs take long: how long a commit waits, and how long the event loop is held. Every sync of the
 * process, SQLite's own as well, is made to take so long by a preloaded library. `--sync-ms 5,30`, `--rates 200,500` a second,
 * `--seconds 20` each. Needs a C compiler; says so and ends where there is none.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createWorld } from '../../src/ops/world.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../../test/support/process.ts';
import { type Figure, figure, Unavailable } from './figure.ts';

const SLOW_SYNC = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
static void wait(void) {
  const char *text = getenv("SLOW_SYNC_MS");
  long ms = text ? atol(text) : 0;
  struct timespec time = { ms / 1000, (ms % 1000) * 1000000L };
  nanosleep(&time, 0);
}
int fsync(int fd) { wait(); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { wait(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
`;
const DEVICES = 100;

export interface SlowCard {
  readonly commits: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The longest the event loop was held. */
  readonly heldMs: number;
}

/** The process that is measured. */
async function child(dir: string, rate: number, seconds: number): Promise<void> {
  const silent = () => {};
  const world = createWorld({ debug: silent, info: silent, warn: silent, error: silent });
  const store = openStore({ dir, world, commitMaxDelayMs: 500 });
  const waits: number[] = [];
  let sent = 0;
  function send(): void {
    const device = (sent++ % DEVICES).toString(16).padStart(16, '0');
    const body = { event: 'reading', text: 'x'.repeat(280) };
    const startedMs = performance.now();
    const counters = [{ devEui: device, nextFCntUp: sent }];
    void store
      .commit({ records: [{ kind: 'system', timeMs: sent, device, body }], counters })
      .then(() => waits.push(performance.now() - startedMs));
  }
  // What is compiled and first seen in the first second is no wait for the card.
  await pace(send, rate, 1);
  waits.length = 0;
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  await pace(send, rate, seconds);
  loop.disable();
  await store.close();
  waits.sort((a, b) => a - b);
  const at = (part: number) => waits[Math.floor(waits.length * part)] ?? 0;
  const result = { commits: waits.length, p50Ms: at(0.5), p99Ms: at(0.99), heldMs: loop.max / 1e6 };
  console.log(JSON.stringify(result satisfies SlowCard));
}

async function pace(send: () => void, rate: number, seconds: number): Promise<void> {
  const startedMs = performance.now();
  for (let sent = 0; ; ) {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs >= seconds * 1_000) return;
    for (; sent < (elapsedMs * rate) / 1_000; sent++) send();
    await sleep(2);
  }
}

/** The figures at 5 and at 30 ms a sync. */
export async function slowCards(seconds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const syncMs of [5, 30]) {
    const { commits, p50Ms, p99Ms } = slowCard(syncMs, 200, seconds);
    const how = `the store alone, every sync of the process made to take ${syncMs} ms by a preloaded library, 200 readings a second, ${commits} commits; a reading waits for company as long as its delay lets it (p50 ${p50Ms.toFixed(0)} ms)`;
    figures.push(
      figure(
        `commit.${syncMs}`,
        `reading to commit on disk p99, ${syncMs} ms a sync, 200/s`,
        [p99Ms, 'ms'],
        how,
      ),
    );
  }
  const { heldMs, commits } = slowCard(30, 500, seconds);
  figures.push(
    figure(
      'held.30',
      'event loop held at most, 500/s, 30 ms a sync',
      [heldMs, 'ms'],
      `as above at 500 a second, ${commits} commits; the longest delay Node's own watch of the event loop saw`,
      { reference: 30, to: 'a sync' },
    ),
  );
  return figures;
}

/** Throws Unavailable where the library cannot be made. */
export function slowCard(syncMs: number, rate: number, seconds: number): SlowCard {
  const folder = temporaryFolder();
  try {
    const [source, library] = [join(folder.path, 'slow.c'), join(folder.path, 'slow.so')];
    writeFileSync(source, SLOW_SYNC);
    const made = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], { encoding: 'utf8' });
    if (made.status !== 0) throw new Unavailable(`needs a C compiler: ${made.error?.message ?? made.stderr}`);
    const args = [
      '--no-warnings',
      import.meta.filename,
      '--child',
      folder.path,
      String(rate),
      String(seconds),
    ];
    const env = { ...process.env, LD_PRELOAD: library, SLOW_SYNC_MS: String(syncMs) };
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as SlowCard;
  } finally {
    folder.remove();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      child: { type: 'boolean', default: false },
      'sync-ms': { type: 'string', default: '5,30' },
      rates: { type: 'string', default: '200,500' },
      seconds: { type: 'string', default: '20' },
    },
    allowPositionals: true,
  });
  const [dir, ...numbers] = positionals;
  if (values.child && dir) return child(dir, Number(numbers[0]), Number(numbers[1]));
  for (const syncMs of values['sync-ms'].split(',').map(Number)) {
    for (const rate of values.rates.split(',').map(Number)) {
      try {
        const { commits, p50Ms, p99Ms, heldMs } = slowCard(syncMs, rate, Number(values.seconds));
        console.log(
          `slow card, ${syncMs} ms a sync, ${rate} readings/s: to the acknowledged commit p50 ${p50Ms.toFixed(0)}, p99 ${p99Ms.toFixed(0)} ms; event loop held at most ${heldMs.toFixed(0)} ms (${commits} commits)`,
        );
      } catch (error) {
        return console.warn(`SKIPPED: slow card: needs a C compiler and glibc: ${String(error)}`);
      }
    }
  }
}

if (import.meta.main) await main();
