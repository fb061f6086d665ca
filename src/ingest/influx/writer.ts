/**
 * Writes the log to InfluxDB 2 behind its own cursor, woken by commits (write-loop.ts). The cursor moves only over records that
 * are delivered or in quarantine, so whatever happens here or there, the worst is to write a record twice, over itself.
 */

import type { InfluxConfig } from '../../config/schema.ts';
import { createHealth } from '../../model/health.ts';
import type { LogRecord } from '../../model/record.ts';
import type { PartStatus, SinkStatus } from '../../model/status.ts';
import { AS_WRITTEN, type Dating } from '../../model/time.ts';
import { createWakeup } from '../../model/wakeup.ts';
import type { Clock, Part, World } from '../../model/world.ts';
import type { QuarantineUse, Store } from '../../store/contract.ts';
import { connectInflux, type InfluxClient, type Unusable } from './client.ts';
import { createDelivery } from './delivery.ts';
import { SINK } from './delivery-context.ts';
import { createDeliveryQueues, type Entry } from './delivery-queues.ts';
import { createFieldTypes, type FieldTypes } from './field-types.ts';
import { toLines } from './line-protocol.ts';
import { createProvisioner } from './provisioner.ts';
import { createReplayQueue, type Replayed } from './replay-queue.ts';
import {
  createWriterContext,
  noteAppended,
  noteAsked,
  runWriteLoop,
  type WriterContext,
  type WriterParts,
} from './write-loop.ts';

const DAY_MS = 86_400_000;

const HELD = 'readings wait until the time is right; the log keeps them';

export interface InfluxWriterOptions {
  readonly store: Pick<Store, 'log' | 'cursor' | 'quarantine' | 'notes'>;
  readonly config: InfluxConfig;
  /** The site's id, value of the tag `site`. */
  readonly site: string;
  readonly world: World;
  /** Name for the tag `name` of the record `seq`, the same whenever it is asked; '' leaves it out. */
  readonly deviceName: (devEui: string, seq: number) => string;
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

function writer(options: InfluxWriterOptions): InfluxWriter {
  const { log } = options.store;
  const context = createWriterContext(makeParts(options, () => context));
  let running: Promise<void> | undefined;
  let unsubscribe: (() => void) | undefined;
  return {
    start() {
      if (running || context.wakeup.stopped()) return Promise.resolve();
      unsubscribe = log.onAppend(() => noteAppended(context));
      running = runWriteLoop(context);
      return Promise.resolve();
    },
    async stop() {
      context.wakeup.stop();
      context.provisioner.stop();
      unsubscribe?.();
      await running;
      context.fieldTypes.save(true);
      context.replays.refuse('the writer has stopped');
      context.client?.close();
    },
    status: () => statusOf(context, options.store),
    wake: () => noteAsked(context),
    replay: (records) => replay(context, running !== undefined, records),
  };
}

/** What the writer is made of; `context` gives, once it runs, what it has come to. */
function makeParts(options: InfluxWriterOptions, context: () => WriterContext): WriterParts {
  const { store, config, world, dating = AS_WRITTEN, connect = connectInflux } = options;
  const { log } = store;
  const { holdFrom } = dating;
  const cursor = store.cursor(SINK);
  const server = serverName(config.url ?? '');
  const health = createHealth(world, 'influx', 'connecting', `InfluxDB at ${server} has not been asked yet`);
  const wakeup = createWakeup(world.clock);
  const { measurement } = config;
  const fieldTypes = createFieldTypes({ notes: store.notes, measurement, world });
  const toEntries = (records: readonly LogRecord[]) => entriesOf(records, options, dating, fieldTypes);
  const provisioner = createProvisioner(config, world, () => {
    context().resumeMs = 0;
    wakeup.wake();
  });
  const delivery = createDelivery({
    ...{ log, quarantine: store.quarantine, world, health, toEntries, fieldTypes, holdFrom },
    target: { server, org: config.org, bucket: config.bucket },
    batchRecords: config.batchMaxRecords,
    retentionMs: config.retentionDays * DAY_MS,
    send: async (lines) => (await context().client?.write(lines, wakeup.signal)) ?? { failure: 'aborted' },
    makeMissing: provisioner.lookNow,
  });
  return {
    ...{ config, world, log, holdFrom, connect, health, wakeup, delivery, fieldTypes, provisioner },
    replays: createReplayQueue(),
    newQueues: () =>
      createDeliveryQueues({ log, cursor, batchBytes: config.batchMaxBytes, toEntries, holdFrom }),
  };
}

function replay(
  context: WriterContext,
  hasStarted: boolean,
  records: readonly LogRecord[],
): Promise<Replayed> {
  const { wakeup, world, health, replays } = context;
  const runs = hasStarted && !wakeup.stopped();
  if (!runs || context.resumeMs > world.clock.monotonicMs()) {
    const stopped = runs ? health.get().detail : 'the writer does not run';
    return Promise.resolve({ delivered: [], refused: [], stopped });
  }
  const result = replays.add(records);
  noteAsked(context);
  return result;
}

function statusOf(
  { queues, health, provisioner, log, holdFrom }: WriterContext,
  { quarantine }: InfluxWriterOptions['store'],
): SinkStatus {
  const { accepted, delivered, pending, quarantined, expired, seq } = queues.state();
  const oldestPendingMs = pending > 0 ? log.timeAfter(seq) : undefined;
  const counts = { accepted, delivered, pending, quarantined, expired };
  const part = withFullQuarantine(health.get(), quarantine.use());
  const words = `catching up: ${pending} records behind; fresh ones go first`;
  const isHeld = holdFrom() <= accepted && part.state === 'ok';
  const detail = isHeld ? HELD : part.state === 'ok' && queues.isLive() ? words : part.detail;
  const hint = withProvisionHint(part, provisioner.hint(part.state === 'down'));
  const oldest = oldestPendingMs === undefined ? {} : { oldestPendingMs };
  return { ...part, ...(hint === undefined ? {} : { hint }), detail, ...counts, ...oldest };
}

/** The lines of records that travel together; made again when a number among them decided a field's type late. */
function entriesOf(
  records: readonly LogRecord[],
  options: InfluxWriterOptions,
  dating: Dating,
  fieldTypes: FieldTypes,
): Entry[] {
  fieldTypes.beginBatch();
  const render = () => records.map((record) => entryOf(record, options, dating, fieldTypes));
  const entries = render();
  return fieldTypes.isStale() ? render() : entries;
}

function entryOf(
  record: LogRecord,
  { site, config, deviceName }: InfluxWriterOptions,
  dating: Dating,
  { nameOf }: FieldTypes,
): Entry {
  const name = record.device === null ? '' : deviceName(record.device, record.seq);
  try {
    const { timeMs, quality } = dating.timeOf(record);
    const dated = { ...record, timeMs };
    return { record, timeMs, lines: toLines(dated, site, name, config.measurement, quality, nameOf) };
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
