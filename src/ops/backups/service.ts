/**
 * The backups a box makes by itself: looks every minute whether one is due, lets a thread make it, and says how they are. A
 * backup that could not be made is tried again every hour, and told until one succeeds.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BackupConfig, StoreConfig } from '../../config/schema.ts';
import type { BackupStatus } from '../../model/status.ts';
import type { Part, World } from '../../model/world.ts';
import type { BackupJob, BackupResult, BackupsFound } from './run.ts';
import { isDue } from './schedule.ts';
import type { BackupAnswer, BackupTask } from './worker.ts';

const LOOK_MS = 60_000;
/** Not in the first moments of a start, when everybody waits for something else. */
const FIRST_LOOK_MS = 10_000;
const RETRY_MS = 3_600_000;
/** A copy of gigabytes over a slow line takes hours; a share that hangs takes for ever. */
const LONGEST_MS = 6 * 3_600_000;
/** Without a backup for so long something is wrong, whatever the attempts say. */
const OLD_MS = 50 * 3_600_000;

export interface BackupService extends Part {
  status(): BackupStatus;
}

export interface BackupServiceOptions {
  readonly config: BackupConfig;
  readonly store: Pick<StoreConfig, 'dir' | 'keyFile' | 'reserveBytes'>;
  readonly site: string;
  /** Files, to be copied along. */
  readonly settings: readonly string[];
  readonly version: string;
  readonly world: World;
  /** Runs a task in a thread; rejects when that fails. `cut` ends it. */
  readonly run?: (task: BackupTask) => { readonly answer: Promise<BackupAnswer>; readonly cut: () => void };
}

/** Where the backups of a box lie. */
export function placeOf(
  { dir, otherDisk }: Pick<BackupConfig, 'dir' | 'otherDisk'>,
  storeDir: string,
  site: string,
): BackupJob['place'] {
  const store = resolve(storeDir);
  return {
    site,
    folder: dir === undefined ? join(store, 'backups') : isAbsolute(dir) ? dir : resolve(dir),
    isOurs: dir === undefined,
    ...(otherDisk ? { apartFrom: store } : {}),
  };
}

interface ServiceState {
  readonly options: BackupServiceOptions;
  sinceMs: number;
  found: BackupsFound | undefined;
  result: BackupResult | undefined;
  looked: boolean;
  /** Monotonic. */
  triedMs: number | undefined;
  underWay: { readonly startedMs: number; readonly cut: () => void } | undefined;
  cancel: () => void;
}

export function createBackupService(options: BackupServiceOptions): BackupService {
  const { clock } = options.world;
  const state: ServiceState = {
    options,
    sinceMs: clock.nowMs(),
    found: undefined,
    result: undefined,
    looked: false,
    triedMs: undefined,
    underWay: undefined,
    cancel() {},
  };
  return {
    async start() {
      if (options.config.enabled) state.cancel = clock.after(FIRST_LOOK_MS, () => look(state));
    },
    async stop() {
      state.cancel();
      state.underWay?.cut();
      state.underWay = undefined;
    },
    status: () => statusOf(state),
  };
}

function look(state: ServiceState): void {
  const { clock } = state.options.world;
  state.cancel = clock.after(LOOK_MS, () => look(state));
  if (state.underWay) return giveUpHung(state);
  if (!state.looked) return begin(state, 'look');
  beginIfDue(state);
}

function beginIfDue(state: ServiceState): void {
  const { clock } = state.options.world;
  const failed = state.result?.outcome === 'failed' && state.triedMs !== undefined;
  if (failed && clock.monotonicMs() - (state.triedMs ?? 0) < RETRY_MS) return;
  if (state.result?.outcome === 'nothing' && clock.monotonicMs() - (state.triedMs ?? 0) < RETRY_MS) return;
  if (!failed && !isDue(clock.nowMs(), state.options.config.at, state.found?.last?.checkedMs)) return;
  begin(state, 'run');
}

function begin(state: ServiceState, kind: BackupTask['kind']): void {
  const { world, run = runInThread } = state.options;
  const { answer, cut } = run({ kind, job: jobOf(state.options) });
  const mine = { startedMs: world.clock.monotonicMs(), cut };
  state.underWay = mine;
  const over = (answered: BackupAnswer): void => {
    if (state.underWay !== mine) return;
    state.underWay = undefined;
    state.looked = true;
    take(state, answered);
    if (answered.kind === 'found') beginIfDue(state);
  };
  answer.then(over, (error: unknown) => over({ kind: 'ran', result: broken(error) }));
}

