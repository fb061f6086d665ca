/**
 * The live view: server-sent events fed from the log. A client is only a place in the log, so nothing is queued for it:
 * while its connection takes no more, it falls behind in the log and catches up later, and one that takes nothing for
 * too long is dropped and may resume by Last-Event-ID. Without clients no timer runs and nobody listens to the store.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../access/access-rule.ts';
import { type Answer, problem, type Query } from '../http/problem.ts';
import type { Services } from '../routes/services.ts';
import { parseRecordId, recordId } from '../shapes/position.ts';
import { gatewayView, iso, recordView, statusView, strangerView } from '../shapes/views.ts';

/** New records wait this long for company. */
const GATHER_MS = 100;
const WATCH_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** A client that has taken nothing for this long is dropped, at the next heartbeat. */
const STUCK_MS = 30_000;
/** One caller must not take them all. */
const MAX_PER_CALLER = 8;
const BATCH_RECORDS = 200;
const BATCH_BYTES = 64 * 1024;
/** Bytes one connection may hold in memory; it holds a batch and the topics at most, so this is a safety net. */
const MAX_BUFFERED = 2 * 1024 * 1024;

/** The events of the stream, in words. */
export const EVENTS = [
  '`records`: an array of Record, id `<epoch>-<seq>` of the last of them.',
  '`status`: a Status; `gateways`, `strangers`: arrays; sent at the start and, at most once a second, after a change.',
  '`devices`: the list of devices changed, fetch it again.',
  '`beat`: {now}, every 15 s.',
  '`gap`: {after, resumesAfter, reason}: records asked for are no longer there.',
].join(' ');

interface Client {
  readonly response: ServerResponse;
  /** seq of the last record sent. */
  seq: number;
  /** Monotonic time since when the connection takes no more; undefined while it does. */
  blockedMs: number | undefined;
  /** Topics to send again once it takes more. */
  missed: boolean;
  readonly viewer: Viewer;
}

/** Who opened a stream. */
export interface Viewer {
  readonly caller: Caller;
  /** Whether they may still see it. */
  readonly lasts: () => boolean;
}

/** A part of the state that is sent whole when it changes. */
interface Topic {
  readonly event: string;
  readonly read: () => unknown;
  /** What was sent last; '' before the first. */
  text: string;
}

export interface EventHub {
  /** The stream, or a problem when there are too many. */
  subscribe(query: Query, after: string | undefined, viewer: Viewer): Answer;
  /** Ends all streams and takes no more. */
  close(): void;
  clients(): number;
}

