/**
 * Writes the log to InfluxDB 2 behind its own cursor: woken by commits, one request at a time, fresh readings before a
 * backlog, and never more than its share of the processor while readings come in. The cursor moves only over records that
 * are delivered or in quarantine, so whatever happens here or there, the worst is to write a record twice, over itself.
 */

import { setImmediate as otherEvents } from 'node:timers/promises';
import type { InfluxConfig } from '../../config/schema.ts';
import { backoffMs } from '../../model/backoff.ts';
import { createHealth } from '../../model/health.ts';
import type { LogRecord } from '../../model/record.ts';
import type { PartStatus, SinkStatus } from '../../model/status.ts';
import { AS_WRITTEN, type Dating } from '../../model/time.ts';
import { createWakeup } from '../../model/wakeup.ts';
import type { Clock, Part, World } from '../../model/world.ts';
import type { QuarantineUse, Store } from '../../store/contract.ts';
import { connectInflux, type InfluxClient, type Unusable } from './client.ts';
import { createDelivery, type Sent } from './delivery.ts';
import { RETRY, SINK } from './delivery-context.ts';
import { createDeliveryQueues, type Entry, type QueueName } from './delivery-queues.ts';
import { toLines } from './line-protocol.ts';
import type { Answer } from './outcome.ts';
import { createProvisioner } from './provisioner.ts';
import { createReplayQueue, type Replayed } from './replay-queue.ts';

/** A record that waits longer than this in the foremost lane gets a lane of its own. */
const LATE_MS = 5_000;
/** So many full batches waiting are a backlog. */
const BACKLOG_BATCHES = 2;
/** Readings are coming in while the newest commit is younger than this. */
const LIVELY_MS = 10_000;
const DAY_MS = 86_400_000;
/** Largest part of the processor's time the drain of a backlog may take while readings come in. */
const BACKLOG_SHARE = 0.5;
/** Pause after settings no request can be made with. */
const UNUSABLE_MS = 60_000;

const HELD = 'readings wait until the time is right; the log keeps them';

export interface InfluxWriterOptions {
  readonly store: Pick<Store, 'log' | 'cursor' | 'quarantine'>;
  readonly config: InfluxConfig;
  /** The site's id, value of the tag `site`. */
  readonly site: string;
  readonly world: World;
  /** Name for the tag `name`; '' leaves it out. */
  readonly deviceName: (devEui: string) => string;
  /** The times of records; as written unless given. */
  readonly dating?: Dating;
  /** Makes the connection; the official client unless a test says otherwise. */
  readonly connect?: (config: InfluxConfig, clock: Clock) => Promise<InfluxClient | Unusable>;
}

export interface InfluxWriter extends Part {
  status(): SinkStatus;
  /** Looks at the cursor again, after it was rewound. */
  wake(): void;
  /** Writes records out of turn, in the writer's one line of requests; never waits for an InfluxDB that is away. */
  replay(records: readonly LogRecord[]): Promise<Replayed>;
}

/** The writer; does nothing until started, and nothing at all without a url. */
export function createInfluxWriter(options: InfluxWriterOptions): InfluxWriter {
  return options.config.url === undefined ? notConfigured(options.world) : writer(options);
}

function notConfigured(world: World): InfluxWriter {
  const detail = 'InfluxDB: not configured; the log keeps everything';
  const { get } = createHealth(world, 'influx', 'not_configured', detail);
  const counts = { accepted: 0, delivered: 0, pending: 0, quarantined: 0, expired: 0 };
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    status: () => ({ ...get(), ...counts }),
    wake: () => undefined,
    replay: () => Promise.resolve({ delivered: [], refused: [], stopped: detail }),
  };
}

