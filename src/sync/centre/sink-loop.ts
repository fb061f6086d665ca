/**
 * One sink's life: reads all sites' streams by the sink's own consumer group, writes batch after batch, and acknowledges
 * what is durable. While the sink is away it holds the batch at hand and tries again; other sinks have loops of their own.
 */

import { backoffMs } from '../../model/backoff.ts';
import { errorText } from '../../model/error-text.ts';
import { createHealth, type Health } from '../../model/health.ts';
import { inEnglish } from '../../model/said.ts';
import type { PartStatus } from '../../model/status.ts';
import type { CarriedTracer } from '../../model/trace.ts';
import { createWakeup, type Wakeup } from '../../model/wakeup.ts';
import type { World } from '../../model/world.ts';
import { type SiteKeys, siteKeys } from '../keys.ts';
import { type Batch, type Sink, SinkFault, type SiteBatch, type Stored } from './batch.ts';
import { type Coverage, watermarkOf } from './coverage.ts';
import { createCoverageBook } from './coverage-book.ts';
import { positionText } from './fleet.ts';
import { type Gathered, gather } from './gather.ts';
import { lookBack } from './look-back.ts';
import { acknowledge, advanceWatermark, trimAgain } from './progress.ts';
import type { MostRead } from './read-entries.ts';
import type { RedisLink } from './redis-link.ts';
import type { LiveReader } from './shard-pass.ts';
import {
  answered,
  createShards,
  REDIS_RETRY,
  type Shard,
  type Shards,
  type SiteAcks,
  setBack,
  soon,
  troubleOf,
} from './shards.ts';
import { noCounts, type SinkCounts } from './sink-counts.ts';
import { isOwnFault, joinStreams, newSite, type ReaderOptions, type SiteState } from './site-reader.ts';
import { traceBatch } from './traced-batch.ts';
import { createTrimmer, type Trimmer } from './trimmer.ts';
import { createTurns } from './turns.ts';

export interface SinkLoopOptions {
  readonly sink: Sink;
  readonly redis: RedisLink;
  readonly prefix: string;
  readonly group: string;
  readonly consumer: string;
  /** What a batch may hold, about. */
  readonly most: MostRead;
  readonly pollMs: number;
  readonly claimAfterMs: number;
  readonly trim: boolean;
  readonly trimAfterMs: number;
  readonly tracer: CarriedTracer | undefined;
  readonly world: World;
}

export interface SinkLoop {
  readonly name: Sink['name'];
  readonly group: string;
  addSite(site: string): void;
  start(): void;
  stop(): Promise<void>;
  status(): PartStatus;
  readonly counts: Readonly<SinkCounts>;
}

interface Loop extends SinkLoopOptions {
  readonly sites: Map<string, SiteState>;
  readonly wakeup: Wakeup;
  /** Of who gives streams the group. */
  readonly joiner: Wakeup;
  readonly health: Health;
  readonly counts: SinkCounts;
  readonly reader: ReaderOptions;
  readonly live: LiveReader;
  readonly shards: Shards;
  readonly trimmer: Trimmer;
  /** In which life of the store it was held against what Redis was told, by site. */
  readonly lookedBack: Map<string, string>;
  /** Why the sink could not be looked after the last time, if it could not. */
  readonly trouble: { last: SinkFault | undefined };
  readonly saveCoverage: (sites: readonly SiteBatch[]) => Promise<ReadonlyMap<string, Coverage>>;
}

const MAINTAIN_MS = 3_600_000;
const JOIN_MS = 5_000;
const ATTEND_RETRY_MS = 1_000;
const STOP_MS = 4_000;
const ACK_AT_ONCE = 16;
const LOOK_BACK_AT_ONCE = 500;

