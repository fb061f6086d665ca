/**
 * The next batch: what the passes over the shards have read. One that takes longer than the others is not waited for: what it
 * brings goes into a later batch. Never rejects.
 */
import { append } from '../../model/append.ts';
import type { Batch, SiteBatch } from './batch.ts';
import { type Budget, isLiveDue, type LiveReader, passOver } from './shard-pass.ts';
import { type Shards, type SiteAcks, soon } from './shards.ts';
import type { ReaderOptions, SiteState } from './site-reader.ts';

export interface Gathered {
  readonly batch: Batch;
  readonly acks: readonly SiteAcks[];
  /** From asking until it was gathered, monotonic milliseconds. */
  readonly readMs: number;
  readonly gatheredMs: number;
}

/** Durable batches of a shard that may wait for their acknowledgement before it is read no further. */
const MAX_UNSETTLED = 2;

export async function gather(
  options: ReaderOptions,
  sites: Map<string, SiteState>,
  shards: Shards,
  live: LiveReader,
): Promise<Gathered> {
  const { clock } = options.world;
  const readMs = clock.monotonicMs();
  const budget = { ...options.most, isOver: false };
  await soon(beginPasses(options, sites, shards, live, budget), shards, options.world);
  budget.isOver = true;
  return { ...take(shards), readMs, gatheredMs: clock.monotonicMs() };
}

function beginPasses(
  reader: ReaderOptions,
  sites: Map<string, SiteState>,
  shards: Shards,
  live: LiveReader,
  budget: Budget,
): Promise<void>[] {
  const nowMs = reader.world.clock.monotonicMs();
  const passes: Promise<void>[] = [];
  for (const [shard, states] of shards.group(sites.values(), (state) => state)) {
    const isBusy = shard.isReading || shard.brought !== undefined || shard.unsettled >= MAX_UNSETTLED;
    if (isBusy || nowMs < shard.notBeforeMs) continue;
    const due = states.filter((state) => state.streams.size > 0 && state.nextReadMs <= nowMs);
    if (due.length > 0 || isLiveDue(live, shard, nowMs))
      passes.push(passOver({ ...{ reader, shard, due, budget, live }, sites: states, line: sites }));
  }
  return passes;
}

/** What the shards have brought; a site once, should it have moved from one to another meanwhile. */
function take(shards: Shards): Pick<Gathered, 'batch' | 'acks'> {
  const sites: SiteBatch[] = [];
  const acks: SiteAcks[] = [];
  const taken = new Set<string>();
  for (const shard of shards.all()) {
    const { brought } = shard;
    if (!brought || brought.sites.some(({ site }) => taken.has(site))) continue;
    shard.brought = undefined;
    append(sites, brought.sites);
    append(acks, brought.acks);
    for (const { site } of brought.sites) taken.add(site);
  }
  return { batch: { sites, count: sites.reduce((sum, each) => sum + each.records.length, 0) }, acks };
}
