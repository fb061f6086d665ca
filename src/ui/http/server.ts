/**
 * The web server: API and pages on one port of node:http. It does not touch the global Request and Response, which would
 * load the whole fetch implementation (13 MB of memory and 50 ms) into a process that needs none of it.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { Part } from '../../model/world.ts';
import { type Client, createClientReader } from '../access/client.ts';
import { createEventHub } from '../events/hub.ts';
import { createApi, notAllowed, notFound } from '../routes/app.ts';
import type { Asset, HttpServerDeps } from '../routes/services.ts';
import { type BodyReader, createBodyReader } from './body.ts';
import { createConnections } from './connections.ts';
import { createListener, type Listener } from './listener.ts';
import { type Answer, type Document, problem, type Query } from './problem.ts';

const MAX_BODY = 1024 * 1024;
/** Of all bodies under way; the largest, a file of devices, has 8 MB. */
const MAX_BODIES = 16 * 1024 * 1024;
const MAX_CONNECTIONS = 256;
/** A body that nobody reads is let through up to this size, so that the connection can be used again. */
const MAX_UNREAD = 64 * 1024;
/** Smaller answers are not worth compressing. */
const MIN_COMPRESSED = 1_400;
/** Open requests have this long to end at a stop, milliseconds. */
const STOP_MS = 500;

/** For every answer. Nothing from outside, no inline script, no frame around the pages. */
const SECURITY = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

export interface HttpServer extends Part {
  /** Where a browser on this machine finds it; '' before the start. */
  url(): string;
}

/** Makes the web server. `start` rejects when the address cannot be listened on, saying what to do. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const events = createEventHub(deps, deps.maxStreams ?? 32);
  const api = createApi(
    deps,
    events,
    deps.names?.map((name) => name.toLowerCase()),
  );
  const readClient = createClientReader(deps.trustedProxies ?? []);
  const compressed = new Map<string, Buffer>();
  const bodies = createBodyReader(MAX_BODIES);
  const connections = createConnections(MAX_CONNECTIONS);
  let listener: Listener | undefined;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { remoteAddress = '' } = request.socket;
    const client = readClient(remoteAddress, deps.tls !== undefined, request.headers);
    const query = readQuery(request, client, bodies);
    const answer = query ? ((await api.answer(query)) ?? page(query)) : badPath();
    for (const [name, value] of Object.entries(SECURITY)) response.setHeader(name, value);
    if ('open' in answer) answer.open(request, response);
    else await write(request, response, answer);
  }

  function page(query: Query): Answer {
    if (query.method !== 'GET' && query.method !== 'HEAD') return notAllowed(query.method, ['GET']);
    const asset = deps.asset(query.path);
    if (asset) return assetAnswer(query, asset, compressed);
    return query.path === '/' ? pagesMissing() : notFound();
  }

  return {
    async start() {
      if (listener) return;
      const made = await createListener(deps.tls, deps.world, (request, response) => {
        connections.inTurn(request, response, () =>
          respond(request, response).catch((error: unknown) => {
            const gone = request.socket.destroyed;
            deps.world.logger[gone ? 'debug' : 'error']('http.answer_failed', { error: String(error) });
            response.destroy();
          }),
        );
      });
      made.server.on('connection', connections.opened);
      listener = made;
      await listen(made.server, deps.host, deps.port).catch((error: unknown) => {
        listener = undefined;
        throw error;
      });
      made.server.on('error', (error) =>
        deps.world.logger.error('http.server_failed', { error: error.message }),
      );
    },
    async stop() {
      events.close();
      const stopping = listener;
      if (!stopping) return;
      listener = undefined;
      const cancel = deps.world.clock.after(STOP_MS, stopping.closeAll);
      await new Promise<void>((resolve) => {
        stopping.server.close(() => resolve());
        stopping.closeIdle();
      });
      cancel();
    },
    url() {
      const address = listener?.server.address();
      return address && typeof address === 'object'
        ? `${deps.tls ? 'https' : 'http'}://${browserHost(deps.host)}:${address.port}/`
        : '';
    },
  };
}

function browserHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo | string | null> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === 'EADDRINUSE'
          ? 'another program uses it; stop that one or choose another port'
          : error.code === 'EACCES'
            ? 'ports below 1024 need a privilege; choose a higher one'
            : 'check the address in the settings';
      const text = `the web server cannot listen on ${host} port ${port}: ${error.code ?? error.message}; ${hint}`;
      reject(new Error(text, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve(server.address());
    });
  });
}

function readQuery(request: IncomingMessage, client: Client, bodies: BodyReader): Query | undefined {
  const [path = '/', ...rest] = (request.url ?? '/').split('?');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  return {
    method: request.method ?? 'GET',
    path: decoded,
    search: new URLSearchParams(rest.join('?')),
    headers: request.headers,
    client,
    body: (maxBytes = MAX_BODY) => bodies.read(request, maxBytes),
  };
}

const compress = promisify(gzip);

async function write(request: IncomingMessage, response: ServerResponse, answer: Document): Promise<void> {
  const plain = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  const bodiless = answer.status === 204 || answer.status === 304;
  const squeeze =
    plain.length >= MIN_COMPRESSED && !answer.headers['content-encoding'] && isCompressible(request, answer);
  const body = squeeze ? await compress(plain) : plain;
  if (isUnread(request)) response.setHeader('connection', 'close');
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(squeeze ? { 'content-encoding': 'gzip', vary: 'accept-encoding' } : {}),
    ...(bodiless ? {} : { 'content-length': String(body.length) }),
  });
  response.end(request.method === 'HEAD' || bodiless ? undefined : body);
}

function isCompressible({ headers }: IncomingMessage, answer: Document): boolean {
  if (!/\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) return false;
  return /^(application\/(json|problem\+json)|text\/)/.test(answer.headers['content-type'] ?? '');
}

/** Whether the caller goes on sending what nobody will look at: then the connection ends with the answer. */
function isUnread({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  const announced = headers['content-length'];
  return announced === undefined
    ? headers['transfer-encoding'] !== undefined
    : Number(announced) > MAX_UNREAD;
}

/** Names with a hash of the content in them never change what they mean. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

function assetAnswer(query: Query, asset: Asset, compressed: Map<string, Buffer>): Document {
  const { etag, contentType, body } = asset;
  const headers = {
    'content-type': contentType,
    etag,
    vary: 'accept-encoding',
    'cache-control': HASHED.test(query.path) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  const known = query.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known?.includes(etag)) return { status: 304, headers, body: '' };
  if (!/\bgzip\b/.test(String(query.headers['accept-encoding'] ?? '')) || body.length < 1000) {
    return { status: 200, headers, body };
  }
  const small = compressed.get(etag) ?? gzipSync(body);
  compressed.set(etag, small);
  // A weak tag: the bytes on the line are other than those the strong one names.
  return { status: 200, headers: { ...headers, etag: `W/${etag}`, 'content-encoding': 'gzip' }, body: small };
}

function badPath(): Document {
  return problem({
    code: 'bad-path',
    title: 'Malformed path',
    status: 400,
    detail: 'The path is not valid UTF-8.',
  });
}

function pagesMissing(): Document {
  return problem({
    code: 'pages-missing',
    title: 'The pages are not built',
    status: 404,
    detail: 'Run `npm run build`; the API under /api/v1 works without.',
  });
}
