/**
 * Damages a store at random, opens it, and compares: it must open, take records again, say exactly what is lost, and lose
 * no more than what lay on the pages hit. Which records those are is asked of SQLite beforehand (dbstat).
 * `--flips N` (1000), `--short` (60), `--seed N`.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import type { LogRecord, NewRecord } from '../src/model/record.ts';
import type { Store } from '../src/store/contract.ts';
import { storeFiles } from '../src/store/files.ts';
import { openStore } from '../src/store/store.ts';
import { codedReading } from '../test/support/coded-reading.ts';
import { temporaryFolder } from '../test/support/process.ts';
import { createTestWorld } from '../test/support/world.ts';

const RECORDS = 2_000;
const RECORDS_IN_COMMIT = 5;
/** Records after it are of the last two commits. */
const TAIL_FROM = RECORDS - 2 * RECORDS_IN_COMMIT;
const DEVICES = 12;
const READERS = ['influx', 'centre'];

/** A store as it lies on disk, and what was in it. */
interface Template {
  readonly dir: string;
  readonly withWal: boolean;
  readonly records: readonly LogRecord[];
  readonly devices: string;
  readonly pageBytes: number;
  /** For each page the seqs that lie on it or depend on it; only pages of the log. */
  readonly seqsOnPage: ReadonlyMap<number, readonly number[]>;
}

export interface CorruptResult {
  readonly flips: number;
  readonly salvaged: number;
  readonly lost: number;
  readonly mostLost: number;
  /** Records lost with the last commits of a damaged write-ahead log, which look like a power cut. */
  readonly tail: number;
  /** Damages to the end of a write-ahead log of which a record says that they may be a power cut. */
  readonly cuts: number;
  readonly faults: readonly string[];
}

const deviceName = (n: number): string => n.toString(16).padStart(16, '0');

