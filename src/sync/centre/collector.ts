/** `collect`: finds the sites and runs a loop for each sink of the settings, until stopped. */

import { hostname } from 'node:os';
import type { CollectConfig } from '../../config/collect-schema.ts';
import { errorText } from '../../model/error-text.ts';
import { createHealth, type Health } from '../../model/health.ts';
import { inEnglish } from '../../model/said.ts';
import type { PartStatus, TracingStatus } from '../../model/status.ts';
import type { CarriedTracer } from '../../model/trace.ts';
import { createWakeup } from '../../model/wakeup.ts';
import type { Part, World } from '../../model/world.ts';
import type { Sink } from './batch.ts';
import { type FoundSites, reportedSites, sitesWithLogs } from './discovery.ts';
import { createFileSink } from './file-sink.ts';
import { createInfluxSink } from './influx-sink.ts';
import { createPostgresSink } from './postgres/postgres-sink.ts';
import { openRedis, type RedisLink } from './redis-link.ts';
import type { SinkCounts } from './sink-counts.ts';
import { createSinkLoop, type SinkLoop } from './sink-loop.ts';

export interface SinkState extends PartStatus {
  readonly name: Sink['name'];
  readonly group: string;
  readonly counts: Readonly<SinkCounts>;
}

export interface CollectorStatus {
  readonly redis: PartStatus;
  readonly sinks: readonly SinkState[];
  readonly sites: number;
  /** Absent where traces are not gone on with. */
  readonly tracing?: TracingStatus;
}

export interface CollectorTracing {
  readonly tracer: CarriedTracer;
  status(): TracingStatus;
}

export interface Collector extends Part {
  status(): CollectorStatus;
  readonly redis: RedisLink;
}

const LOOK_MS = 2_000;
const SCAN_MS = 60_000;
const CHECK_REDIS = 'check redis in the settings, the line, and that it runs';

/** The sinks that the settings name. */
export function sinksOf(config: CollectConfig, world: World): Sink[] {
  const consumer = consumerOf(config);
  return [
    ...(config.postgres.url === undefined
      ? []
      : [createPostgresSink({ config: config.postgres, retention: config.retention, world })]),
    ...(config.influx.url === undefined ? [] : [createInfluxSink(config.influx)]),
    ...(config.files.dir === undefined ? [] : [createFileSink({ dir: config.files.dir, consumer, world })]),
  ];
}

export function consumerOf({ collect }: CollectConfig): string {
  return collect.name ?? hostname();
}

/** Collects once started. Rejects only where a file that the settings name cannot be read. */
export async function createCollector(
  config: CollectConfig,
  world: World,
  tracing?: CollectorTracing,
): Promise<Collector> {
  const redis = await openRedis(config.redis, world);
  const health = createHealth(
    world,
    'collect.redis',
    'connecting',
    inEnglish('Redis has not been asked yet'),
  );
  const sinks = sinksOf(config, world);
  const { group, batchMaxRecords, batchMaxBytes, pollMs, claimAfterMs, trim, trimAfterS } = config.collect;
  const loops = sinks.map((sink) =>
    createSinkLoop({
      ...{ sink, redis, world, pollMs, claimAfterMs, trim },
      most: { records: batchMaxRecords, bytes: batchMaxBytes },
      ...{ trimAfterMs: trimAfterS * 1000, tracer: tracing?.tracer },
      ...{ prefix: config.redis.prefix, group: `${group}-${sink.name}`, consumer: consumerOf(config) },
    }),
  );
  const finder: Finder = {
    redis,
    prefix: config.redis.prefix,
    world,
    health,
    loops,
    sites: new Set(),
    told: new Set(),
  };
  const wakeup = createWakeup(world.clock);
  let running: Promise<void> | undefined;
  return {
    redis,
    start() {
      running ??= look(finder, wakeup);
      for (const loop of loops) loop.start();
      return Promise.resolve();
    },
    async stop() {
      wakeup.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      redis.close();
      await running;
      await Promise.race([
        Promise.allSettled(sinks.map((sink) => sink.close())),
        new Promise<void>((resolve) => void world.clock.after(500, resolve)),
      ]);
    },
    status: () => ({
      redis: health.get(),
      ...(tracing ? { tracing: tracing.status() } : {}),
      sites: finder.sites.size,
      sinks: loops.map((loop) => ({
        ...loop.status(),
        name: loop.name,
        group: loop.group,
        counts: loop.counts,
      })),
    }),
  };
}

interface Finder {
  readonly redis: RedisLink;
  readonly prefix: string;
  readonly world: World;
  readonly health: Health;
  readonly loops: readonly SinkLoop[];
  readonly sites: Set<string>;
  /** Names that were told to be none. */
  readonly told: Set<string>;
}

async function look(finder: Finder, wakeup: ReturnType<typeof createWakeup>): Promise<void> {
  const { redis, prefix, world, health } = finder;
  let scanAtMs = 0;
  let scan = NOTHING;
  while (!wakeup.stopped()) {
    const reported = await orError(reportedSites(redis, prefix));
    take(finder, reported);
    // Sites whose master answers are found by their logs, also while the one that has the list of sites does not.
    if (world.clock.monotonicMs() >= scanAtMs) {
      scan = await orError(sitesWithLogs(redis, prefix));
      take(finder, scan);
      scanAtMs = world.clock.monotonicMs() + SCAN_MS;
    }
    if (wakeup.stopped()) return;
    sayHow(health, reported, scan);
    if (isDown(reported, scan)) scanAtMs = 0;
    await wakeup.sleep(LOOK_MS);
  }
}

const NOTHING: FoundSites = { sites: [], refused: [] };

function orError(asked: Promise<FoundSites>): Promise<FoundSites> {
  return asked.catch((error: unknown) => ({ ...NOTHING, error }));
}

/** Neither the list of sites was told, nor any site that has a log. */
function isDown(reported: FoundSites, { sites }: FoundSites): boolean {
  return reported.error !== undefined && sites.length === 0;
}

function sayHow(health: Health, reported: FoundSites, scan: FoundSites): void {
  const { error } = reported;
  if (isDown(reported, scan)) health.set('down', inEnglish(`Redis: ${errorText(error)}`, CHECK_REDIS));
  else if (error !== undefined) {
    const what = 'the list of sites cannot be read: a new site is found within two minutes by its log';
    health.set('degraded', inEnglish(`a part of Redis: ${errorText(error)}; ${what}`, CHECK_REDIS), 'sites');
  } else if (scan.error !== undefined)
    health.set('degraded', inEnglish(`a part of Redis: ${errorText(scan.error)}`, CHECK_REDIS), 'redis');
  else health.set('ok', inEnglish('Redis answers'));
}

function take(finder: Finder, { sites, refused }: FoundSites): void {
  for (const site of sites) addSite(finder, site);
  for (const name of refused) tellRefused(finder, name);
}

function addSite({ sites, loops, world }: Finder, site: string): void {
  if (sites.has(site)) return;
  sites.add(site);
  for (const loop of loops) loop.addSite(site);
  world.logger.info('collect.site_found', { site });
}

function tellRefused({ told, world }: Finder, name: string): void {
  if (told.has(name) || told.size > 1_000) return;
  told.add(name);
  world.logger.warn('collect.no_site', {
    name,
    hint: 'a site is named by lower-case letters, digits and hyphens',
  });
}
