/**
 * Store-and-forward to the centre: reads the log behind the cursor 'centre' and appends to the site's Redis Stream.
 * One connection, one batch in flight. After every break the stream itself says where to go on (resume.ts), so a lost
 * answer, a fail-over or a restored store neither loses nor doubles a record.
 */
import type { CentreConfig } from '../../config/schema.ts';
import { backoffMs } from '../../model/backoff.ts';
import { createHealth, type Health } from '../../model/health.ts';
import type { Line } from '../../model/line.ts';
import { type Told, tell, tellAll } from '../../model/said.ts';
import type { SinkStatus } from '../../model/status.ts';
import type { Tracer } from '../../model/trace.ts';
import { createWakeup, type Wakeup } from '../../model/wakeup.ts';
import type { Part, World } from '../../model/world.ts';
import type { Cursor, Store } from '../../store/contract.ts';
import { type EntryId, formatId } from '../entry.ts';
import { siteKeys, sitesKey } from '../keys.ts';
import { type Batch, sendBatch, sendBehind } from './batches.ts';
import { type BesideLog, createBesideLog } from './beside-log.ts';
import type { Progress } from './catching-up.ts';
import type { Centre } from './centre.ts';
import { COLLECTED, type Collected, createCollected } from './collected.ts';
import { CentreFault, faultOfReply, isUsualEnd } from './fault.ts';
import { LIMITS, type SyncLimits } from './limits.ts';
import { createLineMeter, type LineMeter } from './line-meter.ts';
import { moveOldNames } from './old-names.ts';
import { overLine } from './over-line.ts';
import { type BatchShare, larger, smaller } from './pacing.ts';
import { createRedisCentre } from './redis-centre.ts';
import type { Client } from './redis-client.ts';
import { type Grown, otherBoxes, type Resumed, resume, type SyncStore, siteIdConflict } from './resume.ts';
import { type BoxState, createReporter, type Reporter } from './site-report.ts';

export interface CentralSyncOptions {
  readonly store: SyncStore & Pick<Store, 'cursor' | 'notes'>;
  readonly config: CentreConfig;
  /** The site's id, part of its keys at the centre. */
  readonly site: string;
  readonly world: World;
  /** That a rehearsal may cut. */
  readonly line?: Line;
  /** IANA name of the site's time zone, for windows and days of the line's budget. UTC without. */
  readonly timeZone?: string;
  /** Where frames are traced. */
  readonly tracer?: Tracer | undefined;
  /** How the box is, for the centre's list of sites. Without it: ok. */
  readonly box?: () => BoxState;
  /** Other limits than the usual ones, for tests. */
  readonly limits?: Partial<SyncLimits & { readonly maxDelayMs: number }>;
}

export interface CentralSync extends Part {
  status(): SinkStatus;
  readonly answerTimes: LineMeter['answerTimes'];
}

/** Everything one sync shares between its steps. */
interface Sync extends Omit<CentralSyncOptions, 'limits'> {
  readonly limits: SyncLimits;
  /** How long a live record may wait for company, milliseconds. */
  readonly maxDelayMs: number;
  readonly cursor: Cursor;
  readonly health: Health;
  readonly wakeup: Wakeup;
  readonly meter: LineMeter;
  readonly besideLog: (client: Client) => BesideLog;
  readonly collected: Collected | undefined;
  /** The connection is open. */
  isOnline: boolean;
  /** What keeps it from the centre does not go away by itself. */
  needsAction: boolean;
  /** Records were appended since we last looked. */
  hasAppended: boolean;
  share: BatchShare;
  /** The last batch was answered soon: on a thin line two would only be in one another's way. */
  isQuick: boolean;
  /** Attempts since something last worked. */
  attempts: number;
  /** Batches in a row that found the stream elsewhere. */
  surprises: number;
  /** The stream's last ID when we last stood back for another box. */
  competingWriter: EntryId | undefined;
}

const MAX_SURPRISES = 5;

/** Whether there is a centre at all. */
export function isConfigured({ url, sentinels, clusterNodes }: CentreConfig): boolean {
  return url !== undefined || sentinels !== undefined || clusterNodes !== undefined;
}

/** Forwards the log to the centre once started; without a centre in the settings it only says so. */
export function createCentralSync(options: CentralSyncOptions): CentralSync {
  const { store, config, world } = options;
  const limits = { ...LIMITS, ...options.limits };
  const cursor = store.cursor('centre');
  const collected = collectedOf(options, limits, cursor);
  const sync: Sync = {
    ...options,
    limits,
    maxDelayMs: options.limits?.maxDelayMs ?? config.maxDelaySeconds * 1_000,
    cursor,
    health: isConfigured(config)
      ? createHealth(world, 'centre', 'connecting', tell('centre.notYet'))
      : createHealth(world, 'centre', 'not_configured', tell('centre.off')),
    wakeup: createWakeup(world.clock),
    meter: createLineMeter({
      ...{ config, clock: world.clock, notes: store.notes },
      timeZone: options.timeZone ?? 'UTC',
    }),
    besideLog: createBesideLog({ ...options, cursor, limits, collected }),
    collected,
    isOnline: false,
    hasAppended: false,
    share: { records: config.batchMaxRecords, bytes: limits.batchMaxBytes },
    isQuick: false,
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
      sync.meter.save();
    },
    status: () => statusOf(sync),
    answerTimes: sync.meter.answerTimes,
  };
}