export function createSinkLoop(options: SinkLoopOptions): SinkLoop {
  const { sink, redis, prefix, group, consumer, claimAfterMs, pollMs, most, world } = options;
  const isTracing = options.tracer !== undefined;
  const loop: Loop = {
    ...options,
    sites: new Map(),
    wakeup: createWakeup(world.clock),
    joiner: createWakeup(world.clock),
    health: createHealth(world, `collect.${sink.name}`, 'connecting', inEnglish('nothing was written yet')),
    counts: noCounts(),
    reader: { redis, group, consumer, claimAfterMs, pollMs, most, world, isTracing, turn: createTurns() },
    live: { seen: new Map(), isWanted: sink.name === 'postgres' },
    shards: createShards(redis),
    trimmer: createTrimmer({ redis, prefix, clock: world.clock, afterMs: options.trimAfterMs }),
    lookedBack: new Map(),
    trouble: { last: undefined },
    saveCoverage: createCoverageBook(redis, options.prefix, group),
  };
  let running: Promise<void> | undefined;
  return {
    name: sink.name,
    group,
    addSite(site) {
      if (loop.sites.has(site)) return;
      loop.sites.set(site, newSite(site, siteKeys(options.prefix, site)));
      loop.joiner.wake();
    },
    start() {
      running ??= Promise.all([run(loop), attend(loop), maintain(loop)]).then(() => {});
    },
    async stop() {
      loop.wakeup.stop();
      loop.joiner.stop();
      // A sink that does not answer is not waited for: what it was given is pending in Redis.
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => {
        cancel = world.clock.after(STOP_MS, resolve);
      });
      await Promise.race([running, late]);
      cancel();
    },
    status: () => loop.health.get(),
    counts: loop.counts,
  };
}

/**
 * Batches one after the other; while one is written the next one is read, then the one after it, so that neither the sink
 * nor Redis waits for the other, and the one before is acknowledged.
 */
async function run(loop: Loop): Promise<void> {
  const { wakeup, shards, world, tracer, sink, consumer } = loop;
  let next = readNext(loop);
  let afterNext = readBehind(loop, next);
  let settling: Promise<void>[] = [];
  while (!wakeup.stopped()) {
    const gathered = await next;
    if (wakeup.stopped()) break;
    if (gathered.batch.sites.length === 0) {
      noteIdle(loop);
      await wakeup.sleep(loop.pollMs);
      next = readNext(loop);
      afterNext = readBehind(loop, next);
      continue;
    }
    next = afterNext;
    afterNext = readBehind(loop, next);
    const storeMs = world.clock.monotonicMs();
    const stored = await storeUntilDone(loop, gathered.batch);
    if (tracer && stored) {
      const times = { ...gathered, storeMs, storedMs: world.clock.monotonicMs() };
      traceBatch(tracer, gathered.batch, { sink: sink.name, consumer }, times);
    }
    await soon(settling, shards, world);
    if (!stored) return;
    settling = settleAll(loop, gathered, stored);
  }
  await Promise.all(shards.all().map((shard) => shard.settling));
}

const CHECK_REDIS = 'check redis in the settings, the line, and that it runs';

/** Nothing to write: well, unless Redis, or the sink by whoever looks after it, could not be reached. */
function noteIdle(loop: Loop): void {
  const { health, sites, shards, trouble } = loop;
  if (trouble.last) health.set('down', inEnglish(trouble.last.message, trouble.last.hint));
  // Whether everything is written is known when the last one has answered.
  else if (!shards.all().some(({ isReading }) => isReading) || troubleOf(shards, sites.values()))
    noteWell(
      loop,
      sites.size === 0 ? 'no site has been found yet' : 'everything that is in the streams is written',
    );
}

/** The sink is well; whether all is depends on Redis. */
function noteWell({ health, sites, shards, sink }: Loop, words: string): void {
  const held = troubleOf(shards, sites.values());
  const caution = sink.caution?.();
  if (held === undefined) {
    const told = caution === undefined ? words : `${words}; ${caution.message}`;
    health.set('ok', inEnglish(told, caution?.hint));
  } else health.set('degraded', inEnglish(held, CHECK_REDIS), 'redis');
}

function readNext(loop: Loop): Promise<Gathered> {
  return gather(loop.reader, loop.sites, loop.shards, loop.live);
}

