/**
 * Measures commits while a large log shrinks: fills a store, then opens it with a small limit and keeps committing while
 * the rest is removed and given back to the disk. `--megabytes N` (1000) to `--to N` (100), `--rate COMMITS_PER_SECOND` (20),
 * `--short` (60 to 16). Prints the times of a commit and the memory used.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { NewRecord } from '../src/model/record.ts';
import { createWorld } from '../src/ops/world.ts';
import type { Store } from '../src/store/contract.ts';
import { storeFiles } from '../src/store/files.ts';
import { sizeOf } from '../src/store/retention/reserve-file.ts';
import { openStore } from '../src/store/store.ts';
import { temporaryFolder } from '../test/support/process.ts';

const MB = 1024 * 1024;
const silent = () => {};
const world = createWorld({ debug: silent, info: silent, warn: silent, error: silent });

export interface ShrinkResult {
  readonly records: number;
  readonly seconds: number;
  readonly commits: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** Growth of the process while it shrank. */
  readonly grownBytes: number;
  readonly faults: readonly string[];
}

function reading(n: number): NewRecord {
  const body = {
    fields: { temperature_1: 21.5, humidity_2: 55, n },
    data: '016700d7026850030200ff',
    fPort: 1,
    fCnt: n,
    devAddr: '01020304',
    confirmed: false,
    freq: 868_100_000,
    dr: 'SF7BW125',
    rx: [{ gw: '0016c001f1500001', rssi: -101, snr: 7.5, t: 1_767_225_600_000 + n }],
    codec: 'cayenne',
    via: 'bridge',
  } as const;
  return { kind: 'uplink', timeMs: 1_767_225_600_000 + n, device: '0011223344556677', body };
}

async function fill(store: Store, file: string, bytes: number): Promise<number> {
  let n = 0;
  while (sizeOf(file) < bytes) {
    const records = Array.from({ length: 1_000 }, () => reading(++n));
    const commits = Array.from({ length: 4 }, (_, k) =>
      store.commit({ records: records.slice(k * 250, (k + 1) * 250) }),
    );
    store.flush();
    await Promise.all(commits);
  }
  return n;
}

/** Shrinks a store of `fromBytes` to `toBytes`; half of it is delivered. */
export async function shrink(fromBytes: number, toBytes: number, rate: number): Promise<ShrinkResult> {
  const folder = temporaryFolder();
  const { database } = storeFiles(folder.path);
  const first = openStore({ dir: folder.path, world, maxBytes: fromBytes * 2 });
  const records = await fill(first, database, fromBytes);
  first.cursor('influx').advance(Math.floor(records / 2));
  await first.close();
  const before = sizeOf(database);

  const store = openStore({ dir: folder.path, world, maxBytes: toBytes, commitMaxDelayMs: 5 });
  const cursor = store.cursor('influx');
  const times: number[] = [];
  const startedMs = performance.now();
  const memory = process.memoryUsage.rss();
  let peak = memory;
  const done = () => sizeOf(database) <= toBytes;
  for (let n = records + 1; !done() && performance.now() - startedMs < 600_000; n++) {
    const commitMs = performance.now();
    await store.commit({ records: [reading(n)], urgent: true });
    times.push(performance.now() - commitMs);
    peak = Math.max(peak, process.memoryUsage.rss());
    await sleep(1_000 / rate);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const state = cursor.state();
  const faults = [
    ...(done() ? [] : [`still ${sizeOf(database)} bytes after ${seconds.toFixed(0)} s`]),
    ...(state.accepted === state.delivered + state.pending + state.quarantined + state.expired
      ? []
      : ['the account does not hold']),
    ...(state.expired > 0 ? [] : ['undelivered records went without being counted']),
  ];
  await store.close();
  const toSize = sizeOf(database);
  folder.remove();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    records,
    seconds,
    commits: times.length,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    fromBytes: before,
    toBytes: toSize,
    grownBytes: peak - memory,
    faults,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      megabytes: { type: 'string', default: '1000' },
      to: { type: 'string', default: '100' },
      rate: { type: 'string', default: '20' },
      short: { type: 'boolean', default: false },
    },
  });
  const from = values.short ? 60 : Number(values.megabytes);
  const to = values.short ? 16 : Number(values.to);
  const result = await shrink(from * MB, to * MB, Number(values.rate));
  for (const fault of result.faults) console.error(fault);
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  console.log(
    `shrink: ${result.records} records, ${(result.fromBytes / MB).toFixed(0)} MB to ${(result.toBytes / MB).toFixed(0)} MB in ${result.seconds.toFixed(1)} s beside ${result.commits} commits: median ${ms(result.medianMs)}, p99 ${ms(result.p99Ms)}, max ${ms(result.maxMs)}; memory +${(result.grownBytes / MB).toFixed(0)} MB`,
  );
  process.exitCode = result.faults.length === 0 && result.p99Ms < 50 ? 0 : 1;
}