/** Where the settings want records held until the centre has stored them. */
function collectedOf(
  { store, config, site, world }: CentralSyncOptions,
  { watermarkMs: everyMs }: SyncLimits,
  sent: Cursor,
): Collected | undefined {
  if (config.forget !== 'collected' || !isConfigured(config)) return undefined;
  const keys = siteKeys(config.streamPrefix, site);
  return createCollected({ store, sent, stored: store.cursor(COLLECTED), keys, clock: world.clock, everyMs });
}

function statusOf(sync: Sync): SinkStatus {
  const { health, store, cursor, needsAction, collected } = sync;
  const { seq, accepted, delivered, pending, quarantined, expired } = cursor.state();
  const oldestPendingMs = pending > 0 ? store.log.timeAfter(seq) : undefined;
  const oldest = oldestPendingMs === undefined ? {} : { oldestPendingMs };
  const trouble = needsAction && health.get().state === 'down' ? { needsAction } : {};
  const counts = { accepted, delivered, pending, quarantined, expired };
  const now = health.get();
  const outlook = outlookOf(sync, counts) ?? now;
  const held = collected?.told();
  const told = held === undefined ? outlook : tellAll([outlook, held]);
  return { ...now, ...told, ...counts, ...oldest, ...trouble };
}

/** Of a backlog that is being delivered: why it waits, or when it will be done. */
function outlookOf({ health, meter, config }: Sync, counts: Omit<Progress, 'monotonicMs'>): Told | undefined {
  if (!isOk(health) || counts.pending === 0) return undefined;
  const waiting = meter.waiting();
  if (waiting !== undefined) return waiting;
  meter.note(counts);
  const outlook = counts.pending > config.batchMaxRecords ? meter.outlook(counts) : undefined;
  return outlook === undefined ? undefined : tellAll([health.get(), outlook]);
}

const isOk = (health: Health): boolean => health.get().state === 'ok';

