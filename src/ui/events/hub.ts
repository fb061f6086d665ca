/**
 * The live view: server-sent events fed from the log. A client is a place in the log and a set of states it is yet to be
 * told, so nothing is queued for it: while its connection takes no more, it falls behind and catches up later, and one that
 * takes nothing for too long is dropped and may resume by Last-Event-ID. Without clients no timer runs and nobody listens to
 * the store.
 */
import type { SSEMessage } from 'hono/streaming';
import type { Caller } from '../access/access-rule.ts';
import { Problem } from '../http/problem.ts';
import { iso } from '../shapes/views.ts';
import { createBatches, startingPlace } from './batches.ts';
import type { LiveSite } from './live-site.ts';
import { createTopics, type Topic } from './topics.ts';

/** New records wait this long for company. */
const GATHER_MS = 100;
const WATCH_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** A client that has taken nothing for this long is dropped, at the next heartbeat. */
const STUCK_MS = 30_000;
/** One caller must not take them all. */
const MAX_PER_CALLER = 8;
const RETRY_MS = 2_000;

/** Who opened a stream. */
export interface Viewer {
  readonly caller: Caller;
  /** Whether they may still see it. */
  readonly lasts: () => boolean;
  /** Ends the connection at once. */
  readonly cut: () => void;
}

/** One open stream. */
export interface Subscription {
  /** Writes to `stream` for as long as it is open; resolves when it has ended. */
  serve(stream: EventSink): Promise<void>;
  end(): void;
}

export interface EventSink {
  /** Resolves when the connection has taken it. */
  writeSSE(message: SSEMessage): Promise<void>;
}

export interface EventHub {
  /** Throws a problem when there are too many. `after` is the id of the last record seen. */
  subscribe(after: string | undefined, viewer: Viewer): Subscription;
  /** Ends all streams and takes no more. */
  close(): void;
}

/** What the next messages are about, beside new records. */
type Due = Topic | 'devices' | 'beat';

interface Client {
  readonly viewer: Viewer;
  /** seq of the last record sent. */
  seq: number;
  readonly due: Set<Due>;
  /** Messages that come before all others. */
  readonly first: SSEMessage[];
  /** Monotonic time since when a message waits for the connection; undefined while none does. */
  writingMs: number | undefined;
  isOpen: boolean;
  wake: () => void;
}

export function createEventHub(site: LiveSite, maxClients: number): EventHub {
  const { world, store } = site;
  const { clock } = world;
  const nowMs = site.nowMs ?? clock.nowMs;
  const clients = new Set<Client>();
  const topics = createTopics(site, nowMs);
  const batches = createBatches(site);
  /** seq up to which records have been gathered. */
  let gathered = 0;
  let closed = false;
  let asleep: (() => void)[] = [];
  let cancelFlush: (() => void) | undefined;

  function wakeUp(): void {
    asleep = [
      store.log.onAppend(() => {
        cancelFlush ??= clock.after(GATHER_MS, flush);
      }),
      store.devices.onChange(() => tellAll(['devices'])),
      every(WATCH_MS, () => tellAll(topics.changed())),
      every(HEARTBEAT_MS, beat),
    ];
    topics.changed();
  }

  function sleep(): void {
    for (const cancel of asleep) cancel();
    asleep = [];
    cancelFlush?.();
    cancelFlush = undefined;
  }

  function every(ms: number, task: () => void): () => void {
    let cancel = clock.after(ms, run);
    function run(): void {
      cancel = clock.after(ms, run);
      task();
    }
    return () => cancel();
  }

  function flush(): void {
    cancelFlush = undefined;
    gathered = store.log.lastSeq();
    for (const client of clients) client.wake();
  }

  function tellAll(due: readonly Due[]): void {
    if (due.length === 0) return;
    for (const client of clients) tell(client, due);
  }

  function tell(client: Client, due: readonly Due[]): void {
    for (const one of due) client.due.add(one);
    client.wake();
  }

  /** A named event rather than a comment, so that a page can tell a dead connection from a quiet site. */
  function beat(): void {
    for (const client of clients) {
      if (!client.viewer.lasts()) remove(client);
      else if (client.writingMs === undefined) tell(client, ['beat']);
      else if (clock.monotonicMs() - client.writingMs >= STUCK_MS) drop(client);
    }
  }

  function drop(client: Client): void {
    world.logger.info('http.stream_dropped', { seq: client.seq });
    remove(client);
    client.viewer.cut();
  }

  function remove(client: Client): void {
    client.isOpen = false;
    client.wake();
    if (clients.delete(client) && clients.size === 0) sleep();
  }

  /** What the client is told next; undefined while there is nothing. */
  function next(client: Client): SSEMessage | undefined {
    const first = client.first.shift();
    if (first) return first;
    for (const due of client.due) {
      client.due.delete(due);
      if (due === 'devices') return { event: due, data: '{}' };
      if (due === 'beat') return { event: due, data: JSON.stringify({ now: iso(nowMs()) }) };
      return topics.message(due);
    }
    if (client.seq >= gathered) return undefined;
    const batch = batches.after(client.seq);
    client.seq = Math.max(batch.lastSeq, client.seq + 1);
    return batch.message;
  }

  async function serve(client: Client, stream: EventSink): Promise<void> {
    while (client.isOpen) {
      const message = next(client);
      if (message) {
        client.writingMs = clock.monotonicMs();
        await stream.writeSSE(message);
        client.writingMs = undefined;
      } else if (client.seq >= gathered) {
        await new Promise<void>((resolve) => {
          client.wake = resolve;
        });
      }
    }
  }

  function refuseMany(caller: Caller): void {
    if (closed || clients.size >= maxClients) throw tooMany(maxClients);
    const own = nameOf(caller);
    const held = [...clients].filter(({ viewer }) => nameOf(viewer.caller) === own).length;
    if (own !== undefined && held >= MAX_PER_CALLER) throw tooMany(MAX_PER_CALLER);
  }

  return {
    subscribe(after, viewer) {
      refuseMany(viewer.caller);
      const { seq, gap } = startingPlace(site, after);
      const client: Client = {
        ...{ viewer, seq, isOpen: true, writingMs: undefined, wake: () => undefined },
        due: new Set(),
        first: gap ? [gap] : [],
      };
      if (clients.size === 0) wakeUp();
      clients.add(client);
      gathered = store.log.lastSeq();
      const [greeting, ...others] = topics.all.map(topics.message);
      if (greeting) client.first.unshift({ ...greeting, retry: RETRY_MS });
      client.first.push(...others);
      return { serve: (stream) => serve(client, stream), end: () => remove(client) };
    },
    close() {
      closed = true;
      for (const client of [...clients]) remove(client);
    },
  };
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
