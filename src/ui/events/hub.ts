/**
 * The live view: server-sent events fed from the log. Nothing is queued for a stream: while its connection takes no more, it
 * falls behind in the log and catches up later, and one that takes nothing for too long is dropped and may resume by
 * Last-Event-ID. Without streams no timer runs and nobody listens to the store.
 */
import type { SSEMessage } from 'hono/streaming';
import type { Caller } from '../access/access-rule.ts';
import { Problem } from '../http/problem.ts';
import { type Batches, createBatches, startingPlace } from './batches.ts';
import { createFrameBatches, startingFrame } from './frame-batches.ts';
import type { LiveSite } from './live-site.ts';
import {
  createStream,
  type Due,
  type EventSink,
  type Stream,
  type StreamOptions,
  type Viewer,
} from './stream.ts';
import { createTopics, type Topics } from './topics.ts';

/** New records wait this long for company. */
const GATHER_MS = 100;
const WATCH_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** A stream that has taken nothing for this long is dropped, at the next heartbeat. */
const STUCK_MS = 30_000;
/** One caller must not take them all. */
const MAX_PER_CALLER = 8;
const RETRY_MS = 2_000;

export interface EventHub {
  /** Throws a problem when there are too many. `after` is the id of the last record, or frame, seen. */
  subscribe(after: string | undefined, viewer: Viewer, only?: 'frames'): Subscription;
  /** Ends all streams and takes no more. */
  close(): void;
}

export interface Subscription {
  /** Writes to `sink` for as long as it is open; resolves when it has ended. */
  serve(sink: EventSink): Promise<void>;
  end(): void;
}

interface HubContext {
  readonly site: LiveSite;
  readonly nowMs: () => number;
  readonly streams: Set<Stream>;
  readonly topics: Topics;
  readonly batches: Batches;
  readonly frames: Batches;
  closed: boolean;
  /** Ends the watching of the site. */
  sleep: () => void;
}

export function createEventHub(site: LiveSite, maxStreams: number): EventHub {
  const nowMs = site.nowMs ?? site.world.clock.nowMs;
  const hub: HubContext = {
    site,
    nowMs,
    streams: new Set(),
    topics: createTopics(site, nowMs),
    batches: createBatches(site),
    frames: createFrameBatches(site.frames),
    closed: false,
    sleep: () => {},
  };
  return {
    subscribe(after, viewer, only) {
      refuseMany(hub.streams, hub.closed ? 0 : maxStreams, viewer.caller);
      return subscribe(hub, viewer, only ? placeInFrames(hub, after) : placeInLog(hub, after));
    },
    close() {
      hub.closed = true;
      for (const stream of [...hub.streams]) remove(hub, stream);
    },
  };
}

/** Where a stream begins, and what it is of. */
type Beginning = Pick<StreamOptions, 'isBare' | 'seq' | 'first' | 'batches'>;

function placeInLog({ site, topics, batches }: HubContext, after: string | undefined): () => Beginning {
  return () => {
    batches.gather();
    const { seq, gap } = startingPlace(site, after);
    return { isBare: false, seq, first: greeting(topics, gap), batches };
  };
}

function placeInFrames({ site, frames }: HubContext, after: string | undefined): () => Beginning {
  return () => {
    frames.gather();
    return { isBare: true, seq: startingFrame(site.frames, after), first: [], batches: frames };
  };
}

function subscribe(hub: HubContext, viewer: Viewer, begin: () => Beginning): Subscription {
  const { site, nowMs, streams, topics } = hub;
  const { clock } = site.world;
  if (streams.size === 0) wakeUp(hub);
  const stream = createStream({ viewer, ...begin(), topics, clock, nowMs });
  streams.add(stream);
  return { serve: stream.serve, end: () => remove(hub, stream) };
}

