/** Backups in pieces: what is put together again is the store to the byte, whatever retention and merging did, and damage is seen. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tell } from '../../../src/model/said.ts';
import { createBackup } from '../../../src/ops/backup.ts';
import { checkBackup, readBackupNote } from '../../../src/ops/backup-check.ts';
import {
  assembleLog,
  type Piece,
  pieceName,
  piecesAmong,
  piecesToTake,
} from '../../../src/ops/backups/pieces.ts';
import { type BackupJob, runBackup } from '../../../src/ops/backups/run.ts';
import { timesToKeep } from '../../../src/ops/backups/schedule.ts';
import { restoreBackup } from '../../../src/ops/restore.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openReadOnly, openSqlite } from '../../../src/store/sqlite.ts';
import { openStore } from '../../../src/store/store.ts';
import { createMeta } from '../../../src/store/tables/meta.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 2, 17);

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
let to: string;
let store: Store;

beforeEach(() => {
  folder = temporaryFolder();
  [dir, to] = [join(folder.path, 'data'), join(folder.path, 'stick')];
  mkdirSync(to);
  store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
  store.devices.put({ devEui: '70b3d57ed0000002', name: 'Tank', codec: 'raw', origin: 'api' });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

async function append(count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, at) => ({
    ...({ timeMs: START + at, kind: 'system', device: null } as const),
    body: { event: 'test', at, ratio: 1.5 },
  }));
  await store.commit({ records, urgent: true });
}

/** What retention does. */
async function remove(seqs: readonly number[]): Promise<void> {
  await store.close();
  const db = openSqlite(join(dir, 'edge.db'));
  for (const seq of seqs) db.prepare('DELETE FROM log WHERE seq = ?').run(seq);
  const count = db.prepare('SELECT max(seq) - count(*) FROM log').pluck().get();
  createMeta(db).set('removed', { count });
  db.close();
  store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
}

const job = (day: number, more: Partial<BackupJob> = {}): BackupJob => ({
  place: { site: 'hill', folder: to, isOurs: false },
  ...{ dir, settings: [], keep: { daily: 30, weekly: 0, monthly: 0 }, reserveBytes: 0, version: '0.0.0' },
  nowMs: START + day * DAY_MS,
  ...more,
});

async function backUp(day: number): Promise<string> {
  const result = await runBackup(job(day));
  expect(result, JSON.stringify(result)).toMatchObject({ outcome: 'made' });
  return join(to, 'last' in result ? (result.last?.name ?? '') : '');
}

/** Every row of every table, with the type of every value. */
function dump(file: string): unknown {
  const db = openReadOnly(file).defaultSafeIntegers(true);
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all();
    const rows = (tables as string[]).map((table) => [
      table,
      (db.prepare(`SELECT * FROM "${table}"`).raw().all() as unknown[][]).map((row) =>
        row.map(
          (value) => `${typeof value} ${Buffer.isBuffer(value) ? value.toString('hex') : String(value)}`,
        ),
      ),
    ]);
    const schema = db
      .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
      .pluck()
      .all();
    return { rows, schema, version: db.pragma('user_version', { simple: true }) };
  } finally {
    db.close();
  }
}

/** The database of the backup, put together. */
function assembled(backup: string): string {
  const scratch = join(folder.path, `scratch-${basename(backup)}`);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  const file = join(scratch, 'edge.db');
  const source = openReadOnly(join(backup, 'edge.db'));
  source.prepare('VACUUM INTO ?').run(file);
  source.close();
  assembleLog(backup, file);
  return file;
}

async function full(name: string): Promise<string> {
  const at = join(folder.path, name);
  await createBackup({ dir, settings: [], to: at, version: '0', nowMs: START, withKey: true });
  return join(at, 'edge.db');
}