function failed(sync: Sync, { told, code, patience }: CentreFault): void {
  sync.needsAction = patience === 'slow';
  sync.health.set('down', told, code);
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

/** A live record waits a little for company, until a batch is full or the line ends. An event does not wait so long. */
async function gather(sync: Sync, beside: BesideLog): Promise<void> {
  const { wakeup, cursor, config, maxDelayMs, limits, world, meter } = sync;
  const isOver = () => !sync.isOnline || cursor.state().pending >= config.batchMaxRecords;
  const endMs = world.clock.monotonicMs() + maxDelayMs;
  for (let restMs = maxDelayMs; restMs > 0 && !isOver(); restMs = endMs - world.clock.monotonicMs()) {
    await wakeup.until(Math.min(restMs, limits.eventsDelayMs), isOver);
    if (wakeup.stopped()) return;
    if (restMs <= limits.eventsDelayMs || isOver()) continue;
    await beside.sendEvents(sync.share);
    if (!meter.hold()) await beside.turn(meter.fit(sync.share));
  }
}

/** Sessions one after the other, with a pause between them, until stopped. */
async function run(sync: Sync): Promise<void> {
  const { wakeup, limits, world, health } = sync;
  while (!wakeup.stopped()) {
    const fault = await session(sync);
    if (wakeup.stopped()) return;
    // A line that worked and then ended is opened again once before it is called down: Redis closes idle ones (`timeout`).
    if (!(sync.attempts === 0 && health.get().state === 'ok' && isUsualEnd(fault))) failed(sync, fault);
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
    if (health.get().state === 'connecting') health.set('connecting', tell('centre.connecting'));
    client = await overLine(sync.line)(config, limits, sync.attempts, wakeup.signal, sync.world.clock);
    sync.isOnline = true;
    sync.meter.begin(client.bytes);
    client.onEnd(() => {
      if (over) return;
      sync.isOnline = false;
      wakeup.wake();
    });
    await useTodaysNames(sync, client);
    const centre = createRedisCentre(client, site, config, limits);
    const reporter = reporterOf(sync, client);
    await forward(sync, centre, reporter, sync.besideLog(client)).catch(reporter.standBack);
    return client.reason();
  } catch (error) {
    return error instanceof CentreFault ? error : ownFault(sync, error);
  } finally {
    over = true;
    client?.close();
  }
}

async function useTodaysNames({ store, site, config, world, cursor }: Sync, client: Client): Promise<void> {
  const hasDelivered = cursor.state().delivered > 0;
  const names = { client, prefix: config.streamPrefix, site, store, hasDelivered };
  if (await moveOldNames(names)) world.logger.info('centre.stream_renamed', { site });
}

function reporterOf({ store, site, config, world, cursor, box }: Sync, client: Client): Reporter {
  return createReporter({
    client,
    prefix: config.streamPrefix,
    site,
    store,
    cursor,
    box: box ?? (() => ({ version: '', health: 'ok' })),
    nowMs: world.clock.nowMs,
    onRefused: ({ code }) =>
      world.logger.warn('centre.report_refused', {
        code,
        hint: `allow this site's user the key ${sitesKey(config.streamPrefix)}, or the centre's list of sites lacks it`,
      }),
  });
}

/** What is neither the line nor the centre: the store refused, or a mistake of ours. */
function ownFault(sync: Sync, error: unknown): CentreFault {
  const detail = error instanceof Error ? error.message : String(error);
  sync.world.logger.error('centre.internal', { detail });
  return new CentreFault('INTERNAL', tell('centre.internal', { error: detail }));
}

/** Resumes and then delivers until the line ends (returns or throws) or the part is stopped (returns). */
async function forward(sync: Sync, centre: Centre, reporter: Reporter, beside: BesideLog): Promise<void> {
  const { cursor, limits, health, world } = sync;
  await backOffFromWriter(sync, centre);
  await beside.begin((grown) => tellGrown(sync, grown));
  let place = await resumeAt(sync, centre);
  world.logger.debug('centre.connected', { last: formatId(place.last), after: place.after });
  let ahead: Batch | undefined;
  while (isUsable(sync)) {
    await reporter.tell();
    await beside.sendEvents(sync.share);
    if (await isHeld(sync)) continue;
    const share = sync.meter.fit(sync.share);
    await beside.turn(share);
    const ways = { centre, beside };
    const from = { last: place.last, after: cursor.state().seq };
    const batch = ahead ?? (await sendBatch(sync, ways, from, share));
    if (!batch) {
      sync.attempts = 0;
      health.set('ok', tell('centre.everything'));
      if (await appendedWithin(sync, limits.checkMs)) {
        await gather(sync, beside);
      } else if (isUsable(sync)) {
        await refuseCompetingWriter(sync, centre);
        place = await resumeAt(sync, centre);
      }
      continue;
    }
    ahead = await sendBehind(sync, ways, batch, share);
    const landed = await settle(sync, batch);
    if (!landed) {
      // Its answer comes first: it lands nowhere, and what follows asks where the stream is.
      await ahead?.answer;
      ahead = undefined;
      await refuseCompetingWriter(sync, centre);
    }
    place = landed ?? (await resumeAt(sync, centre));
  }
}

/** Waits while the line's budget lets nothing go, not longer than until something is appended or is to be told. */
async function isHeld(sync: Sync): Promise<boolean> {
  const { cursor, meter, health, limits, wakeup } = sync;
  const counts = cursor.state();
  if (counts.pending === 0) return false;
  meter.note(counts);
  const hold = meter.hold();
  if (!hold) return false;
  sync.attempts = 0;
  health.set('ok', tell(hold.why === 'rate' ? 'centre.deliveringSlowly' : 'centre.waits'));
  sync.hasAppended = false;
  await wakeup.until(Math.min(hold.ms, limits.checkMs), () => sync.hasAppended || !sync.isOnline);
  return true;
}

/** Waits for the batch's answer. undefined when the stream was not where we thought; rejects when the centre refuses. */
async function settle(sync: Sync, { records, answer, sentMs, isAhead }: Batch): Promise<Resumed | undefined> {
  const { cursor, config, limits, health } = sync;
  const appended = await answer.catch((error: unknown) => {
    // Perhaps the line is too thin for a batch of this size.
    sync.share = smaller(sync.share);
    sync.isQuick = false;
    throw error;
  });
  sync.isQuick = sync.meter.answered(sentMs) <= limits.quickMs;
  const reached = records[appended.landed - 1]?.seq;
  if (reached !== undefined) {
    // The store may have dropped records meanwhile and moved the cursor past them.
    if (reached > cursor.state().seq) cursor.advance(reached);
    sync.share = larger(sync.share, { records: config.batchMaxRecords, bytes: limits.batchMaxBytes });
    sync.attempts = 0;
    sync.surprises = 0;
    health.set('ok', tell('centre.delivering'));
  }
  if (appended.refusal) throw faultOfReply(appended.refusal);
  if (appended.asExpected) return { last: appended.last, after: reached ?? cursor.state().seq };
  // Without this bound, a centre that moves its stream each time would keep us busy for nothing.
  if (!isAhead) sync.surprises += 1;
  if (sync.surprises > MAX_SURPRISES) throw otherBoxes();
  return undefined;
}

function tellGrown({ world }: Sync, grown: Grown): void {
  world.logger.warn('centre.epoch_grown', { ...grown });
}

async function resumeAt(sync: Sync, centre: Centre): Promise<Resumed> {
  const { store, cursor, world } = sync;
  const before = cursor.state().seq;
  const resumed = await resume(store, cursor, centre, (grown) => tellGrown(sync, grown));
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