function wakeUp(hub: HubContext): void {
  const { site, streams, topics, batches, frames } = hub;
  topics.changed();
  hub.sleep = watch(site, {
    gathered() {
      batches.gather();
      frames.gather();
      for (const stream of streams) stream.wake();
    },
    devices: () => tellAll(hub, ['devices']),
    state() {
      endOld(hub);
      tellAll(hub, topics.changed());
    },
    beat: () => beat(hub),
  });
}

function tellAll({ streams }: HubContext, due: readonly Due[]): void {
  for (const stream of streams) stream.tell(due);
}

/** After a logout, a revoked token, or the end of a session. */
function endOld(hub: HubContext): void {
  for (const stream of hub.streams) if (!stream.viewer.lasts()) remove(hub, stream);
}

/** A named event rather than a comment, so that a page can tell a dead connection from a quiet site. */
function beat(hub: HubContext): void {
  const { clock } = hub.site.world;
  for (const stream of hub.streams) {
    const sinceMs = stream.writingMs();
    if (sinceMs === undefined) stream.tell(['beat']);
    else if (clock.monotonicMs() - sinceMs >= STUCK_MS) drop(hub, stream);
  }
}

function drop(hub: HubContext, stream: Stream): void {
  hub.site.world.logger.info('http.stream_dropped', { seq: stream.seq() });
  remove(hub, stream);
  stream.viewer.cut();
}

function remove({ streams, sleep }: HubContext, stream: Stream): void {
  stream.end();
  if (streams.delete(stream) && streams.size === 0) sleep();
}

/** The whole state, and where the records that follow begin. */
function greeting(topics: Topics, gap: SSEMessage | undefined): SSEMessage[] {
  const [first, ...others] = topics.all.map(topics.message);
  return [...(first ? [{ ...first, retry: RETRY_MS }] : []), ...(gap ? [gap] : []), ...others];
}

interface Watchers {
  /** There may be new records or frames. */
  gathered(): void;
  devices(): void;
  state(): void;
  beat(): void;
}

/** Watches the site and the clock; the result ends that. */
function watch({ store, frames, alarms, world: { clock } }: LiveSite, watchers: Watchers): () => void {
  let cancelGather: (() => void) | undefined;

  function gather(): void {
    cancelGather ??= clock.after(GATHER_MS, () => {
      cancelGather = undefined;
      watchers.gathered();
    });
  }

  function every(ms: number, task: () => void): () => void {
    let cancel = clock.after(ms, run);
    function run(): void {
      cancel = clock.after(ms, run);
      task();
    }
    return () => cancel();
  }

  const ends = [
    store.log.onAppend(gather),
    frames.onFrame(gather),
    store.devices.onChange(watchers.devices),
    // A profile says how its devices are shown.
    store.profiles.onChange(watchers.devices),
    // An alarm is not kept waiting for the next look.
    ...(alarms ? [alarms.onChange(watchers.state)] : []),
    every(WATCH_MS, watchers.state),
    every(HEARTBEAT_MS, watchers.beat),
  ];
  return () => {
    for (const end of ends) end();
    cancelGather?.();
  };
}

function refuseMany(streams: ReadonlySet<Stream>, most: number, caller: Caller): void {
  if (streams.size >= most) throw tooMany(most);
  const own = nameOf(caller);
  const held = [...streams].filter(({ viewer }) => nameOf(viewer.caller) === own).length;
  if (own !== undefined && held >= MAX_PER_CALLER) throw tooMany(MAX_PER_CALLER);
}

/** Undefined where there is nobody to tell apart. */
function nameOf(caller: Caller): string | undefined {
  if (caller.kind === 'user') return `user ${caller.name}`;
  return caller.kind === 'token' ? `token ${caller.id}` : undefined;
}

function tooMany(limit: number): Problem {
  return new Problem({
    code: 'too-many-streams',
    title: 'Too many live connections',
    status: 503,
    detail: `At most ${limit} live connections at once. Close a page, or try again later.`,
    headers: { 'retry-after': '10' },
  });
}
