/**
 * Reads one site's streams for one sink, by the sink's consumer group: first what this copy took before and never wrote,
 * then what another copy has left lying, then what is new. How much at once follows the size of the entries.
 */

import { backoffMs } from '../../model/backoff.ts';
import type { World } from '../../model/world.ts';
import type { SiteKeys } from '../keys.ts';
import type { StreamName } from './batch.ts';
import { addEntries, type MostRead, noEntries, type ReadEntries } from './read-entries.ts';
import { listOf, type RedisLink, replyCode, textOf } from './redis-link.ts';

export interface SiteState {
  readonly site: string;
  readonly keys: SiteKeys;
  /** Streams that have the group. */
  readonly streams: Set<StreamName>;
  /** Entries may lie with us that we know nothing of: after the start, or after an answer that never came. */
  mustRecover: boolean;
  /** Where reading our own pending entries goes on, by stream. */
  readonly recoverFrom: Map<StreamName, string>;
  /** Monotonic milliseconds. */
  claimAtMs: number;
  nextReadMs: number;
  idleMs: number;
  /** How often in a row it was refused by itself. */
  attempt: number;
  /** Entries asked for at once. */
  count: number;
  /** Records that the last read brought: about what the next one will. */
  lastRecords: number;
  /** It was told that something else lies at its keys. */
  isTold: boolean;
  /** Whether its streams were looked for. */
  isJoined: boolean;
  /** When to look for records sent once more, which hardly any site has; monotonic milliseconds. */
  againAtMs: number;
  /** The register: epoch to the id of the store that filled it; '' where it holds none. */
  readonly stores: Map<number, string>;
}

export interface ReaderOptions {
  readonly redis: RedisLink;
  readonly group: string;
  /** Name of this copy. */
  readonly consumer: string;
  readonly claimAfterMs: number;
  readonly pollMs: number;
  readonly world: World;
  /** Before a read is unpacked: one after the other, so that a sink is served in between. */
  readonly turn: () => Promise<void>;
  /** What one read of a site may hold. */
  readonly most: MostRead;
  /** Whether the traces that records carry are looked at. */
  readonly isTracing?: boolean;
}

/** What one read of a site gave. */
export interface SiteRead {
  readonly log: ReadEntries;
  readonly events: ReadEntries;
  /** Sent once more. */
  readonly again: ReadEntries;
  /** There may be more at once. */
  readonly more: boolean;
}

const MOST_ENTRIES = 500;
const FIRST_ENTRIES = 50;
/** Records of one read, about: while they are unpacked no row goes to a sink. */
const READ_RECORDS = 1_000;
/** About what one reply may hold. */
const REPLY_BYTES = 4 * 1024 * 1024;
const IDLE_MAX_MS = 1_000;
const SITE_RETRY = { minMs: 200, maxMs: 15_000 };
/** A site that has answered that it sends again is looked at sooner. */
const AGAIN_MS = 600_000;
const SENDS_AGAIN = '"command":"resend"';

export function newSite(site: string, keys: SiteKeys): SiteState {
  return {
    ...{
      site,
      keys,
      streams: new Set<StreamName>(),
      mustRecover: true,
      recoverFrom: new Map<StreamName, string>(),
    },
    ...{
      claimAtMs: 0,
      nextReadMs: 0,
      idleMs: 0,
      attempt: 0,
      count: FIRST_ENTRIES,
      lastRecords: 0,
      isTold: false,
      isJoined: false,
      againAtMs: 0,
      stores: new Map<number, string>(),
    },
  };
}

