/**
 * Store-and-forward to the centre: reads the log behind the cursor 'centre' and appends to the site's Redis Stream.
 * One connection, one batch in flight. After every break the stream itself says where to go on (resume.ts), so a lost
 * answer, a fail-over or a restored store neither loses nor doubles a record.
 */
import type { CentreConfig } from '../../config/schema.ts';
import { backoffMs } from '../../model/backoff.ts';
import { createHealth, type Health } from '../../model/health.ts';
import type { SinkStatus } from '../../model/status.ts';
import { createWakeup, type Wakeup } from '../../model/wakeup.ts';
import type { Part, World } from '../../model/world.ts';
import type { Cursor, Store } from '../../store/contract.ts';
import type { Centre } from './centre.ts';
import { type Client, openClient } from './client.ts';
import { type EntryId, formatId, toEntry } from './entry.ts';
import { CentreFault, faultOfReply, isUsualEnd } from './fault.ts';
import { LIMITS, type SyncLimits } from './limits.ts';
import { type BatchShare, larger, smaller } from './pacing.ts';
import { createRedisCentre } from './redis-centre.ts';
import { otherBoxes, type Resumed, resume, type SyncStore } from './resume.ts';

export interface CentralSyncOptions {
  readonly store: SyncStore & Pick<Store, 'cursor'>;
  readonly config: CentreConfig;
  /** The site's id, part of its keys at the centre. */
  readonly site: string;
  readonly world: World;
  /** Other limits than the usual ones, for tests. */
  readonly limits?: Partial<SyncLimits>;
}

export interface CentralSync extends Part {
  status(): SinkStatus;
}

/** Everything one sync shares between its steps. */
interface Sync extends Omit<CentralSyncOptions, 'limits'> {
  readonly limits: SyncLimits;
  readonly cursor: Cursor;
  readonly health: Health;
  readonly wakeup: Wakeup;
  /** The connection is open. */
  isOnline: boolean;
  /** What keeps it from the centre does not go away by itself. */
  needsAction: boolean;
  /** Records were appended since we last looked. */
  hasAppended: boolean;
  share: BatchShare;
  /** Attempts since something last worked. */
  attempts: number;
  /** Batches in a row that found the stream elsewhere. */
  surprises: number;
  /** The stream's last ID when we last stood back for another box. */
  competingWriter: EntryId | undefined;
}

const MAX_SURPRISES = 5;

/** Whether there is a centre at all. */
export function isConfigured({ url, sentinels }: CentreConfig): boolean {
  return url !== undefined || sentinels !== undefined;
}

/** Forwards the log to the centre once started; without a centre in the settings it only says so. */
export function createCentralSync(options: CentralSyncOptions): CentralSync {
  const { store, config, world } = options;
  const limits = { ...LIMITS, ...options.limits };
  const cursor = store.cursor('centre');
  const sync: Sync = {
    ...options,
    limits,
    cursor,
    health: isConfigured(config)
      ? createHealth(world, 'centre', 'connecting', 'not yet connected to the centre')
      : createHealth(world, 'centre', 'not_configured', 'no centre is set; the log keeps everything'),
    wakeup: createWakeup(world.clock),
    isOnline: false,
    hasAppended: false,
    share: { records: config.batchMaxRecords, bytes: limits.batchMaxBytes },
    attempts: 0,
    surprises: 0,
    competingWriter: undefined,
    needsAction: false,
  };
  let running: Promise<void> | undefined;
  let unsubscribe = () => {};
  return {
    start() {
      if (running || sync.wakeup.stopped() || !isConfigured(config)) return Promise.resolve();
      unsubscribe = store.log.onAppend(() => {
        sync.hasAppended = true;
        sync.wakeup.wake();
      });
      running = run(sync);
      return Promise.resolve();
    },
    async stop() {
      unsubscribe();
      sync.wakeup.stop();
      await running;
    },
    status: () => statusOf(sync),
  };
}

function statusOf({ health, store, cursor, needsAction }: Sync): SinkStatus {
  const { seq, accepted, delivered, pending, quarantined, expired } = cursor.state();
  const oldestPendingMs = pending > 0 ? store.log.timeAfter(seq) : undefined;
  const oldest = oldestPendingMs === undefined ? {} : { oldestPendingMs };
  const trouble = needsAction && health.get().state === 'down' ? { needsAction } : {};
  return { ...health.get(), accepted, delivered, pending, quarantined, expired, ...oldest, ...trouble };
}

const isOk = (health: Health): boolean => health.get().state === 'ok';

function failed(sync: Sync, { message, hint, code, patience }: CentreFault): void {
  sync.needsAction = patience === 'slow';
  sync.health.set('down', message, hint, code);
}

function isUsable({ isOnline, wakeup }: Sync): boolean {
  return isOnline && !wakeup.stopped();
}

/** True when records were appended since the last call, waiting up to `ms`; false at the time's or the line's end. */
async function appendedWithin(sync: Sync, ms: number): Promise<boolean> {
  await sync.wakeup.until(ms, () => sync.hasAppended || !sync.isOnline);
  const hasAppended = sync.hasAppended;
  sync.hasAppended = false;
  return hasAppended && isUsable(sync);
}

/** A live record waits a little for company, until a batch is full or the line ends. */
function gather(sync: Sync): Promise<void> {
  const { wakeup, cursor, config, limits } = sync;
  const isFull = () => cursor.state().pending >= config.batchMaxRecords;
  return wakeup.until(limits.maxDelayMs, () => !sync.isOnline || isFull());
}

