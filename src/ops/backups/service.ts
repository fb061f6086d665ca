/**
 * The backups a box makes by itself: looks every minute whether one is due, lets a thread make it, and says how they are. A
 * backup that could not be made is tried again every hour, and told until one succeeds.
 */

import { isAbsolute, join, resolve } from 'node:path';
import type { BackupConfig, StoreConfig } from '../../config/schema.ts';
import type { BackupUnderWay } from '../../model/care.ts';
import { errorText } from '../../model/error-text.ts';
import { tell, tellAll } from '../../model/said.ts';
import type { BackupStatus } from '../../model/status.ts';
import type { Part, World } from '../../model/world.ts';
import type { AwayPlaces } from './away/copies.ts';
import type { RestoreRehearsal } from './restore-rehearsal.ts';
import type { BackupJob, BackupResult, BackupsFound } from './run.ts';
import { failedBackup } from './run.ts';
import { isDue } from './schedule.ts';
import { type BackupThread, runInThread } from './thread.ts';
import type { BackupAnswer, BackupTask } from './worker.ts';

const LOOK_MS = 60_000;
/** Not in the first moments of a start, when everybody waits for something else. */
const FIRST_LOOK_MS = 10_000;
const RETRY_MS = 3_600_000;
/** A copy of gigabytes over a slow line takes hours; a share that hangs takes for ever. */
const LONGEST_MS = 6 * 3_600_000;
/** The look at the start, and the one that was due then. */
const MAX_BEFORE = 4;
/** Without a backup for so long something is wrong, whatever the attempts say. */
const OLD_MS = 50 * 3_600_000;

export interface BackupService extends Part {
  status(): BackupStatus;
  /** Makes one now, beside those that are due; resolves when it is made and checked, or cannot be. */
  now(): Promise<{ readonly ok: boolean; readonly detail: string }>;
  /** Begins one at once; 'off' where none are made. */
  begin(): 'begun' | 'busy' | 'off';
  /** The one that is being made. */
  making(): BackupUnderWay | undefined;
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
  readonly run?: (task: BackupTask) => BackupThread;
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
  underWay:
    | {
        readonly kind: 'look' | 'run';
        /** Monotonic. */
        readonly startedMs: number;
        readonly cut: () => void;
        readonly ended: Promise<unknown>;
      }
    | undefined;
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
    async now() {
      if (!options.config.enabled) return { ok: false, detail: statusOf(state).detail };
      // What began before may have been too early.
      for (let i = 0; i < MAX_BEFORE && state.underWay; i++) await state.underWay.ended;
      if (state.underWay) return { ok: false, detail: 'another one is under way' };
      await begin(state, 'run');
      const { state: how, detail } = statusOf(state);
      return { ok: how === 'ok' && state.result?.outcome !== 'failed', detail };
    },
    begin() {
      if (!options.config.enabled) return 'off';
      if (state.underWay) return 'busy';
      void begin(state, 'run');
      return 'begun';
    },
    making: () => makingOf(state),
  };
}

function makingOf({ options, underWay }: ServiceState): BackupUnderWay | undefined {
  if (underWay?.kind !== 'run') return undefined;
  const { clock } = options.world;
  const startedMs = clock.nowMs() - (clock.monotonicMs() - underWay.startedMs);
  return { startedMs };
}

function look(state: ServiceState): void {
  const { clock } = state.options.world;
  state.cancel = clock.after(LOOK_MS, () => look(state));
  if (state.underWay) return giveUpHung(state);
  if (!state.looked) return void begin(state, 'look');
  beginIfDue(state);
}

function beginIfDue(state: ServiceState): void {
  const { clock } = state.options.world;
  const failed = isFailed(state.result) && state.triedMs !== undefined;
  if (failed && clock.monotonicMs() - (state.triedMs ?? 0) < RETRY_MS) return;
  if (state.result?.outcome === 'nothing' && clock.monotonicMs() - (state.triedMs ?? 0) < RETRY_MS) return;
  const isDueNow = isDue(clock.nowMs(), state.options.config.at, state.found?.last?.checkedMs);
  if (!failed && !isDueNow) return;
  const onlyCopies = !isDueNow && state.result !== undefined && 'copies' in state.result;
  void begin(state, 'run', onlyCopies);
}

function isFailed(result: BackupResult | undefined): boolean {
  if (result && 'copies' in result) return result.copies.some(({ problem }) => problem !== undefined);
  return result?.outcome === 'failed';
}

/** Resolves when it is over; the outcome is in the state. */
function begin(state: ServiceState, kind: 'look' | 'run', onlyCopies = false): Promise<void> {
  const { world, run = runInThread } = state.options;
  const { answer, cut } = run({ kind, job: { ...jobOf(state.options), onlyCopies } });
  const mine = { kind, startedMs: world.clock.monotonicMs(), cut, ended: answer.catch(() => {}) };
  state.underWay = mine;
  const over = (answered: BackupAnswer): void => {
    if (state.underWay !== mine) return;
    state.underWay = undefined;
    state.looked = true;
    take(state, answered);
    if (answered.kind === 'found') beginIfDue(state);
  };
  return answer.then(over, (error: unknown) => over({ kind: 'ran', result: broken(error) }));
}