async function fill(store: Store): Promise<void> {
  for (let n = 0; n < DEVICES; n++) {
    const key = n.toString(16).padStart(32, 'a');
    const abp = { devAddr: n.toString(16).padStart(8, '0'), nwkSKey: key, appSKey: key };
    store.devices.put({ devEui: deviceName(n), name: `Tank ${n}`, codec: 'raw', origin: 'api', abp });
  }
  for (let n = 0; n < RECORDS; n += RECORDS_IN_COMMIT) {
    const commits = Array.from({ length: RECORDS_IN_COMMIT }, (_, k) => {
      const devEui = deviceName((n + k) % DEVICES);
      const record = recordOf(n, n + k, devEui);
      return store.commit({ records: [record], counters: [{ devEui, nextFCntUp: n + k + 1 }] });
    });
    store.flush();
    await Promise.all(commits);
    // The rolling copy is written at the next turn of the event loop.
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  store.cursor('influx').advance(Math.floor(RECORDS * 0.7), 3);
  store.cursor('centre').advance(Math.floor(RECORDS * 0.5));
}

/** Every second one is coded. */
function recordOf(first: number, n: number, device: string): NewRecord {
  const text = 'x'.repeat((first * 7) % (first % 101 === 0 ? 5_000 : 300));
  const timeMs = 1_767_225_600_000 + n;
  if (n % 2 === 1) return codedReading(n, text, timeMs, device);
  return { kind: 'system', timeMs, device, body: { event: 'reading', n, text } };
}

async function createTemplate(dir: string, withWal: boolean): Promise<Template> {
  const live = `${dir}.live`;
  const store = openStore({ dir: live, world: createTestWorld() });
  await fill(store);
  const records = store.log.readAfter(0, RECORDS + 1, Number.POSITIVE_INFINITY);
  const devices = JSON.stringify(store.devices.list());
  store.flush();
  if (withWal) cpSync(live, dir, { recursive: true });
  await store.close();
  if (!withWal) cpSync(live, dir, { recursive: true });
  for (const name of ['lock', 'edge.db-shm']) rmSync(join(dir, name), { force: true });
  const pages = pagesOf(join(live, 'edge.db'), records);
  return { dir, withWal, records, devices, ...pages };
}

/** Leaves in the order of their keys, each with so many of the records; overflow pages count as their leaf. */
function pagesOf(file: string, records: readonly LogRecord[]) {
  const db = new Database(file, { readonly: true });
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  const rows = db
    .prepare("SELECT path, pageno, pagetype, ncell FROM dbstat WHERE name = 'log' ORDER BY path")
    .all() as { path: string; pageno: number; pagetype: string; ncell: number }[];
  db.close();
  const seqsOnPage = new Map<number, readonly number[]>();
  const byPath = new Map<string, readonly number[]>();
  let at = 0;
  for (const { path, pageno, ncell } of rows.filter(({ pagetype }) => pagetype === 'leaf')) {
    const seqs = records.slice(at, at + ncell).map(({ seq }) => seq);
    at += ncell;
    byPath.set(path, seqs);
    seqsOnPage.set(pageno, seqs);
  }
  for (const { path, pageno } of rows.filter(({ pagetype }) => pagetype === 'overflow'))
    seqsOnPage.set(pageno, byPath.get(path.slice(0, path.lastIndexOf('/') + 1)) ?? []);
  return { pageBytes, seqsOnPage };
}

interface Hit {
  readonly what: string;
  /** Pages of the database hit, directly or through the write-ahead log. */
  readonly pages: ReadonlySet<number>;
  readonly wal: boolean;
}

/** Damages one file in `dir`: a bit, some bytes, a sector or a page. */
function damage(dir: string, { pageBytes, withWal }: Template, random: () => number): Hit {
  const files = storeFiles(dir);
  const wal = withWal && random() < 0.6;
  const file = wal ? files.wal : files.database;
  const bytes = readFileSync(file);
  const before = Buffer.from(bytes);
  const kind = Math.floor(random() * 5);
  const length = [1, 1 + Math.floor(random() * 64), 512, pageBytes, 1][kind] ?? 1;
  let at = Math.floor(random() * (bytes.length - length));
  if (length >= 512) at -= at % length;
  for (let index = at; index < at + length; index++) {
    const old = bytes[index] ?? 0;
    if (kind === 0) bytes[index] = old ^ (1 << Math.floor(random() * 8));
    else bytes[index] = kind === 3 ? 0 : Math.floor(random() * 256);
  }
  writeFileSync(file, bytes);
  const pages = new Set<number>();
  for (let index = at; index < at + length; index++) {
    if (!wal) pages.add(Math.floor(index / pageBytes) + 1);
    else if (index >= 32) {
      const frame = 32 + Math.floor((index - 32) / (pageBytes + 24)) * (pageBytes + 24);
      if (frame + 4 <= before.length) pages.add(before.readUInt32BE(frame));
    }
  }
  return { what: `${wal ? 'wal' : 'database'} ${length} bytes at ${at} (kind ${kind})`, pages, wal };
}

/** What one damaged store lost, and whatever it should not have done. */
async function examine(dir: string, template: Template, hit: Hit) {
  const faults: string[] = [];
  const world = createTestWorld();
  let store: Store;
  try {
    store = openStore({ dir, world });
    store.flush();
    // What the opening tells of is seen once it is on disk.
    await store.synced();
  } catch (error) {
    return {
      lost: 0,
      tail: 0,
      salvaged: false,
      cut: false,
      faults: [`does not open: ${String(error)}`],
    };
  }
  const found = new Map(store.log.readAfter(0, RECORDS * 2, Number.POSITIVE_INFINITY).map((r) => [r.seq, r]));
  const told = [...found.values()].find(({ body }) => body.includes('"event":"salvaged"'));
  const receipt = told && (JSON.parse(told.body) as Receipt);
  const cut = [...found.values()].find(({ body }) => body.includes('"event":"wal_cut"'));
  const lost = template.records.filter(({ seq }) => {
    const now = found.get(seq);
    return now === undefined || now === told || now === cut;
  });
  const tail = lost.filter(({ seq }) => isUntoldTail(hit, receipt, seq));
  faults.push(...changeFaults(template, found, [told, cut]));
  if (tail.length > 0 && !cut) faults.push(`${tail.length} records at the end are lost and nothing says so`);
  faults.push(...lossFaults(template, hit, lost, receipt));
  if (devicesDiffer(store, template, lost)) faults.push('devices, keys or counters differ');
  faults.push(...accountFaults(store));
  const committed = store.commit({
    records: [{ kind: 'system', timeMs: 1, device: null, body: { event: 'after' } }],
  });
  store.flush();
  const { firstSeq } = await committed;
  if (firstSeq !== store.log.lastSeq()) faults.push('takes no records');
  await store.close();
  return {
    lost: lost.length,
    tail: tail.length,
    salvaged: receipt !== undefined,
    cut: cut !== undefined,
    faults,
  };
}

interface Receipt {
  readonly ranges: readonly (readonly [number, number])[];
  readonly lost: number;
}

/** Whether a record at the end went with the write-ahead log and no receipt names it. */
function isUntoldTail({ wal }: Hit, receipt: Receipt | undefined, seq: number): boolean {
  return wal && seq > TAIL_FROM && !isIn(receipt?.ranges, seq);
}

/** Records that are there and not what they were; `told` are those that took a lost one's place to tell of it. */
function changeFaults(
  template: Template,
  found: ReadonlyMap<number, LogRecord>,
  told: readonly (LogRecord | undefined)[],
): string[] {
  const changed = template.records.filter((record) => {
    const now = found.get(record.seq);
    if (!now || told.includes(now)) return false;
    return now.body !== record.body || now.device !== record.device || now.timeMs !== record.timeMs;
  });
  return changed.map(({ seq }) => `record ${seq} was changed`);
}

/** Records lost that no damage explains, or that nothing tells of. */
function lossFaults(
  template: Template,
  hit: Hit,
  lost: readonly LogRecord[],
  receipt: Receipt | undefined,
): string[] {
  const faults: string[] = [];
  const allowed = new Set([...hit.pages].flatMap((page) => template.seqsOnPage.get(page) ?? []));
  for (const { seq } of lost) {
    if (hit.wal && seq > TAIL_FROM) continue;
    if (!allowed.has(seq)) faults.push(`record ${seq} is lost but was on no page hit`);
    if (!isIn(receipt?.ranges, seq)) faults.push(`record ${seq} is lost and nothing says so`);
  }
  if (receipt && receipt.lost > lost.length) faults.push(`says ${receipt.lost} lost, but ${lost.length} are`);
  return faults;
}

function devicesDiffer(store: Store, template: Template, lost: readonly LogRecord[]): boolean {
  // A counter goes with the record that moved it.
  const touched = new Set(lost.map(({ device }) => device));
  const stable = (devices: readonly { devEui: string }[]) =>
    JSON.stringify(
      devices.map((device) => ({
        ...device,
        ...{ lastSeq: 0, lastSeenMs: 0 },
        ...(touched.has(device.devEui) ? { nextFCntUp: 0 } : {}),
      })),
    );
  return stable(store.devices.list()) !== stable(JSON.parse(template.devices) as { devEui: string }[]);
}

function isIn(ranges: readonly (readonly [number, number])[] | undefined, seq: number): boolean {
  return ranges?.some(([from, to]) => seq >= from && seq <= to) ?? false;
}

function accountFaults(store: Store): string[] {
  return READERS.flatMap((name) => {
    const { accepted, delivered, pending, quarantined, expired, seq } = store.cursor(name).state();
    const present = store.log.readAfter(seq, RECORDS * 2, Number.POSITIVE_INFINITY).length;
    return [
      ...(accepted === delivered + pending + quarantined + expired ? [] : [`${name}: the sum is wrong`]),
      ...(Math.min(delivered, pending, quarantined, expired) < 0 ? [`${name}: a negative number`] : []),
      ...(pending === present ? [] : [`${name}: ${pending} pending, but ${present} are there`]),
    ];
  });
}

/** Runs `flips` damages; the same `seed` makes the same ones. */
export async function corrupt(flips: number, seed: number): Promise<CorruptResult> {
  const folder = temporaryFolder();
  const { random } = createTestWorld(0, seed);
  const templates = [
    await createTemplate(join(folder.path, 'closed'), false),
    await createTemplate(join(folder.path, 'killed'), true),
  ];
  const sum = { salvaged: 0, lost: 0, mostLost: 0, tail: 0, cuts: 0 };
  const faults: string[] = [];
  for (let flip = 0; flip < flips; flip++) {
    const template = templates[flip % templates.length];
    if (!template) break;
    const dir = join(folder.path, 'trial');
    cpSync(template.dir, dir, { recursive: true });
    const hit = damage(dir, template, random);
    const result = await examine(dir, template, hit);
    if (result.salvaged) sum.salvaged++;
    if (result.cut) sum.cuts++;
    sum.lost += result.lost;
    sum.tail += result.tail;
    sum.mostLost = Math.max(sum.mostLost, result.lost);
    faults.push(...result.faults.slice(0, 3).map((fault) => `flip ${flip}, ${hit.what}: ${fault}`));
    rmSync(dir, { recursive: true });
  }
  folder.remove();
  return { flips, ...sum, faults };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      flips: { type: 'string', default: '1000' },
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const flips = values.short ? 60 : Number(values.flips);
  console.log(`corrupt: ${flips} damages to a store of ${RECORDS} records, seed ${values.seed}`);
  const result = await corrupt(flips, Number(values.seed));
  for (const fault of result.faults.slice(0, 20)) console.error(fault);
  console.log(
    `corrupt: every store opened; ${result.salvaged} were repaired, ${result.lost} records lost in all (at most ${result.mostLost} at a time), of them ${result.tail} with the last commits of a write-ahead log, which ${result.cuts} records say may be a power cut; ${result.faults.length === 0 ? 'none beyond the pages hit, each told' : `${result.faults.length} FAULTS`}`,
  );
  process.exitCode = result.faults.length === 0 ? 0 : 1;
}