function writer(options: InfluxWriterOptions) {
  const { store, config, site, world, deviceName, dating = AS_WRITTEN, connect = connectInflux } = options;
  const { holdFrom } = dating;
  const { clock } = world;
  const { log } = store;
  const cursor = store.cursor(SINK);
  const server = serverName(config.url ?? '');
  const health = createHealth(world, 'influx', 'connecting', `InfluxDB at ${server} has not been asked yet`);
  const wakeup = createWakeup(clock);
  const toEntry = (record: LogRecord) => entryOf(record, site, config.measurement, deviceName, dating);
  const newLanes = () =>
    createDeliveryQueues({ log, cursor, batchBytes: config.batchMaxBytes, toEntry, holdFrom });
  const delivery = createDelivery({
    log,
    quarantine: store.quarantine,
    world,
    health,
    target: { server, org: config.org, bucket: config.bucket },
    batchRecords: config.batchMaxRecords,
    retentionMs: config.retentionDays * DAY_MS,
    toEntry,
    holdFrom,
    send,
    makeMissing: () => provisioner.lookNow(),
  });

  let lanes = newLanes();
  let client: InfluxClient | undefined;
  let running: Promise<void> | undefined;
  let checked = false;
  let lastLane: QueueName = 'backlog';
  let troubles = 0;
  /** Monotonic: nothing is sent before; the oldest record not yet taken came; the newest commit came. */
  let resumeMs = 0;
  let freshSinceMs = Number.NEGATIVE_INFINITY;
  let lastAppendMs = Number.NEGATIVE_INFINITY;
  /** A record of the foremost lane and when it was first seen there: how late that lane is. */
  let mark: { readonly seq: number; readonly atMs: number } | undefined;
  /** Since the present rest began: records came; somebody wants us to look. */
  let hasAppended = false;
  let isAsked = false;

  const replays = createReplayQueue();
  const provisioner = createProvisioner(config, world, () => {
    resumeMs = 0;
    wakeup.wake();
  });

  async function send(lines: string): Promise<Answer> {
    if (!client) return { failure: 'aborted' };
    return client.write(lines, wakeup.signal);
  }

  /** Waits `ms`, less if somebody wants us to look or, after records came, when they are `enough`. */
  function rest(ms: number, enough: () => boolean): Promise<void> {
    hasAppended = false;
    isAsked = false;
    return wakeup.until(ms, () => isAsked || (hasAppended && enough()));
  }

  function look(): void {
    isAsked = true;
    wakeup.wake();
  }

  function appended(): void {
    const nowMs = clock.monotonicMs();
    lastAppendMs = nowMs;
    if (freshSinceMs === Number.POSITIVE_INFINITY) freshSinceMs = nowMs;
    hasAppended = true;
    wakeup.wake();
  }

  const foremost = (): QueueName => (lanes.isLive() ? 'live' : 'backlog');

  /** In how many milliseconds the lane should have its turn; Infinity when it has nothing. */
  function readyInMs(lane: QueueName): number {
    const waiting = lanes.waiting(lane);
    if (waiting === 0) return Number.POSITIVE_INFINITY;
    if (lane !== foremost() || waiting >= delivery.limit() || lanes.hasWork(lane)) return 0;
    // Infinity: nothing came lately, so these are older records, as after a rewind.
    if (freshSinceMs === Number.POSITIVE_INFINITY) return 0;
    return Math.max(0, config.batchMaxAgeMs - (clock.monotonicMs() - freshSinceMs));
  }

  async function step(): Promise<void> {
    lanes.follow();
    const gateMs = resumeMs - clock.monotonicMs();
    if (gateMs > 0) {
      replays.refuse(health.get().detail);
      return wakeup.until(gateMs, () => resumeMs <= clock.monotonicMs());
    }
    client ??= await open();
    if (!client) return;
    if (replays.waiting()) {
      const pauseMs = await replays.next(delivery.replay);
      resumeMs = clock.monotonicMs() + pauseMs;
      if (pauseMs > 0) return;
    }
    const live = readyInMs('live');
    const backlog = readyInMs('backlog');
    if (live > 0 && backlog > 0) return replays.waiting() ? undefined : idle(Math.min(live, backlog));
    lastLane = live === 0 && (backlog > 0 || lastLane === 'backlog') ? 'live' : 'backlog';
    const lane = lastLane;
    if (lane === foremost()) freshSinceMs = Number.POSITIVE_INFINITY;
    const sent = await delivery.sendNext(lanes, lane);
    if (lanes.waiting(foremost()) > 0) freshSinceMs = Math.min(freshSinceMs, clock.monotonicMs());
    if (!sent) return rest(config.batchMaxAgeMs, () => true);
    checked = true;
    resumeMs = clock.monotonicMs() + sent.pauseMs;
    if (sent.pauseMs === 0) watchLateness();
    await giveWay(lane, sent);
  }

  /** Nothing to send: the first time, find out whether it could be sent; then sleep until there is something. */
  async function idle(ms: number): Promise<void> {
    if (!checked && ms === Number.POSITIVE_INFINITY) {
      const pauseMs = await delivery.check();
      checked = pauseMs === 0;
      resumeMs = clock.monotonicMs() + pauseMs;
      return;
    }
    const isFull = () => lanes.waiting(foremost()) >= delivery.limit();
    await rest(ms, () => ms === Number.POSITIVE_INFINITY || isFull());
  }

  async function open(): Promise<InfluxClient | undefined> {
    const made = await connect(config, clock);
    if (!('unusable' in made)) {
      provisioner.start(made);
      return made;
    }
    health.set('down', made.unusable, 'Correct it in the settings; the log keeps everything.');
    resumeMs = clock.monotonicMs() + UNUSABLE_MS;
    return undefined;
  }

  /** InfluxDB takes records, yet the foremost lane is late or long: fresh records shall not wait behind it. */
  function watchLateness(): void {
    if (health.get().state !== 'ok') return;
    const nowMs = clock.monotonicMs();
    const front = lanes.settledSeq();
    const lastSeq = Math.min(log.lastSeq(), holdFrom() - 1);
    if (front >= lastSeq) {
      mark = undefined;
      return;
    }
    const late = mark !== undefined && front < mark.seq && nowMs - mark.atMs > LATE_MS;
    if (late || lastSeq - front > BACKLOG_BATCHES * config.batchMaxRecords) {
      lanes.openLive();
      mark = undefined;
    } else if (!mark || front >= mark.seq) {
      mark = { seq: lastSeq, atMs: nowMs };
    }
  }

  /** Lets other work run; while readings come in, the drain of a backlog rests in proportion to what it took. */
  async function giveWay(lane: QueueName, { busyMs, waitedMs }: Sent): Promise<void> {
    const lively = clock.monotonicMs() - lastAppendMs < LIVELY_MS;
    const restMs = busyMs * (1 / BACKLOG_SHARE - 1) - waitedMs;
    if (lane === 'backlog' && lively && restMs >= 1) await wakeup.sleep(restMs);
    else await otherEvents();
  }

  async function run(): Promise<void> {
    while (!wakeup.stopped()) {
      try {
        await step();
        troubles = 0;
      } catch (error) {
        // The store refused (full disk, I/O error). What was in hand is read again from the cursor.
        health.set('degraded', 'The store cannot be read or written; see its own state', 'Free disk space.');
        world.logger.error('influx.store_failed', { error: error instanceof Error ? error.message : '' });
        lanes = newLanes();
        resumeMs = clock.monotonicMs() + backoffMs(troubles, RETRY, world.random);
        troubles += 1;
      }
    }
  }

  let unsubscribe: (() => void) | undefined;
  return {
    start() {
      if (running || wakeup.stopped()) return Promise.resolve();
      unsubscribe = log.onAppend(appended);
      running = run();
      return Promise.resolve();
    },
    async stop() {
      wakeup.stop();
      provisioner.stop();
      unsubscribe?.();
      await running;
      replays.refuse('the writer has stopped');
      client?.close();
    },
    status() {
      const { accepted, delivered, pending, quarantined, expired, seq } = lanes.state();
      const oldestPendingMs = pending > 0 ? log.timeAfter(seq) : undefined;
      const counts = { accepted, delivered, pending, quarantined, expired };
      const part = withFullQuarantine(health.get(), store.quarantine.use());
      const words = `catching up: ${pending} records behind; fresh ones go first`;
      const isHeld = holdFrom() <= accepted && part.state === 'ok';
      const detail = isHeld ? HELD : part.state === 'ok' && lanes.isLive() ? words : part.detail;
      const hint = withProvisionHint(part, provisioner.hint(part.state === 'down'));
      const oldest = oldestPendingMs === undefined ? {} : { oldestPendingMs };
      return { ...part, ...(hint === undefined ? {} : { hint }), detail, ...counts, ...oldest };
    },
    wake: look,
    replay(records) {
      const idle = !running || wakeup.stopped();
      if (idle || resumeMs > clock.monotonicMs()) {
        const stopped = idle ? 'the writer does not run' : health.get().detail;
        return Promise.resolve({ delivered: [], refused: [], stopped });
      }
      const result = replays.add(records);
      look();
      return result;
    },
  } satisfies InfluxWriter;
}