/** Makes the group on streams that are there and have none. Never makes a stream. */
export async function joinStreams({ redis, group, world }: ReaderOptions, state: SiteState): Promise<void> {
  const isAgainDue = world.clock.monotonicMs() >= state.againAtMs;
  if (isAgainDue) state.againAtMs = world.clock.monotonicMs() + AGAIN_MS;
  for (const name of ['log', 'events', 'again'] as const) {
    if (state.streams.has(name) || (name === 'again' && !isAgainDue)) continue;
    try {
      await redis.call('XGROUP', 'CREATE', state.keys[name], group, '0');
      state.streams.add(name);
    } catch (error) {
      if (replyCode(error) === 'BUSYGROUP') state.streams.add(name);
      // No such key: the site has written nothing there yet.
      else if (replyCode(error) !== 'ERR') throw error;
    }
  }
}

/** Its streams are gone with their groups, or something else lies at their keys: the site's own trouble, and no other's. */
export function isOwnFault(error: unknown): boolean {
  return ['NOGROUP', 'WRONGTYPE'].includes(replyCode(error) ?? '');
}

/** The next entries of a site; undefined when there is nothing to read. Rejects when Redis does. */
export async function readSite(options: ReaderOptions, state: SiteState): Promise<SiteRead | undefined> {
  if (state.streams.size === 0) return undefined;
  try {
    const read = await readOnce(options, state);
    pace(options, state, read);
    return read;
  } catch (error) {
    recoverAll(state);
    if (!isOwnFault(error)) throw error;
    state.streams.clear();
    return undefined;
  }
}

/** What was on its way to us counts as taken: all that lies with us is read again, also what an earlier read had passed. */
export function recoverAll(state: SiteState): void {
  state.mustRecover = true;
  state.recoverFrom.clear();
}

/** Redis refuses this site alone: it is told and left alone for a while, longer each time. */
export function setSiteBack(world: World, state: SiteState, reason: string): void {
  const hint = 'look at what lies at the keys of the site, and at the rights of the user of collect';
  if (state.attempt === 0) world.logger.warn('collect.site_refused', { site: state.site, reason, hint });
  state.nextReadMs = world.clock.monotonicMs() + backoffMs(state.attempt, SITE_RETRY, world.random);
  state.attempt += 1;
}

async function readOnce(options: ReaderOptions, state: SiteState): Promise<SiteRead | undefined> {
  if (state.mustRecover) {
    const own = await readOwn(options, state);
    if (own) return own;
  }
  if (options.world.clock.monotonicMs() >= state.claimAtMs) {
    const left = await claim(options, state);
    if (left) return left;
    state.claimAtMs = options.world.clock.monotonicMs() + options.claimAfterMs / 2;
  }
  return readNew(options, state);
}

async function readOwn(options: ReaderOptions, state: SiteState): Promise<SiteRead | undefined> {
  for (const name of state.streams) {
    const from = state.recoverFrom.get(name) ?? '0';
    if (from === 'end') continue;
    const found = await group(options, state, [name], [from]);
    const ids = found[name].ids;
    state.recoverFrom.set(name, ids.at(-1) ?? 'end');
    if (ids.length > 0) return { ...found, more: true };
  }
  state.mustRecover = false;
  state.recoverFrom.clear();
  return undefined;
}

async function readNew(options: ReaderOptions, state: SiteState): Promise<SiteRead | undefined> {
  const names = [...state.streams];
  const { count } = state;
  const found = await group(
    options,
    state,
    names,
    names.map(() => '>'),
  );
  const most = Math.max(...Object.values(found).map(({ ids }) => ids.length));
  return most === 0 ? undefined : { ...found, more: most >= count || state.mustRecover };
}

async function group(
  { redis, group: name, consumer, most, isTracing, turn }: ReaderOptions,
  state: SiteState,
  streams: readonly StreamName[],
  from: readonly string[],
): Promise<Found> {
  const keys = streams.map((stream) => state.keys[stream]);
  const reply = await redis.call(
    'XREADGROUP',
    'GROUP',
    name,
    consumer,
    'COUNT',
    state.count,
    'STREAMS',
    ...keys,
    ...from,
  );
  await turn();
  const found: Found = { log: noEntries(), events: noEntries(), again: noEntries() };
  const cut: StreamName[] = [];
  for (const part of listOf(reply)) {
    const [key, entries] = listOf(part);
    const stream = streams.find((known) => state.keys[known] === textOf(key)) ?? 'log';
    if (!addEntries(found[stream], state.site, stream, listOf(entries), most, isTracing)) cut.push(stream);
  }
  leaveRest(state, found, cut);
  noteAgain(state, found);
  return found;
}

