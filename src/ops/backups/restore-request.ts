/**
 * A restore that a page asks for: it cannot be carried out while the store is open, so it is written down, the box stops, and
 * carries it out before it opens the store again. The request stays until the restore has ended one way or the other: a power
 * cut in between is followed by a start that goes on with it.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { StoreConfig } from '../../config/schema.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { RestoreReport } from '../../model/care.ts';
import { inEnglish, isSaid, type Said, type Told, tell, toldOf } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import { finishRestore } from '../restore.ts';
import { type BackupThread, runInThread } from './thread.ts';
import type { BackupTask } from './worker.ts';

const requestShape = z.object({
  /** Of the backup. */
  folder: z.string(),
  /** What people call it. */
  name: z.string(),
  allowEmpty: z.boolean(),
});

export type RestoreRequest = z.infer<typeof requestShape>;

const toldShape = z.object({ detail: z.string(), said: z.custom<readonly Said[]>(isSaid) });

const reportShape = z.object({
  name: z.string(),
  endedMs: z.number(),
  /** Texts alone where a version before wrote it. */
  problems: z.array(z.union([z.string(), toldShape])),
  epoch: z.optional(z.number()),
  aside: z.optional(z.string()),
});

/** How often those who wait hear that it goes on. */
const BEAT_MS = 5_000;

const requestFile = (dir: string): string => join(dir, 'restore-request.json');
const reportFile = (dir: string): string => join(dir, 'restore-report.json');

export function requestRestore(dir: string, request: RestoreRequest): void {
  replaceFile(requestFile(dir), JSON.stringify(request));
}

/** How the last one ended; undefined when there was none. */
export function lastRestore(dir: string): RestoreReport | undefined {
  const read = z.safeParse(reportShape, readJson(reportFile(dir)));
  if (!read.success) return undefined;
  const { epoch, aside, problems, ...report } = read.data;
  const told = problems.map((problem) => (typeof problem === 'string' ? inEnglish(problem) : problem));
  return {
    ...report,
    problems: told,
    ...(epoch === undefined ? {} : { epoch }),
    ...(aside === undefined ? {} : { aside }),
  };
}

export interface CarryOutOptions {
  readonly store: Pick<StoreConfig, 'dir' | 'keyFile'>;
  readonly world: World;
  /** Called while it goes on; may be called often. */
  readonly goesOn: () => Promise<void>;
  readonly run?: (task: BackupTask) => BackupThread;
}

/** To be called before the store is opened: goes through with what was begun, and does what was asked for. Throws what the disk says. */
export async function carryOutRestore(options: CarryOutOptions): Promise<void> {
  const { store, world } = options;
  const { dir } = store;
  const finished = finishRestore(dir);
  const request = existsSync(requestFile(dir)) ? readRequest(dir) : undefined;
  if (finished) world.logger.warn('restore.finished', { ...finished });
  if (!request) return;
  const report = finished
    ? { name: request.name, endedMs: world.clock.nowMs(), problems: [], ...finished }
    : await restoreNow(request, options);
  replaceFile(reportFile(dir), JSON.stringify(report));
  rmSync(requestFile(dir), { force: true });
  const problems = report.problems.map(({ detail }) => detail);
  if (problems.length === 0) world.logger.warn('restore.done', { ...report });
  else world.logger.error('restore.refused', { ...report, problems, hint: 'nothing was changed' });
}

async function restoreNow(request: RestoreRequest, options: CarryOutOptions): Promise<RestoreReport> {
  const { store, world, goesOn, run = runInThread } = options;
  const { folder, name, allowEmpty } = request;
  world.logger.warn('restore.begun', { name, folder });
  const { answer } = run({ kind: 'restore', folder, dir: store.dir, keyFile: store.keyFile, allowEmpty });
  const ended = answer.then(
    (answered) => answered,
    (error: unknown) => ({ kind: 'broken', problem: toldOf(error) }) as const,
  );
  await goesOn();
  for (let outcome: Awaited<typeof ended> | undefined; ; ) {
    outcome = await Promise.race([ended, beat(world)]);
    if (!outcome) await goesOn();
    else return reportOf(name, outcome, world);
  }
}

function beat({ clock }: World): Promise<undefined> {
  return new Promise((resolve) => void clock.after(BEAT_MS, () => resolve(undefined)));
}

function reportOf(
  name: string,
  outcome: Awaited<BackupThread['answer']> | { readonly kind: 'broken'; readonly problem: Told },
  { clock }: World,
): RestoreReport {
  const base = { name, endedMs: clock.nowMs() };
  if (outcome.kind === 'broken') return { ...base, problems: [outcome.problem] };
  if (outcome.kind !== 'restored') return { ...base, problems: [tell('restore.noWord')] };
  if (!outcome.outcome.restored) return { ...base, problems: outcome.outcome.problems };
  const { epoch, aside } = outcome.outcome;
  return { ...base, problems: [], epoch, ...(aside === undefined ? {} : { aside }) };
}

/** One that cannot be read is none: the box starts as it is. */
function readRequest(dir: string): RestoreRequest | undefined {
  const read = z.safeParse(requestShape, readJson(requestFile(dir)));
  if (read.success) return read.data;
  rmSync(requestFile(dir), { force: true });
  return undefined;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
