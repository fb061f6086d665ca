/** What `collect` serves: /metrics, /healthz, /readyz and the page of the fleet. Small, read only, and bounded. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorText } from '../../model/error-text.ts';
import type { World } from '../../model/world.ts';
import type { Collector } from './collector.ts';
import { type FleetOptions, readFleet, type SiteView } from './fleet.ts';
import { FLEET_STYLE, fleetPage } from './fleet-page.ts';
import { metricsText } from './metrics.ts';

export interface CentreHttpOptions {
  /** 'host:port', an IPv6 address in brackets. */
  readonly listen: string;
  /** Needed for the page and the metrics when given. */
  readonly token: string | undefined;
  readonly collector: Collector;
  readonly fleet: Omit<FleetOptions, 'nowMs' | 'isThorough' | 'redis'>;
  readonly world: World;
}

export interface CentreHttp {
  /** Where it listens. */
  url(): string;
  stop(): Promise<void>;
}

interface Context extends CentreHttpOptions {
  /** The fleet as last read: many who ask at once cost one look. */
  reading: { readonly atMs: number; readonly fleet: Promise<SiteView[]> } | undefined;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const FRESH_MS = 5_000;
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(FLEET_STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
} as const;

/** Listens until stopped. Rejects when the address cannot be had. */
export async function serveCentre(options: CentreHttpOptions): Promise<CentreHttp> {
  const context: Context = { ...options, reading: undefined };
  const server = createServer(
    {
      maxHeaderSize: 16_384,
      requestTimeout: 10_000,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 5_000,
    },
    (request, response) => {
      void respond(context, request, response);
    },
  );
  server.maxConnections = 256;
  server.keepAliveTimeout = 5_000;
  await listen(server, options.listen);
  return {
    url: () => urlOf(server),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, place: string): Promise<void> {
  const colon = place.lastIndexOf(':');
  const host = place.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(place.slice(colon + 1)), host, resolve);
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return '';
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}/`;
}

async function respond(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  let answer: Answer;
  try {
    answer = await answerTo(context, request);
  } catch (error) {
    context.world.logger.debug('collect.http_failed', { error: errorText(error) });
    answer = plain(503, 'Redis cannot be asked');
  }
  response.writeHead(answer.status, { ...HEADERS, 'content-type': answer.type, ...answer.headers });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(context: Context, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0];
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { ...plain(405, 'only GET'), headers: { allow: 'GET, HEAD' } };
  if (path === '/healthz') return plain(200, 'alive');
  if (path === '/readyz') return ready(context.collector);
  if (path !== '/metrics' && path !== '/') return plain(404, 'no such page');
  if (!isAllowed(context.token, request)) {
    return {
      ...plain(401, 'a token is needed'),
      headers: { 'www-authenticate': 'Basic realm="fleet", charset="UTF-8"' },
    };
  }
  if (!isOwnName(context, request)) return plain(421, 'not a name of this server');
  const nowMs = context.world.clock.nowMs();
  const status = context.collector.status();
  if (path === '/') {
    return {
      status: 200,
      type: 'text/html; charset=utf-8',
      body: fleetPage({ status, fleet: await fleetOf(context), nowMs }),
    };
  }
  const fleet = await fleetOf(context).catch(() => undefined);
  return {
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: await metricsText({ status, fleet, nowMs }),
  };
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

/** Ready: Redis answers, and every sink takes what it is given. */
function ready(collector: Collector): Answer {
  const { redis, sinks } = collector.status();
  const troubles = [{ name: 'redis', ...redis }, ...sinks].filter(({ state }) => state !== 'ok');
  if (troubles.length === 0) return plain(200, 'ready');
  // Why is told to those who may see the page.
  return plain(503, troubles.map(({ name, state }) => `${name}: ${state}`).join('\n'));
}

function fleetOf(context: Context): Promise<SiteView[]> {
  const { clock } = context.world;
  const atMs = clock.monotonicMs();
  if (!context.reading || atMs - context.reading.atMs > FRESH_MS) {
    const { fleet: settings, collector } = context;
    const fleet = readFleet({ ...settings, redis: collector.redis, nowMs: clock.nowMs(), isThorough: false });
    // One who asks later looks again.
    fleet.catch(() => {
      context.reading = undefined;
    });
    context.reading = { atMs, fleet };
  }
  return context.reading.fleet;
}

/** Without a token only loopback is listened on; a page of elsewhere must not get at it by a name of its own. */
function isOwnName({ token }: Context, { headers }: IncomingMessage): boolean {
  if (token !== undefined) return true;
  const host = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isAllowed(token: string | undefined, { headers }: IncomingMessage): boolean {
  if (token === undefined) return true;
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ', 2);
  const given =
    scheme.toLowerCase() === 'bearer'
      ? value
      : scheme.toLowerCase() === 'basic'
        ? Buffer.from(value, 'base64')
            .toString('utf8')
            .replace(/^[^:]*:/, '')
        : '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