/** What one read had no room for lies with us by now: the next ones take it from there, as our own. */
function leaveRest(state: SiteState, found: Found, cut: readonly StreamName[]): void {
  if (cut.length === 0) return;
  if (!state.mustRecover) for (const stream of state.streams) state.recoverFrom.set(stream, 'end');
  for (const stream of cut) state.recoverFrom.set(stream, found[stream].ids.at(-1) ?? '0');
  state.mustRecover = true;
}

type Found = Record<StreamName, ReadEntries>;

/** The site answers a command by which it sends records again: their stream is there now, or will be soon. */
function noteAgain(state: SiteState, { log, events }: Found): void {
  const isAnswer = ({ kind, body }: ReadEntries['records'][number]) =>
    kind === 'system' && body.includes(SENDS_AGAIN);
  if (!state.streams.has('again') && (log.records.some(isAnswer) || events.records.some(isAnswer))) {
    state.againAtMs = 0;
    state.isJoined = false;
  }
}

/** What a copy has taken and not written for so long that it will not any more. */
async function claim(options: ReaderOptions, state: SiteState): Promise<SiteRead | undefined> {
  const { redis, consumer, claimAfterMs, most, isTracing, turn } = options;
  const found: Found = { log: noEntries(), events: noEntries(), again: noEntries() };
  const cut: StreamName[] = [];
  let isNameless = false;
  for (const name of state.streams) {
    const reply = await redis.call(
      ...([
        'XAUTOCLAIM',
        state.keys[name],
        options.group,
        consumer,
        claimAfterMs,
        '0-0',
        'COUNT',
        state.count,
      ] as [string, ...(string | number)[]]),
    );
    await turn();
    const entries = listOf(listOf(reply)[1]);
    if (!addEntries(found[name], state.site, name, entries, most, isTracing)) cut.push(name);
    isNameless ||= entries.some((entry) => entry === null);
  }
  leaveRest(state, found, cut);
  // Redis 6.2 hands over what was deleted without a name, and keeps it pending: read as our own it has one.
  if (isNameless) recoverAll(state);
  const count = Object.values(found).reduce((sum, { ids }) => sum + ids.length, 0);
  if (count === 0) return undefined;
  options.world.logger.info('collect.taken_over', { site: state.site, entries: count });
  return { ...found, more: true };
}

function pace({ world, pollMs, most }: ReaderOptions, state: SiteState, read: SiteRead | undefined): void {
  const nowMs = world.clock.monotonicMs();
  state.lastRecords = 0;
  if (!read) {
    state.idleMs = Math.min(IDLE_MAX_MS, Math.max(pollMs, state.idleMs * 2));
    state.nextReadMs = nowMs + state.idleMs;
    return;
  }
  state.idleMs = 0;
  state.nextReadMs = read.more ? nowMs : nowMs + pollMs;
  const parts = [read.log, read.events, read.again];
  const entries = parts.reduce((sum, { ids }) => sum + ids.length, 0);
  state.lastRecords = parts.reduce((sum, { records }) => sum + records.length, 0);
  const bytes = parts.reduce((sum, each) => sum + each.bytes, 0);
  const fitting = Math.floor((entries * REPLY_BYTES) / Math.max(1, bytes));
  const wanted = Math.min(READ_RECORDS, most.records);
  const unpacking = Math.floor((entries * wanted) / Math.max(1, state.lastRecords));
  state.count = Math.max(1, Math.min(MOST_ENTRIES, fitting, unpacking, state.count * 2));
}
