/**
 * Writes the log to InfluxDB 2 behind its own cursor, woken by commits (write-loop.ts). The cursor moves only over records that
 * are delivered or in quarantine, so whatever happens here or there, the worst is to write a record twice, over itself.
 */

import type { InfluxConfig } from '../../config/schema.ts';
import { createDurations, type DurationCounts, type Durations } from '../../model/durations.ts';
import { createHealth } from '../../model/health.ts';
import { toLines } from '../../model/line-protocol.ts';
import type { LogRecord } from '../../model/record.ts';
import { tell } from '../../model/said.ts';
import type { InfluxStatus } from '../../model/status.ts';
import { AS_WRITTEN, type Dating } from '../../model/time.ts';
import type { Tracer } from '../../model/trace.ts';
import { createWakeup } from '../../model/wakeup.ts';
import type { Clock, Part, World } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';
import { connectInflux, type InfluxClient, type Unusable } from './client.ts';
import { createDelivery } from './delivery.ts';
import { createDeliveryContext, SINK } from './delivery-context.ts';
import { createDeliveryQueues, type Entry } from './delivery-queues.ts';
import { createFieldTypes, type FieldTypes } from './field-types.ts';
import { fluxApi } from './flux-query.ts';
import { createLateHours, type LateHours } from './late-hours.ts';
import { targetOf } from './outcome.ts';
import { createProvisioner } from './provisioner.ts';
import { createReplayQueue, type Replayed } from './replay-queue.ts';
import { createRewriter } from './rewrite.ts';
import { createSpotCheck, type SpotCheck } from './spot-check.ts';
import { type InfluxUpkeep, NO_UPKEEP, upkeepOf } from './upkeep.ts';
import {
  createWriterContext,
  noteAppended,
  noteAsked,
  runWriteLoop,
  type WriterContext,
  type WriterParts,
} from './write-loop.ts';
import { statusOf } from './writer-status.ts';

const DAY_MS = 86_400_000;

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
  /** Where frames are traced. */
  readonly tracer?: Tracer | undefined;
  /** Makes the connection; the official client unless a test says otherwise. */
  readonly connect?: (config: InfluxConfig, clock: Clock) => Promise<InfluxClient | Unusable>;
}

export interface InfluxWriter extends Part {
  status(): InfluxStatus;
  /** From sending a request to its answer. */
  requestTimes(): DurationCounts;
  readonly upkeep: InfluxUpkeep;
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
  const told = tell('influx.off');
  const { get } = createHealth(world, 'influx', 'not_configured', told);
  const counts = { accepted: 0, delivered: 0, pending: 0, quarantined: 0, expired: 0 };
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    status: () => ({ ...get(), ...counts }),
    requestTimes: createDurations().counts,
    wake: () => undefined,
    upkeep: NO_UPKEEP,
    replay: () => Promise.resolve({ delivered: [], refused: [], stopped: told.detail }),
  };
}

function writer(options: InfluxWriterOptions): InfluxWriter {
  const { log } = options.store;
  const context: Context = makeContext(options, () => context);
  let running: Promise<void> | undefined;
  let unsubscribe: (() => void) | undefined;
  return {
    start() {
      if (running || context.wakeup.stopped()) return Promise.resolve();
      unsubscribe = log.onAppend(() => noteAppended(context));
      running = runWriteLoop(context);
      context.lateHours.start();
      return Promise.resolve();
    },
    async stop() {
      context.wakeup.stop();
      context.provisioner.stop();
      context.lateHours.stop();
      context.spotCheck.stop();
      unsubscribe?.();
      await running;
      context.fieldTypes.save(true);
      context.rewriter.save();
      context.spotCheck.save();
      context.replays.refuse('the writer has stopped');
      context.client?.close();
    },
    status: () => statusOf(context, options.store),
    requestTimes: context.took.counts,
    wake: () => noteAsked(context),
    upkeep: upkeepOf(context),
    replay: (records) => replay(context, running !== undefined, records),
  };
}

interface Context extends WriterContext {
  readonly spotCheck: SpotCheck;
  readonly lateHours: LateHours;
  readonly took: Durations;
}

/** What the writer is made of; `context` gives, once it runs, what it has come to. */
function makeContext(options: InfluxWriterOptions, context: () => Context): Context {
  const { store, config, world, dating = AS_WRITTEN, connect = connectInflux } = options;
  const { log } = store;
  const { holdFrom } = dating;
  const cursor = store.cursor(SINK);
  const target = targetOf(config);
  const { server } = target;
  const health = createHealth(world, 'influx', 'connecting', tell('influx.notAsked', { server }));
  const wakeup = createWakeup(world.clock);
  const { measurement } = config;
  const fieldTypes = createFieldTypes({ notes: store.notes, measurement, world });
  const toEntries = (records: readonly LogRecord[]) => entriesOf(records, options, dating, fieldTypes);
  const provisioner = createProvisioner(config, world, () => {
    context().resumeMs = 0;
    wakeup.wake();
  });
  const api = () => fluxApi(context().client, wakeup.signal);
  const { notes } = store;
  const took = createDurations();
  const spotCheck = createSpotCheck({ config, notes, world, firstSeq: log.firstSeq, api });
  const { isComplete: isProvisioned } = provisioner;
  const lateHours = createLateHours({ config, notes, world, api, isProvisioned });
  const known = createDeliveryContext({
    ...{ log, quarantine: store.quarantine, world, health, toEntries, fieldTypes, holdFrom },
    tracer: options.tracer,
    target,
    batchRecords: config.batchMaxRecords,
    retentionMs: config.retentionDays * DAY_MS,
    async send(lines) {
      const startMs = world.clock.monotonicMs();
      const answer = await context().client?.write(lines, wakeup.signal);
      took.note((world.clock.monotonicMs() - startMs) / 1_000);
      return answer ?? { failure: 'aborted' };
    },
    makeMissing: provisioner.lookNow,
    onDelivered(entries, again) {
      lateHours.noteDelivered(entries);
      if (!again) spotCheck.noteDelivered(entries);
    },
    onWorking: spotCheck.noteWorking,
  });
  const rewriter = createRewriter({
    ...{ delivery: known, notes, dating, batchBytes: config.batchMaxBytes },
    // What was missing is there now, or has to be told again.
    onEnd: () => void (spotCheck.status()?.state === 'missing' && spotCheck.look()),
  });
  const parts: WriterParts = {
    ...{ config, world, log, holdFrom, connect, health, wakeup, fieldTypes, provisioner, rewriter },
    delivery: createDelivery(known),
    replays: createReplayQueue(),
    newQueues: () =>
      createDeliveryQueues({ log, cursor, batchBytes: config.batchMaxBytes, toEntries, holdFrom }),
  };
  return Object.assign(createWriterContext(parts), { spotCheck, lateHours, took });
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
