/**
 * A stand-in for InfluxDB 2.7's write endpoint, from its documented behaviour: points are kept by series and time, so that
 * overwrites and losses can be counted; a malformed line refuses the whole request (400), a field of another type than its day
 * (shard) has only its point (422, the others are written). Answers can be scripted, also the ones no healthy server gives.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { createInfluxAdmin, type InfluxAdmin } from './influx-admin.ts';

export type ParsedValue = number | string | boolean;

export interface ParsedPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, ParsedValue>>;
  /** Nanoseconds. */
  readonly time: bigint;
}

/** How the next request is met; `writes`: whether its points land all the same. */
export type Step =
  | 'healthy'
  | {
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly writes?: boolean;
    }
  /** Closes the connection without an answer. */
  | { readonly cut: true; readonly writes?: boolean }
  /** Reads the request and never answers. */
  | { readonly silent: true; readonly writes?: boolean }
  /** Healthy, but the answer takes its time. */
  | { readonly slowMs: number };

export interface FakeAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long the answer takes, milliseconds. */
  readonly slowMs?: number;
}

export interface InfluxFake {
  /** Every point, by `series time`. */
  readonly points: Map<string, ParsedPoint>;
  /** Steps for the coming requests; 'healthy' when used up. */
  readonly script: Step[];
  /** Bodies received, in order. */
  readonly requests: string[];
  /** Why a point is refused (422), or undefined. */
  refuse: (point: ParsedPoint) => string | undefined;
  /** Whether the good points of a request with bad ones are written. */
  partial: boolean;
  /** Most bytes of a body (413). */
  maxBytes: number;
  /** What the next step makes of `body`; 'nothing' when there is no answer, 'silence' when it never comes. */
  receive(body: string): FakeAnswer | 'nothing' | 'silence';
}

/** An empty InfluxDB that takes everything. */
export function createInfluxFake(): InfluxFake {
  const types = new Map<string, string>();
  const fake: InfluxFake = {
    points: new Map(),
    script: [],
    requests: [],
    refuse: () => undefined,
    partial: true,
    maxBytes: Number.POSITIVE_INFINITY,
    receive(body) {
      fake.requests.push(body);
      const step = fake.script.shift() ?? 'healthy';
      if (step === 'healthy') return healthy(body);
      if ('slowMs' in step) return { ...healthy(body), slowMs: step.slowMs };
      if (step.writes) healthy(body);
      if ('cut' in step) return 'nothing';
      if ('silent' in step) return 'silence';
      return json(step.status, 'scripted', step.message ?? 'scripted', step.headers);
    },
  };

  function healthy(body: string): FakeAnswer {
    if (body.length > fake.maxBytes) return json(413, 'request too large', 'request body too large');
    if (body === '') return json(400, 'invalid', 'writing requires points');
    let points: ParsedPoint[];
    try {
      points = body.split('\n').map(parseLine);
    } catch (error) {
      return json(400, 'invalid', `unable to parse: ${(error as Error).message}`);
    }
    const known = new Map(types);
    const reasons = points.map((point) => fake.refuse(point) ?? typeConflict(point, known));
    const bad = reasons.filter((reason) => reason !== undefined);
    if (bad.length === 0 || fake.partial) {
      points.filter((_, index) => reasons[index] === undefined).forEach(store);
    }
    if (bad.length === 0) return { status: 204, body: '', headers: {} };
    const message = `failure writing points to database: partial write: ${bad[0]} dropped=${bad.length}`;
    return json(422, 'unprocessable entity', message);
  }

  /** Why `point` does not go with the types `known`, which it adds to when it does. */
  function typeConflict(point: ParsedPoint, known: Map<string, string>): string | undefined {
    const { measurement, fields } = point;
    for (const [key, value] of Object.entries(fields)) {
      const type = known.get(shardField(point, key)) ?? typeNameOf(value);
      if (type !== typeNameOf(value)) {
        return `field type conflict: input field "${key}" on measurement "${measurement}" is type ${typeNameOf(value)}, already exists as type ${type}`;
      }
    }
    learnTypes(point, known);
    return undefined;
  }

  function store(point: ParsedPoint): void {
    learnTypes(point, types);
    fake.points.set(`${point.measurement} ${JSON.stringify(point.tags)} ${point.time}`, point);
  }
  return fake;
}

/** A shard is a day; the types are the shard's. */
function shardField({ measurement, time }: ParsedPoint, field: string): string {
  return `${time / 86_400_000_000_000n} ${measurement} ${field}`;
}

function learnTypes(point: ParsedPoint, types: Map<string, string>): void {
  for (const [key, value] of Object.entries(point.fields))
    types.set(shardField(point, key), typeNameOf(value));
}

function typeNameOf(value: ParsedValue): string {
  return typeof value === 'number' ? 'float' : typeof value;
}

function json(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): FakeAnswer {
  const body = JSON.stringify({ code, message });
  return { status, body, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } };
}