function entryOf(
  record: LogRecord,
  site: string,
  measurement: string,
  deviceName: (devEui: string) => string,
  dating: Dating,
): Entry {
  const name = record.device === null ? '' : deviceName(record.device);
  try {
    const { timeMs, quality } = dating.timeOf(record);
    return { record, timeMs, lines: toLines({ ...record, timeMs }, site, name, measurement, quality) };
  } catch {
    return { record, lines: '', fault: 'the stored body is not what its kind promises' };
  }
}

/** What to make in InfluxDB by hand matters while it works, and while it has been refusing us for good. */
function withProvisionHint({ state, hint }: PartStatus, byHand: string | undefined): string | undefined {
  if (byHand === undefined || (state !== 'ok' && state !== 'down')) return hint;
  return hint === undefined ? byHand : `${hint}\n${byHand}`;
}

/** What works, but gives up what should have been kept, is not well. */
function withFullQuarantine(part: PartStatus, { full, records, bytes }: QuarantineUse): PartStatus {
  if (!full || part.state !== 'ok') return part;
  const size = `${records} records, ${(bytes / 1e6).toFixed(1)} MB`;
  return {
    ...part,
    state: 'degraded',
    detail: `the quarantine is full (${size}): what InfluxDB refuses from now on is given up and counts as expired`,
    hint: 'See why with webscada-edge quarantine list, then retype, retry or drop the records.',
  };
}

/** Host and port for the operator's eyes; never the credentials a URL may carry. */
function serverName(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the configured address';
}