function broken(error: unknown): BackupResult {
  return failedBackup(tell('backup.error', { error: errorText(error) }, 'backup.log.todo'));
}

function giveUpHung(state: ServiceState): void {
  const { underWay } = state;
  if (!underWay || state.options.world.clock.monotonicMs() - underWay.startedMs < LONGEST_MS) return;
  underWay.cut();
  state.underWay = undefined;
  state.looked = true;
  take(state, { kind: 'ran', result: failedBackup(tell('backup.hung')) });
}

function take(state: ServiceState, answered: BackupAnswer): void {
  const { clock, logger } = state.options.world;
  const before = statusOf(state).state;
  if (answered.kind === 'found') state.found = answered.found;
  else if (answered.kind === 'ran') {
    const { result } = answered;
    state.result = result;
    state.triedMs = clock.monotonicMs();
    if (result.outcome === 'failed') {
      logger.error('backup.failed', { problem: result.problem, hint: result.hint });
    } else if (result.outcome !== 'nothing') {
      const { rehearsal } = result;
      state.found = { last: result.last, kept: result.kept, ...(rehearsal ? { rehearsal } : {}) };
      const { name, bytes, hasLog } = result.last ?? { name: '', bytes: 0, hasLog: false };
      logger.info(`backup.${result.outcome}`, { name, bytes, hasLog, kept: result.kept });
      for (const { place, problem, hint, sentBytes } of result.copies)
        if (problem === undefined) logger.info('backup.copied', { place, sentBytes });
        else logger.error('backup.not_copied', { place, problem, hint });
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
    ...(isAway(config) ? { away: awayOf(config) } : {}),
    reserveBytes: store.reserveBytes,
    version,
    nowMs: world.clock.nowMs(),
  };
}

function rehearsalFigures({ endedMs, problem }: RestoreRehearsal) {
  return { endedMs, isProved: problem === undefined };
}

/** The places of copies outside the box. */
export function awayOf(config: BackupConfig): AwayPlaces {
  const { copyDir, s3Url: url, s3Region: region, s3AccessKey: accessKey = '', s3SecretKey = '' } = config;
  return {
    ...(copyDir === undefined ? {} : { copyDir }),
    // A secret read from a file brings its line end along.
    ...(url === undefined ? {} : { s3: { url, region, accessKey, secretKey: s3SecretKey.trim() } }),
  };
}

const isAway = ({ copyDir, s3Url }: BackupConfig): boolean => copyDir !== undefined || s3Url !== undefined;

function statusOf(state: ServiceState): BackupStatus {
  const { config, world } = state.options;
  const { sinceMs, found, result } = state;
  const figures = {
    sinceMs,
    ...(found ? { kept: found.kept } : {}),
    ...(found?.last ? { lastSuccessMs: found.last.checkedMs, lastBytes: found.last.bytes } : {}),
    ...(found?.rehearsal ? { rehearsal: rehearsalFigures(found.rehearsal) } : {}),
  };
  if (!config.enabled) return { state: 'not_configured', ...tell('backup.off'), sinceMs };
  const last = found?.last;
  if (result?.outcome === 'failed') {
    const { problem: detail, hint, said } = result;
    const before = last ? tell('backup.lastOne', { time: iso(last.checkedMs) }) : tell('backup.noneYet');
    return {
      state: 'degraded',
      ...tellAll([tell('backup.failed'), { detail, hint, said }, before]),
      ...figures,
    };
  }
  if (last && world.clock.nowMs() - last.checkedMs > OLD_MS) {
    const told = tell('backup.last', { time: iso(last.checkedMs) }, 'backup.log.todo');
    return { state: 'degraded', ...told, ...figures };
  }
  const lost =
    result && 'copies' in result ? result.copies.find(({ problem }) => problem !== undefined) : undefined;
  if (last && lost) {
    const { place, problem = '', hint = '', said = [] } = lost;
    const made = tell('backup.noCopy', { time: iso(last.checkedMs), place });
    return { state: 'degraded', ...tellAll([made, { detail: problem, hint, said }]), ...figures };
  }
  const tried = found?.rehearsal;
  if (last && tried?.problem !== undefined) {
    const { name, problem, said = tell('step.error', { error: problem }).said, isUntried } = tried;
    const told = tell(isUntried ? 'backup.notTried' : 'backup.notRestorable', { name });
    return { state: 'degraded', ...tellAll([told, { detail: problem, said }]), ...figures };
  }
  if (last) {
    const told = tell(last.hasLog ? 'backup.last' : 'backup.lastWithoutLog', { time: iso(last.checkedMs) });
    const proved = tried ? [tell('backup.rehearsed', { name: tried.name, time: iso(tried.endedMs) })] : [];
    return { state: 'ok', ...tellAll([told, ...proved]), ...figures };
  }
  if (result?.outcome === 'nothing') return { state: 'ok', ...tell('backup.nothing'), ...figures };
  return { state: 'connecting', ...tell('backup.first'), ...figures };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