export interface ServedFake {
  readonly url: string;
  /** Requests whose path, token, content encoding or precision were wrong, in words. */
  readonly complaints: string[];
  /** Connections that were written over and write requests received so far, refused ones included. */
  connections(): number;
  requests(): number;
  /** How many of them had a compressed body. */
  zippedRequests(): number;
  /** Closes every connection and the port. */
  close(): Promise<void>;
}

/** `fake` on a loopback port, for organisation 'org', bucket 'bucket' and the token 'secret-token'. */
export async function serveInfluxFake(
  fake: InfluxFake,
  port = 0,
  admin: InfluxAdmin = createInfluxAdmin(),
): Promise<ServedFake> {
  admin.points = fake.points;
  const complaints: string[] = [];
  const sockets = new Set<Socket>();
  const writers = new Set<Socket>();
  let requests = 0;
  let zippedRequests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (!request.url?.startsWith('/api/v2/write')) {
        const answer = admin.answer(request, Buffer.concat(chunks).toString());
        if (answer) return respond(response, answer);
      } else {
        requests += 1;
        writers.add(request.socket);
      }
      const zipped = request.headers['content-encoding'] === 'gzip';
      if (zipped) zippedRequests += 1;
      const bytes = Buffer.concat(chunks);
      const refusal = refuseRequest(request, complaints, admin);
      respond(response, refusal ?? fake.receive((zipped ? gunzipSync(bytes) : bytes).toString()));
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    complaints,
    connections: () => writers.size,
    requests: () => requests,
    zippedRequests: () => zippedRequests,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function respond(response: ServerResponse, answer: FakeAnswer | 'nothing' | 'silence'): void {
  if (answer === 'silence') return;
  if (answer === 'nothing') {
    response.socket?.destroy();
    return;
  }
  const send = () => response.writeHead(answer.status, answer.headers).end(answer.body);
  if (answer.slowMs === undefined) send();
  else setTimeout(send, answer.slowMs);
}

/** The order InfluxDB looks in: token, then bucket. */
function refuseRequest(
  request: IncomingMessage,
  complaints: string[],
  admin: InfluxAdmin,
): FakeAnswer | undefined {
  const url = new URL(request.url ?? '', 'http://fake');
  if (request.method !== 'POST' || url.pathname !== '/api/v2/write') {
    complaints.push(`${request.method} ${url.pathname}`);
    return json(404, 'not found', 'path not found');
  }
  if (url.searchParams.get('precision') !== 'ns') complaints.push(`precision in ${url.search}`);
  if (request.headers.authorization !== 'Token secret-token') {
    return json(401, 'unauthorized', 'unauthorized access');
  }
  if (url.searchParams.get('org') !== 'org') return json(404, 'not found', 'organization name not found');
  const bucket = url.searchParams.get('bucket');
  return admin.buckets.has(bucket ?? '') ? undefined : json(404, 'not found', `bucket "${bucket}" not found`);
}

/** One line of line protocol, read by the letter of InfluxDB's own scanner; throws an Error for a malformed one. */
export function parseLine(line: string): ParsedPoint {
  let at = 0;
  /** Up to an unescaped character of `ends`: escaped is what has a backslash in front, whatever is in front of that. */
  function name(ends: string): string {
    const start = at;
    while (at < line.length && !(ends.includes(line[at] ?? '') && line[at - 1] !== '\\')) at += 1;
    if (at === start) throw new Error(`missing name at ${at} in '${line}'`);
    return line.slice(start, at).replace(/\\([,= ])/g, '$1');
  }
  function expect(character: string): void {
    if (line[at] !== character) throw new Error(`expected '${character}' at ${at} in '${line}'`);
    at += 1;
  }
  function quoted(): string {
    let text = '';
    for (at += 1; line[at] !== '"'; at += 1) {
      if (at >= line.length) throw new Error(`unbalanced quotes in '${line}'`);
      if (line[at] === '\\' && (line[at + 1] === '"' || line[at + 1] === '\\')) at += 1;
      text += line[at];
    }
    at += 1;
    return text;
  }
  function value(): ParsedValue {
    if (line[at] === '"') return quoted();
    const token = /^[^, ]*/.exec(line.slice(at))?.[0] ?? '';
    at += token.length;
    if (/^(t|T|true|True|TRUE)$/.test(token)) return true;
    if (/^(f|F|false|False|FALSE)$/.test(token)) return false;
    if (!/^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(token)) throw new Error(`invalid number '${token}'`);
    return Number(token);
  }
  const measurement = name(', ');
  const tags: Record<string, string> = {};
  while (line[at] === ',') {
    at += 1;
    const key = name('=, ');
    expect('=');
    tags[key] = name('=, ');
    if (line[at] === '=') throw new Error(`invalid tag format in '${line}'`);
  }
  const fields: Record<string, ParsedValue> = {};
  do {
    at += 1;
    const key = name('=, ');
    expect('=');
    Object.defineProperty(fields, key, { value: value(), enumerable: true, configurable: true });
  } while (line[at] === ',');
  expect(' ');
  const digits = line.slice(at);
  if (!/^-?\d+$/.test(digits)) throw new Error(`bad timestamp in '${line}'`);
  return { measurement, tags, fields, time: BigInt(digits) };
}