/** The batch behind `before`, if that brought anything. */
async function readBehind(loop: Loop, before: Promise<Gathered>): Promise<Gathered> {
  const gathered = await before;
  return gathered.batch.sites.length === 0 || loop.wakeup.stopped() ? gathered : readNext(loop);
}

/** What the sink did; undefined when we are stopped before it could. */
async function storeUntilDone(loop: Loop, batch: Batch): Promise<Stored | undefined> {
  const { sink, wakeup, world, counts, health } = loop;
  for (let attempt = 0; !wakeup.stopped(); attempt += 1) {
    try {
      const stored = await sink.store(batch, wakeup.signal);
      const poison = batch.sites.flatMap((each) => each.poison);
      counts.records += batch.count;
      for (const { site, records } of batch.sites)
        counts.bySite.set(site, (counts.bySite.get(site) ?? 0) + records.length);
      counts.fresh += stored.fresh;
      counts.poison += poison.length + stored.refused.length;
      counts.batches += 1;
      counts.lastStoredMs = world.clock.nowMs();
      for (const { site, id, stream, reason } of [...poison, ...stored.refused].slice(0, 10)) {
        world.logger.warn('collect.set_aside', { sink: sink.name, site, stream, id, reason });
      }
      loop.trouble.last = undefined;
      noteWell(loop, 'writing');
      return stored;
    } catch (error) {
      if (wakeup.stopped()) return undefined;
      const hint = error instanceof SinkFault ? error.hint : 'look at the log of the sink';
      health.set('down', inEnglish(errorText(error), hint));
      await wakeup.sleep(backoffMs(attempt, REDIS_RETRY, world.random));
    }
  }
  return undefined;
}

/** Begins to acknowledge and to move the watermarks, each shard's sites behind what it has to do yet. */
function settleAll(loop: Loop, { batch, acks }: Gathered, stored: Stored): Promise<void>[] {
  const groups = loop.shards.group(acks, ({ state }) => state);
  return [...groups].map(([shard, parts]) => {
    const own = new Set(parts.map(({ state }) => state.site));
    const sites = batch.sites.filter(({ site }) => own.has(site));
    shard.unsettled += 1;
    shard.settling = shard.settling
      .then(() => settleUntilDone(loop, shard, parts, stored.coverage, sites))
      .then(() => {
        shard.unsettled -= 1;
      });
    return shard.settling;
  });
}

/** What is not acknowledged in the end comes again, and is found to be there. */
async function settleUntilDone(
  loop: Loop,
  shard: Shard,
  acks: readonly SiteAcks[],
  covered: ReadonlyMap<string, Coverage> | undefined,
  sites: readonly SiteBatch[],
): Promise<void> {
  const { wakeup, world } = loop;
  while (!wakeup.stopped()) {
    try {
      const coverage = covered ?? (await loop.saveCoverage(sites));
      const parts = [...acks];
      const worker = async (): Promise<void> => {
        for (let part = parts.pop(); part; part = parts.pop()) {
          await settle(loop, part, coverage.get(part.state.site)).catch((error: unknown) => {
            // What is durable stays so; the streams are looked for anew.
            if (!isOwnFault(error)) throw error;
            part.state.streams.clear();
          });
        }
      };
      await Promise.all(Array.from({ length: ACK_AT_ONCE }, worker));
      answered(shard, 'settle');
      return;
    } catch (error) {
      await wakeup.sleep(setBack(shard, 'settle', error, world));
    }
  }
}

async function settle(loop: Loop, part: SiteAcks, coverage: Coverage | undefined): Promise<void> {
  const { keys, site } = part.state;
  await acknowledge(loop.redis, keys.log, loop.group, part.logIds);
  await acknowledge(loop.redis, keys.events, loop.group, part.eventIds);
  await acknowledge(loop.redis, keys.again, loop.group, part.againIds);
  if (loop.trim && part.againIds.length > 0) loop.counts.trimmed += await trimAgain(loop.redis, keys);
  await moveWatermark(loop, site, keys, coverage);
}