function broken(error: unknown): BackupResult {
  const problem = error instanceof Error ? error.message : String(error);
  return { outcome: 'failed', problem, hint: 'webscada-edge service logs tells more' };
}

function giveUpHung(state: ServiceState): void {
  const { underWay } = state;
  if (!underWay || state.options.world.clock.monotonicMs() - underWay.startedMs < LONGEST_MS) return;
  underWay.cut();
  state.underWay = undefined;
  state.looked = true;
  const hint = 'a share that does not answer: mount it anew, or change backup.dir';
  take(state, {
    kind: 'ran',
    result: { outcome: 'failed', problem: 'the backup does not come to an end', hint },
  });
}

function take(state: ServiceState, answered: BackupAnswer): void {
  const { clock, logger } = state.options.world;
  const before = statusOf(state).state;
  if (answered.kind === 'found') state.found = answered.found;
  else {
    const { result } = answered;
    state.result = result;
    state.triedMs = clock.monotonicMs();
    if (result.outcome === 'failed') {
      logger.error('backup.failed', { problem: result.problem, hint: result.hint });
    } else if (result.outcome !== 'nothing') {
      state.found = { last: result.last, kept: result.kept };
      const { name, bytes, hasLog } = result.last ?? { name: '', bytes: 0, hasLog: false };
      logger.info(`backup.${result.outcome}`, { name, bytes, hasLog, kept: result.kept });
      if (result.thinned > 0) logger.warn('backup.thinned', { removed: result.thinned, hint: THINNED });
    }
  }
  if (statusOf(state).state !== before) state.sinceMs = clock.nowMs();
}

const THINNED =
  'the disk of the backups is too small for all that is to be kept: a larger one, or lower backup.keep_daily, keep_weekly, keep_monthly';

function jobOf({ config, store, site, settings, version, world }: BackupServiceOptions): BackupJob {
  const { keyFile } = store;
  return {
    place: placeOf(config, store.dir, site),
    dir: resolve(store.dir),
    settings: settings.map((file) => resolve(file)),
    keep: { daily: config.keepDaily, weekly: config.keepWeekly, monthly: config.keepMonthly },
    ...(config.maxLogBytes === undefined ? {} : { maxLogBytes: config.maxLogBytes }),
    ...(keyFile === undefined ? {} : { keyFile }),
    reserveBytes: store.reserveBytes,
    version,
    nowMs: world.clock.nowMs(),
  };
}

function statusOf(state: ServiceState): BackupStatus {
  const { config, world } = state.options;
  const { sinceMs, found, result } = state;
  const figures = {
    sinceMs,
    ...(found ? { kept: found.kept } : {}),
    ...(found?.last ? { lastSuccessMs: found.last.checkedMs, lastBytes: found.last.bytes } : {}),
  };
  if (!config.enabled)
    return { state: 'not_configured', detail: 'the box makes no backups: backup.enabled is false', sinceMs };
  const last = found?.last;
  if (result?.outcome === 'failed') {
    const before = last ? `; the last one is of ${iso(last.checkedMs)}` : '; there is none';
    return {
      state: 'degraded',
      detail: `no backup could be made: ${result.problem}${before}`,
      hint: result.hint,
      ...figures,
    };
  }
  if (last && world.clock.nowMs() - last.checkedMs > OLD_MS) {
    const detail = `the last backup is of ${iso(last.checkedMs)}`;
    return { state: 'degraded', detail, hint: 'webscada-edge service logs tells more', ...figures };
  }
  if (last) {
    const without = last.hasLog
      ? ''
      : ', without the log of readings, which is larger than backup.max_log_bytes';
    return { state: 'ok', detail: `the last backup is of ${iso(last.checkedMs)}${without}`, ...figures };
  }
  if (result?.outcome === 'nothing')
    return { state: 'ok', detail: 'there is nothing to back up yet', ...figures };
  return { state: 'connecting', detail: 'the first backup is made within minutes of the start', ...figures };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** In the bundle and the executable a file beside the program; from source the file itself. */
function workerFile(): string {
  const bundled = join(import.meta.dirname, 'backup-worker.js');
  return existsSync(bundled) ? bundled : join(import.meta.dirname, 'worker.ts');
}

function runInThread(task: BackupTask): ReturnType<NonNullable<BackupServiceOptions['run']>> {
  const worker = new Worker(workerFile(), {
    workerData: task,
    name: 'backup',
    resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 },
  });
  worker.unref();
  const answer = new Promise<BackupAnswer>((resolvePromise, reject) => {
    worker.once('message', resolvePromise);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the backup ended without a word (${code})`)));
  });
  return { answer, cut: () => void worker.terminate() };
}