/** Sessions one after the other, with a pause between them, until stopped. */
async function run(sync: Sync): Promise<void> {
  const { wakeup, limits, world, health } = sync;
  while (!wakeup.stopped()) {
    const fault = await session(sync);
    if (wakeup.stopped()) return;
    // A line that worked and then ended is opened again once before it is called down: Redis closes idle ones (`timeout`).
    if (!(sync.attempts === 0 && isOk(health) && isUsualEnd(fault))) failed(sync, fault);
    const attempt = fault.patience === 'slow' ? Number.POSITIVE_INFINITY : sync.attempts;
    sync.attempts += 1;
    const delayMs =
      fault.code === 'SITE_ID_CONFLICT'
        ? limits.conflictRetryMs
        : backoffMs(attempt, { minMs: limits.retryMinMs, maxMs: limits.retryMaxMs }, world.random);
    await wakeup.sleep(delayMs);
  }
}

/** One connection from opening to its end. Gives the reason it ended; never throws. */
async function session(sync: Sync): Promise<CentreFault> {
  const { config, limits, site, wakeup, health } = sync;
  let client: Client | undefined;
  let over = false;
  try {
    if (health.get().state === 'connecting') health.set('connecting', 'connecting to the centre');
    client = await openClient(config, limits, sync.attempts, wakeup.signal, sync.world.clock);
    sync.isOnline = true;
    client.onEnd(() => {
      if (over) return;
      sync.isOnline = false;
      wakeup.wake();
    });
    await forward(sync, createRedisCentre(client, site, config, limits));
    return client.reason();
  } catch (error) {
    return error instanceof CentreFault ? error : ownFault(sync, error);
  } finally {
    over = true;
    client?.close();
  }
}

/** What is neither the line nor the centre: the store refused, or a mistake of ours. */
function ownFault(sync: Sync, error: unknown): CentreFault {
  const detail = error instanceof Error ? error.message : String(error);
  sync.world.logger.error('centre.internal', { detail });
  return new CentreFault(
    'INTERNAL',
    `cannot read the log for the centre: ${detail}`,
    'look at the log of this box',
  );
}

/** Resumes and then delivers until the line ends (returns or throws) or the part is stopped (returns). */
async function forward(sync: Sync, centre: Centre): Promise<void> {
  const { store, cursor, limits, health, world } = sync;
  await backOffFromWriter(sync, centre);
  let place = await resumeAt(sync, centre);
  world.logger.debug('centre.connected', { last: formatId(place.last), after: place.after });
  while (isUsable(sync)) {
    const records = store.log.readAfter(cursor.state().seq, sync.share.records, sync.share.bytes);
    if (records.length === 0) {
      sync.attempts = 0;
      health.set('ok', 'everything is at the centre');
      if (await appendedWithin(sync, limits.checkMs)) {
        await gather(sync);
      } else if (isUsable(sync)) {
        await refuseCompetingWriter(sync, centre);
        place = await resumeAt(sync, centre);
      }
      continue;
    }
    place = await deliver(sync, centre, place, records);
  }
}

async function deliver(
  sync: Sync,
  centre: Centre,
  place: Resumed,
  records: ReturnType<Store['log']['readAfter']>,
): Promise<Resumed> {
  const { store, cursor, config, limits, health } = sync;
  const epoch = store.epoch();
  const appended = await centre
    .append(
      place.last,
      records.map((record) => toEntry(epoch, record)),
    )
    .catch((error: unknown) => {
      // Perhaps the line is too thin for a batch of this size.
      sync.share = smaller(sync.share);
      throw error;
    });
  const reached = records[appended.landed - 1]?.seq;
  if (reached !== undefined) {
    // The store may have dropped records meanwhile and moved the cursor past them.
    if (reached > cursor.state().seq) cursor.advance(reached);
    sync.share = larger(sync.share, { records: config.batchMaxRecords, bytes: limits.batchMaxBytes });
    sync.attempts = 0;
    sync.surprises = 0;
    health.set('ok', 'delivering');
  }
  if (appended.refusal) throw faultOfReply(appended.refusal);
  if (appended.asExpected) return { last: appended.last, after: reached ?? place.after };
  // Without this bound, a centre that moves its stream each time would keep us busy for nothing.
  sync.surprises += 1;
  if (sync.surprises > MAX_SURPRISES) throw otherBoxes();
  await refuseCompetingWriter(sync, centre);
  return resumeAt(sync, centre);
}

async function resumeAt(sync: Sync, centre: Centre): Promise<Resumed> {
  const { store, cursor, world } = sync;
  const before = cursor.state().seq;
  const resumed = await resume(store, cursor, centre, (grown) => {
    world.logger.warn('centre.epoch_grown', { ...grown });
  });
  if (resumed.after < before) {
    world.logger.warn('centre.resend', { after: resumed.after, had: before, last: formatId(resumed.last) });
  }
  return resumed;
}

/** In mid-session nobody but us may have moved the stream to a greater epoch: then another box is at work. */
async function refuseCompetingWriter(sync: Sync, centre: Centre): Promise<void> {
  const { id } = await centre.last();
  if (id.epoch <= sync.store.epoch()) return;
  sync.competingWriter = id;
  throw siteIdConflict();
}

/** After standing back: still another's turn when the stream has moved on meanwhile. */
async function backOffFromWriter(sync: Sync, centre: Centre): Promise<void> {
  if (!sync.competingWriter) return;
  const { id } = await centre.last();
  const moved = formatId(id) !== formatId(sync.competingWriter);
  sync.competingWriter = moved ? id : undefined;
  if (moved) throw siteIdConflict();
}

function siteIdConflict(): CentreFault {
  return new CentreFault(
    'SITE_ID_CONFLICT',
    "two boxes use one site id: another one writes to this site's stream; nothing is lost, this box keeps its readings",
    'give each box its own site id, or switch the other one off',
    'slow',
  );
}