async function moveWatermark(
  loop: Loop,
  site: string,
  keys: SiteKeys,
  coverage: Coverage | undefined,
): Promise<void> {
  const mark = coverage ? watermarkOf(coverage) : undefined;
  if (!mark) return;
  // Also where it stood there before: a fail-over of Redis takes watermarks back.
  await advanceWatermark(loop.redis, keys, loop.group, mark);
  if (loop.trim) loop.trimmer.note(site, mark);
}

/** Beside the batches, by shard: streams that appear get the group, what the store came back without is seen, and streams are trimmed. */
async function attend(loop: Loop): Promise<void> {
  const { sites, shards, joiner } = loop;
  const isNew = () => [...sites.values()].some((state) => !state.isJoined && !shards.of(state).isAttended);
  while (!joiner.stopped()) {
    const tasks = [...shards.group(sites.values(), (state) => state)]
      .filter(([shard]) => !shard.isAttended)
      .map(([shard, states]) => attendShard(loop, shard, states));
    await soon(tasks, shards, loop.world);
    await joiner.until(JOIN_MS, isNew);
  }
}

/** Never rejects. */
async function attendShard(loop: Loop, shard: Shard, states: readonly SiteState[]): Promise<void> {
  const { reader, joiner, world } = loop;
  shard.isAttended = true;
  try {
    for (const state of states) {
      if (joiner.stopped()) return;
      state.isJoined = true;
      if (state.streams.size < 3)
        await joinStreams(reader, state).catch((error: unknown) => tellUnreadable(world, state, error));
    }
    const names = states.map(({ site }) => site);
    await lookBackAt(loop, names);
    loop.counts.trimmed += await loop.trimmer.trim(names);
  } catch (error) {
    world.logger.debug('collect.attend_failed', { group: reader.group, error: errorText(error) });
    await joiner.sleep(ATTEND_RETRY_MS);
  } finally {
    shard.isAttended = false;
    joiner.wake();
  }
}

/** Once; the sites behind it are joined all the same. */
function tellUnreadable(world: World, state: SiteState, error: unknown): void {
  if (!isOwnFault(error)) throw error;
  const hint = `no stream lies at the keys ${state.keys.log} and their kind: see who wrote there, and remove it`;
  if (!state.isTold) world.logger.warn('collect.site_unreadable', { site: state.site, hint });
  state.isTold = true;
}

/** In each life of a store that may come back with less than it had. */
async function lookBackAt(loop: Loop, sites: readonly string[]): Promise<void> {
  const { sink, lookedBack, counts, world } = loop;
  if (!sink.account) return;
  // Asked although there is nothing to write: else a fail-over would be seen with the next record only.
  await sink.account.read([]);
  const life = sink.account.life();
  const open = sites.filter((site) => lookedBack.get(site) !== life);
  for (let at = 0; at < open.length; at += LOOK_BACK_AT_ONCE) {
    const some = open.slice(at, at + LOOK_BACK_AT_ONCE);
    for (const { site, had, has, asked } of await lookBack({ ...loop, account: sink.account }, some)) {
      counts.takenBack += had.seq - (has?.epoch === had.epoch ? has.seq : 0);
      world.logger.warn('collect.taken_back', {
        ...{ sink: sink.name, site, had: positionText(had), has: positionText(has), asked },
        hint: 'the store came back without records it had made durable: a fail-over without synchronous commits, or a backup put back; they are taken from the stream again, and asked for at the site',
      });
    }
    for (const site of some) lookedBack.set(site, life);
  }
}

async function maintain(loop: Loop): Promise<void> {
  const { sink, wakeup, world } = loop;
  if (!sink.maintain) return;
  const keeper = createWakeup(world.clock);
  wakeup.signal.addEventListener('abort', () => keeper.stop(), { once: true });
  while (!wakeup.stopped()) {
    loop.trouble.last = await sink.maintain().then(
      () => undefined,
      (error: unknown) =>
        error instanceof SinkFault ? error : new SinkFault(errorText(error), 'look at the log of the sink'),
    );
    await keeper.sleep(loop.trouble.last ? JOIN_MS : MAINTAIN_MS);
  }
}
