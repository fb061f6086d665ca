/**
 * The weekly rehearsal of a restore, by the box itself: the newest backup is restored into a folder of its own as it would be into the
 * store's place, opened as a store is, read through, and thrown away. Bounded by the room there is; what came of it is kept
 * beside the backups.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { replaceFile } from '../../files/replace-file.ts';
import { isSaid, type Said, type Told, tell, tellAll, toldOf } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import { storeFiles } from '../../store/files.ts';
import { checkStore } from '../../store/repair/inspect.ts';
import { freeBytesAt } from '../../store/retention/reserve-file.ts';
import { readBackupNote } from '../backup-check.ts';
import { restoreBackup } from '../restore.ts';
import { type BackupPlace, listBackups } from './folder.ts';

const WEEK_MS = 7 * 86_400_000;
/** What did not succeed is tried again after a day. */
const RETRY_MS = 86_400_000;
const MAX_PROBLEMS = 3;

const noteShape = z.object({
  /** When, epoch milliseconds. */
  endedMs: z.number(),
  /** Of the backup. */
  name: z.string(),
  records: z.number(),
  /** Milliseconds it took. */
  tookMs: z.number(),
  /** Why it failed; absent when it did not. */
  problem: z.optional(z.string()),
  said: z.optional(z.custom<readonly Said[]>(isSaid)),
  /** It could not even be tried: that says nothing of the backup. */
  isUntried: z.optional(z.literal(true)),
});

export type RestoreRehearsal = z.infer<typeof noteShape>;

export interface RestoreRehearsalJob {
  readonly place: BackupPlace;
  /** Of the store: its disk is where there is room. */
  readonly dir: string;
  readonly keyFile?: string;
  readonly reserveBytes: number;
}

const noteFile = ({ folder, site }: BackupPlace): string => join(folder, `${site}.rehearsal.json`);

export function readRehearsalNote(place: BackupPlace): RestoreRehearsal | undefined {
  try {
    const read = z.safeParse(noteShape, JSON.parse(readFileSync(noteFile(place), 'utf8')));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

/** One from the future was dated by a wrong clock, and says nothing. */
export function isRehearsalDue(last: RestoreRehearsal | undefined, nowMs: number): boolean {
  if (!last || last.endedMs > nowMs) return true;
  return nowMs - last.endedMs >= (last.problem === undefined ? WEEK_MS : RETRY_MS);
}

/** undefined where there is no backup to rehearse with. Never rejects for what the backup is. */
export async function rehearseRestore(
  job: RestoreRehearsalJob,
  world: World,
): Promise<RestoreRehearsal | undefined> {
  const [newest] = listBackups(job.place);
  if (!newest) return undefined;
  const startedMs = world.clock.monotonicMs();
  const scratch = join(job.dir, 'restore-rehearsal');
  let found: Found;
  try {
    rmSync(scratch, { recursive: true, force: true });
    found = await tryOut(job, newest.path, scratch, world);
  } catch (error) {
    found = failed(0, toldOf(error));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const note: RestoreRehearsal = {
    endedMs: world.clock.nowMs(),
    name: newest.name,
    tookMs: Math.round(world.clock.monotonicMs() - startedMs),
    ...found,
  };
  replaceFile(noteFile(job.place), `${JSON.stringify(note)}\n`);
  return note;
}

type Found = Pick<RestoreRehearsal, 'records' | 'problem' | 'said' | 'isUntried'>;

function failed(records: number, { detail, said }: Told): Found {
  return { records, problem: detail, ...(isSaid(said) && said.length > 0 ? { said } : {}) };
}

async function tryOut(
  { dir, keyFile, reserveBytes }: RestoreRehearsalJob,
  folder: string,
  scratch: string,
  world: World,
): Promise<Found> {
  const note = readBackupNote(folder);
  // The pieces are copied, and put together beside that.
  const wanted = 2 * (note?.bytes ?? 0);
  const free = freeBytesAt(dir);
  if (free - wanted < reserveBytes)
    return {
      ...failed(0, tell('backup.tryRoom', { free: megabytes(free), wanted: megabytes(wanted) })),
      isUntried: true,
    };
  mkdirSync(scratch, { mode: 0o700 });
  const key = keyFile ?? storeFiles(dir).secret;
  const own = existsSync(join(folder, 'device.key')) ? undefined : key;
  const outcome = await restoreBackup({
    folder,
    dir: scratch,
    world,
    ...(own === undefined ? {} : { keyFile: own }),
  });
  if (!outcome.restored) return failed(0, tellAll(outcome.problems.slice(0, MAX_PROBLEMS)));
  if (!statSync(storeFiles(scratch).database, { throwIfNoEntry: false }))
    return failed(0, tell('backup.tryNothing'));
  const { sound, problems, records } = checkStore(scratch);
  if (!sound) return failed(records, tellAll(problems.slice(0, MAX_PROBLEMS)));
  const wantedRecords = note?.contents?.hasLog ? note.contents.records : records;
  // The restored store may have a record more, which says that it was restored.
  if (records < wantedRecords)
    return failed(records, tell('backup.tryRecords', { records, wanted: wantedRecords }));
  return { records };
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