export function createEventHub(deps: Services, maxClients: number): EventHub {
  const { world, store } = deps;
  const { clock } = world;
  const nowMs = deps.nowMs ?? clock.nowMs;
  const clients = new Set<Client>();
  const topics: Topic[] = [
    // The clock of the box is left out of the comparison, or every second would be a change.
    { event: 'status', read: () => ({ ...statusView(deps.status()), now: '' }), text: '' },
    { event: 'gateways', read: () => deps.gateways().map(gatewayView), text: '' },
    { event: 'strangers', read: () => deps.strangers().map(strangerView), text: '' },
  ];
  let closed = false;
  let asleep: (() => void)[] = [];
  let cancelFlush: (() => void) | undefined;

  function wake(): void {
    asleep = [
      store.log.onAppend(() => {
        cancelFlush ??= clock.after(GATHER_MS, flush);
      }),
      store.devices.onChange(() => broadcast(frame('devices', '{}'))),
      every(WATCH_MS, watch),
      every(HEARTBEAT_MS, beat),
    ];
    for (const topic of topics) topic.text = JSON.stringify(topic.read());
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
    const batches = new Map<number, Batch>();
    for (const client of clients) pump(client, batches);
  }

  /** Sends what the log holds beyond the client's place, as long as the connection takes it. */
  function pump(client: Client, batches: Map<number, Batch>): void {
    const last = store.log.lastSeq();
    while (client.seq < last && client.blockedMs === undefined) {
      const batch = batches.get(client.seq) ?? readBatch(deps, client.seq);
      batches.set(client.seq, batch);
      client.seq = Math.max(batch.lastSeq, client.seq + 1);
      send(client, batch.text);
    }
  }

  function watch(): void {
    for (const topic of topics) {
      const text = JSON.stringify(topic.read());
      if (text === topic.text) continue;
      topic.text = text;
      broadcast(topicFrame(topic));
    }
  }

  function topicFrame(topic: Topic): string {
    const text =
      topic.event === 'status' ? topic.text.replace('"now":""', `"now":"${iso(nowMs())}"`) : topic.text;
    return frame(topic.event, text);
  }

  /** For frames that lose their worth: a client that takes no more gets the whole state later. */
  function broadcast(text: string): void {
    for (const client of clients) {
      if (client.blockedMs === undefined) send(client, text);
      else client.missed = true;
    }
  }

  /** A named event rather than a comment, so that a page can tell a dead connection from a quiet site. */
  function beat(): void {
    for (const client of clients) {
      if (!client.viewer.lasts()) end(client);
      else if (client.blockedMs === undefined)
        send(client, frame('beat', JSON.stringify({ now: iso(nowMs()) })));
      else if (clock.monotonicMs() - client.blockedMs >= STUCK_MS) drop(client);
    }
  }

  function send(client: Client, text: string): void {
    if (text === '') return;
    if (!client.response.write(text)) client.blockedMs = clock.monotonicMs();
    if (client.response.writableLength > MAX_BUFFERED) drop(client);
  }

  function drop(client: Client): void {
    world.logger.info('http.stream_dropped', { seq: client.seq });
    remove(client);
    client.response.destroy();
  }

  function end(client: Client): void {
    remove(client);
    client.response.end();
  }

  function remove(client: Client): void {
    if (clients.delete(client) && clients.size === 0) sleep();
  }

  function resume(client: Client): void {
    if (!clients.has(client)) return;
    client.blockedMs = undefined;
    if (client.missed) {
      client.missed = false;
      for (const topic of topics) send(client, topicFrame(topic));
      send(client, frame('devices', '{}'));
    }
    pump(client, new Map());
  }

  function open(
    request: IncomingMessage,
    response: ServerResponse,
    after: string | undefined,
    viewer: Viewer,
  ): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    if (request.method === 'HEAD' || closed) {
      response.end();
      return;
    }
    request.socket.setNoDelay(true);
    const begin = startingPlace(deps, after);
    const client: Client = { response, seq: begin.seq, blockedMs: undefined, missed: false, viewer };
    if (clients.size === 0) wake();
    clients.add(client);
    response.on('drain', () => resume(client));
    response.once('close', () => remove(client));
    send(client, `retry: 2000\n\n${begin.gap}${topics.map(topicFrame).join('')}`);
    pump(client, new Map());
  }

  return {
    clients: () => clients.size,
    subscribe(query, after, viewer) {
      if (closed || clients.size >= maxClients) return tooMany(maxClients);
      const own = nameOf(viewer.caller);
      const held = [...clients].filter((client) => nameOf(client.viewer.caller) === own).length;
      if (own !== undefined && held >= MAX_PER_CALLER) return tooMany(MAX_PER_CALLER);
      const last = query.headers['last-event-id'];
      return {
        open: (request, response) => open(request, response, typeof last === 'string' ? last : after, viewer),
      };
    },
    close() {
      closed = true;
      for (const client of [...clients]) end(client);
    },
  };
}

/** Undefined where there is nobody to tell apart. */
function nameOf(caller: Caller): string | undefined {
  if (caller.kind === 'user') return `user ${caller.name}`;
  return caller.kind === 'token' ? `token ${caller.id}` : undefined;
}

interface Batch {
  readonly text: string;
  readonly lastSeq: number;
}

function readBatch({ store, timeOf }: Services, after: number): Batch {
  const records = store.log.readAfter(after, BATCH_RECORDS, BATCH_BYTES);
  const last = records.at(-1);
  if (!last) return { text: '', lastSeq: store.log.lastSeq() };
  const epoch = store.epoch();
  const data = JSON.stringify(records.map((record) => recordView(epoch, record, timeOf)));
  return { text: `id: ${recordId(epoch, last.seq)}\n${frame('records', data)}`, lastSeq: last.seq };
}

/** Where a client that has seen the record `after` goes on, with the frame that tells it of a gap. */
function startingPlace({ store }: Services, after: string | undefined): { seq: number; gap: string } {
  const last = store.log.lastSeq();
  const position = after === undefined ? undefined : parseRecordId(after);
  if (!position) return { seq: last, gap: '' };
  const oldest = store.log.firstSeq() - 1;
  const epoch = store.epoch();
  if (position.epoch === epoch && position.seq >= oldest && position.seq <= last) {
    return { seq: position.seq, gap: '' };
  }
  const expired = position.epoch === epoch && position.seq < oldest;
  const seq = expired ? oldest : last;
  const reason = expired ? 'expired' : 'other_store';
  return { seq, gap: frame('gap', JSON.stringify({ after, resumesAfter: recordId(epoch, seq), reason })) };
}

/** JSON holds no line break, so one data line is enough. */
function frame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

function tooMany(limit: number): Answer {
  return problem({
    code: 'too-many-streams',
    title: 'Too many live connections',
    status: 503,
    detail: `At most ${limit} live connections at once. Close a page, or try again later.`,
    headers: { 'retry-after': '10' },
  });
}
