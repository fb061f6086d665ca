/** One pass over the sites of a shard that are due. Never rejects: what was read before Redis failed is worked on. */
import { errorText } from '../../model/error-text.ts';
import { parseId, readEntry } from '../entry.ts';
import type { SiteBatch, SiteRecord } from './batch.ts';
import type { ReadEntries } from './read-entries.ts';
import { listOf, pairsOf, type RedisLink, replyCode, textOf } from './redis-link.ts';
import { answered, type Brought, type Shard, setBack } from './shards.ts';
import {
  type ReaderOptions,
  readSite,
  recoverAll,
  type SiteRead,
  type SiteState,
  setSiteBack,
} from './site-reader.ts';

/** What a batch may hold yet; shared by the passes of all shards. */
export interface Budget {
  records: number;
  bytes: number;
  /** The batch has gone on without those that are still reading: they end with what they have. */
  isOver: boolean;
}

/** Which live entries were seen, by site; for the sink that shows them. */
export interface LiveReader {
  readonly seen: Map<string, string>;
  readonly isWanted: boolean;
}

export interface Pass {
  readonly reader: ReaderOptions;
  readonly shard: Shard;
  /** Of the shard: all, and those that are due. */
  readonly sites: readonly SiteState[];
  readonly due: SiteState[];
  /** The sites of all shards: whoever was served goes to its end. */
  readonly line: Map<string, SiteState>;
  readonly budget: Budget;
  readonly live: LiveReader;
}

interface Part {
  readonly state: SiteState;
  readonly log: ReadEntries[];
  readonly events: ReadEntries[];
  readonly again: ReadEntries[];
  live: SiteRecord[];
}

type Parts = Map<string, Part>;

const SITES_AT_ONCE = 8;
const LIVE_MS = 2_000;
const LIVE_ENTRIES = 200;

export async function passOver(pass: Pass): Promise<void> {
  const { shard, reader, sites, live } = pass;
  const parts: Parts = new Map();
  let error: unknown;
  const guarded = (work: Promise<void>) =>
    work.catch((failure: unknown) => {
      error ??= failure;
    });
  shard.isReading = true;
  const worker = () => readDue(pass, parts, () => error !== undefined);
  await Promise.all(Array.from({ length: SITES_AT_ONCE }, () => guarded(worker())));
  const nowMs = reader.world.clock.monotonicMs();
  if (isLiveDue(live, shard, nowMs) && error === undefined) {
    shard.liveAtMs = nowMs + LIVE_MS;
    await guarded(readLive(reader.redis, sites, parts, live));
  }
  const { brought, failure } = await bring(reader.redis, parts);
  error ??= failure;
  if (error === undefined) answered(shard, 'read');
  else setBack(shard, 'read', error, reader.world);
  if (brought.sites.length > 0) shard.brought = brought;
  shard.isReading = false;
}

export function isLiveDue({ isWanted }: LiveReader, { liveAtMs }: Shard, nowMs: number): boolean {
  return isWanted && nowMs >= liveAtMs;
}

/** Sites in turn, until the batch is full or none is left. */
async function readDue(
  { reader, due, budget, line }: Pass,
  parts: Parts,
  isFailed: () => boolean,
): Promise<void> {
  const isFull = () => budget.records <= 0 || budget.bytes <= 0 || budget.isOver || isFailed();
  for (let state = isFull() ? undefined : due.shift(); state; state = isFull() ? undefined : due.shift()) {
    line.delete(state.site);
    line.set(state.site, state);
    for (let more = true; more && !isFull(); ) {
      // Others that read meanwhile leave room for it.
      const expected = state.lastRecords;
      budget.records -= expected;
      const read = await readOne(reader, state);
      budget.records += expected;
      if (!read) break;
      const part = parts.get(state.site) ?? newPart(state);
      parts.set(state.site, part);
      part.log.push(read.log);
      part.events.push(read.events);
      part.again.push(read.again);
      for (const each of [read.log, read.events, read.again]) {
        budget.records -= each.records.length;
        budget.bytes -= Math.max(each.bytes, each.held);
      }
      more = read.more;
    }
  }
}

/** What a site alone is refused sets back that site alone. */
async function readOne(reader: ReaderOptions, state: SiteState): Promise<SiteRead | undefined> {
  try {
    const read = await readSite(reader, state);
    state.attempt = 0;
    return read;
  } catch (error) {
    if (!['NOPERM', 'ERR'].includes(replyCode(error))) throw error;
    setSiteBack(reader.world, state, errorText(error));
    return undefined;
  }
}

function newPart(state: SiteState): Part {
  return { state, log: [], events: [], again: [], live: [] };
}

async function bring(redis: RedisLink, parts: Parts): Promise<{ brought: Brought; failure?: unknown }> {
  const sites: SiteBatch[] = [];
  const taken: Part[] = [];
  let failure: unknown;
  for (const part of parts.values()) {
    try {
      sites.push(await toSiteBatch(redis, part));
      taken.push(part);
    } catch (error) {
      failure ??= error;
      recoverAll(part.state);
    }
  }
  const acks = taken.map(({ state, log, events, again }) => ({
    state,
    logIds: log.flatMap(({ ids }) => ids),
    eventIds: events.flatMap(({ ids }) => ids),
    againIds: again.flatMap(({ ids }) => ids),
  }));
  return { brought: { sites, acks }, failure };
}

async function toSiteBatch(redis: RedisLink, { state, log, events, again, live }: Part): Promise<SiteBatch> {
  const delivered = log.flatMap((each) => each.delivered);
  const sentAgain = again.flatMap((each) => each.delivered);
  const epochs = new Set([...delivered, ...sentAgain].map(({ epoch }) => epoch));
  if ([...epochs].some((epoch) => !state.stores.has(epoch))) {
    const register = pairsOf(await redis.call('HGETALL', state.keys.epochs));
    for (const [epoch, store] of register) state.stores.set(Number(epoch), textOf(store));
    for (const epoch of epochs) if (!state.stores.has(epoch)) state.stores.set(epoch, '');
  }
  return {
    ...{ site: state.site, delivered, live, stores: state.stores },
    again: sentAgain,
    records: [...log, ...again].flatMap((each) => each.records),
    early: events.flatMap((each) => each.records),
    poison: [...log, ...events, ...again].flatMap((each) => each.poison),
    explained: [...log, ...again].flatMap((each) => each.explained),
  };
}

/** The newest readings of sites with a backlog. Read by nobody's group: they are shown, and count for nothing. */
async function readLive(
  redis: RedisLink,
  sites: readonly SiteState[],
  parts: Map<string, Part>,
  { seen }: LiveReader,
): Promise<void> {
  for (const state of sites) {
    const { site, keys } = state;
    const from = seen.get(site);
    const entries = listOf(
      await redis.call(
        'XREVRANGE',
        keys.live,
        '+',
        from === undefined ? '-' : `(${from}`,
        'COUNT',
        LIVE_ENTRIES,
      ),
    );
    const records: SiteRecord[] = [];
    for (const entry of entries) {
      const [id, fields] = listOf(entry);
      const read = readEntry(id, fields);
      if (read.ok && read.isLive)
        records.push(...read.records.map((record) => ({ site, epoch: read.id.epoch, ...record })));
    }
    const newest = textOf(listOf(entries[0])[0]);
    if (parseId(newest)) seen.set(site, newest);
    if (records.length === 0) continue;
    const part = parts.get(site) ?? newPart(state);
    part.live = records;
    parts.set(site, part);
  }
}