describe('a backup in pieces', () => {
  it('is to the byte what a full copy is, and writes only what is new', async () => {
    await append(300);
    const first = await backUp(0);
    await append(20);
    const second = await backUp(1);
    await append(20);
    const third = await backUp(2);
    expect(piecesAmong(readdirSync(third)).map(({ name }) => name)).toEqual([
      ...['log-1-300-all.db', 'log-301-320.db', 'log-321-340.db'],
    ]);
    const inode = (path: string) => statSync(join(path, 'log-1-300-all.db')).ino;
    expect([inode(second), inode(third)]).toEqual([inode(first), inode(first)]);
    expect(dump(assembled(third))).toEqual(dump(await full('full')));
    // What is removed takes nothing from the others.
    rmSync(first, { recursive: true });
    rmSync(second, { recursive: true });
    expect(await checkBackup(third)).toMatchObject({ problems: [], contents: { records: 340 } });
  });

  it('has no record that retention had taken, also out of the middle of a piece', async () => {
    await append(50);
    await backUp(0);
    await append(10);
    await remove([...Array.from({ length: 20 }, (_, at) => at + 1), 33, 41, 42]);
    const second = await backUp(1);
    expect(piecesAmong(readdirSync(second)).map(({ name }) => name)).toEqual([
      'log-1-50-all.db',
      'log-51-60.db',
    ]);
    expect(dump(assembled(second))).toEqual(dump(await full('full')));
    expect((await checkBackup(second)).contents?.records).toBe(37);
    await remove(Array.from({ length: 50 }, (_, at) => at + 1));
    await append(1);
    expect(piecesAmong(readdirSync(await backUp(2))).map(({ name }) => name)).toEqual([
      'log-51-60.db',
      'log-61-61.db',
    ]);
  });

  it('is restored, and the box goes on from it', async () => {
    await append(40);
    await backUp(0);
    await append(5);
    const backup = await backUp(1);
    await append(7);
    await store.close();
    const replacement = join(folder.path, 'replacement');
    const world = createTestWorld();
    expect(await restoreBackup({ folder: backup, dir: replacement, world })).toMatchObject({
      restored: true,
    });
    store = openStore({ dir: replacement, world, commitMaxDelayMs: 0 });
    expect(store.log.readAfter(0, 100).map(({ seq }) => seq)).toHaveLength(45);
    expect(store.devices.get('70b3d57ed0000002')?.name).toBe('Tank');
    await append(1);
    expect(store.log.lastSeq()).toBe(46);
  });

  it('that lacks a piece, or has a damaged one, is not whole; the next one begins anew', async () => {
    await append(40);
    const first = await backUp(0);
    await append(5);
    const second = await backUp(1);
    appendFileSync(join(first, 'log-1-40-all.db'), 'x');
    expect((await checkBackup(second)).problems).toEqual([
      tell('restore.damaged', { name: 'log-1-40-all.db' }),
    ]);
    await append(5);
    const third = await backUp(2);
    expect(piecesAmong(readdirSync(third)).map(({ name }) => name)).toEqual(['log-1-50-all.db']);
    expect((await checkBackup(third)).problems).toEqual([]);
    rmSync(join(third, 'log-1-50-all.db'));
    expect((await checkBackup(third)).problems).toEqual([
      tell('restore.missing', { name: 'log-1-50-all.db' }),
    ]);
  });

  it('of another incarnation of the store takes nothing over', async () => {
    await append(40);
    await backUp(0);
    store.setEpoch(7);
    await append(1);
    const second = await backUp(1);
    expect(piecesAmong(readdirSync(second)).map(({ name }) => name)).toEqual(['log-1-41-all.db']);
    expect(readBackupNote(second)?.contents?.epoch).toBe(7);
    expect(existsSync(join(second, 'log-1-40-all.db'))).toBe(false);
  });
});

describe('a year of backups', () => {
  it('takes the room and the writing that docs/backup.md says', () => {
    const figures = simulateYear({
      recordsADay: 4_800,
      recordBytes: 100,
      keptDays: 100,
      tableBytes: 2_000_000,
    });
    expect(Math.max(...figures.pieces)).toBeLessThanOrEqual(24);
    expect(figures.backups).toBeLessThanOrEqual(23);
    expect(figures.spaceMB).toBeLessThanOrEqual(260);
    expect(figures.writtenMBADay).toBeLessThanOrEqual(3);
    expect(figures.fullSpaceMB).toBeGreaterThan(900);
  });
});

interface Year {
  readonly recordsADay: number;
  readonly recordBytes: number;
  readonly keptDays: number;
  /** Of everything but the log. */
  readonly tableBytes: number;
}

/** Day by day with the rules of the program: which pieces are taken over, which backups go. */
function simulateYear({ recordsADay, recordBytes, keptDays, tableBytes }: Year) {
  const keep = { daily: 7, weekly: 4, monthly: 12 };
  let kept: { timeMs: number; pieces: Piece[]; logBytes: number }[] = [];
  let written = 0;
  const pieces: number[] = [];
  const bytesOf = ({ from, to: last }: Piece) => (last - from + 1) * recordBytes;
  for (let day = 1; day <= 730; day += 1) {
    const last = day * recordsADay;
    const first = Math.max(0, day - keptDays) * recordsADay + 1;
    const taken = piecesToTake(kept[0]?.pieces ?? [], first);
    const from = (taken.at(-1)?.to ?? first - 1) + 1;
    const name = pieceName(taken, kept[0]?.pieces ?? [], from, last);
    const fresh = { name, from, to: last, isLasting: name.endsWith('-all.db') };
    if (day > 365) written += bytesOf(fresh) + tableBytes;
    pieces.push(taken.length + 1);
    kept.unshift({
      ...{ timeMs: START + day * DAY_MS, pieces: [...taken, fresh] },
      logBytes: (last - first + 1) * recordBytes,
    });
    const times = timesToKeep(
      kept.map(({ timeMs }) => timeMs),
      keep,
      START + day * DAY_MS,
    );
    kept = kept.filter(({ timeMs }) => times.has(timeMs));
  }
  const distinct = new Map(
    kept.flatMap((backup) => backup.pieces.map((piece) => [piece.name, bytesOf(piece)])),
  );
  const logs = [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0);
  const tables = kept.length * tableBytes;
  return {
    backups: kept.length,
    pieces,
    spaceMB: Math.round((logs + tables) / 1e6),
    fullSpaceMB: Math.round((kept.reduce((sum, { logBytes }) => sum + logBytes, 0) + tables) / 1e6),
    writtenMBADay: Math.round(written / 365 / 1e5) / 10,
  };
}
