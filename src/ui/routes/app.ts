/** Every path the box answers, from a request to an answer: same origin, caller, route, who may, handler. No throw leaves it. */
import { Hono, type MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { World } from '../../model/world.ts';
import { allow } from '../access/access-rule.ts';
import { createClientReader, createProxyTrust } from '../access/client.ts';
import { createEventHub } from '../events/hub.ts';
import { accessLog } from '../http/access-log.ts';
import { answers } from '../http/answers.ts';
import { audited } from '../http/audited.ts';
import { authorize, tryLater } from '../http/authorize.ts';
import { createBodies } from '../http/body.ts';
import type { Env } from '../http/env.ts';
import { malformed } from '../http/input.ts';
import { createOutbox } from '../http/outbox.ts';
import { pages } from '../http/pages.ts';
import { notFound, Problem } from '../http/problem.ts';
import { timed } from '../http/request-times.ts';
import { createHostCheck, sameOrigin } from '../http/same-origin.ts';
import { sessionOf } from '../http/session-cookie.ts';
import { unknownProxy } from '../http/unknown-proxy.ts';
import { accountRoutes } from './accounts.ts';
import { alarmRuleRoutes } from './alarm-rules.ts';
import { alarmRoutes } from './alarms.ts';
import { auditRoutes } from './audit.ts';
import { backupRoutes, restoreRoutes } from './backups.ts';
import { catalogueRoutes } from './catalogue.ts';
import { codecRoutes } from './codecs.ts';
import { connectionRoutes } from './connections.ts';
import { deviceChangeRoutes } from './device-changes.ts';
import { deviceFileRoutes } from './device-files.ts';
import { deviceRoutes } from './devices.ts';
import { documentRoutes } from './document.ts';
import { downlinkRoutes } from './downlinks.ts';
import { eventRoutes } from './events.ts';
import { frameRoutes } from './frames.ts';
import { gatewayRoutes } from './gateways.ts';
import { healthRoutes } from './health.ts';
import { historyRoutes } from './history.ts';
import { influxRoutes } from './influx.ts';
import { logRoutes } from './logs.ts';
import { notifyRoutes } from './notify.ts';
import { notifyBookRoutes } from './notify-book.ts';
import { pictureRoutes } from './pictures.ts';
import { profileRoutes } from './profiles.ts';
import { quarantineRoutes } from './quarantine.ts';
import { readingExportRoutes } from './reading-export.ts';
import { readingRoutes } from './readings.ts';
import { createRecordWaiters } from './record-waiters.ts';
import { recordRoutes } from './records.ts';
import { rehearsalRoutes } from './rehearsal.ts';
import type { Services } from './services.ts';
import { accessRoutes } from './session.ts';
import { settingsRoutes } from './settings.ts';
import { sheetRoutes } from './sheets.ts';
import { silenceRoutes } from './silence.ts';
import { statusRoutes } from './status.ts';
import { supportRoutes } from './support.ts';
import { surveyRoutes } from './survey.ts';
import { updateRoutes } from './update.ts';
import { uploadRoutes } from './uploads.ts';

/** Of all bodies under way; the largest, a file of devices, has 8 MB. */
const MAX_BODIES = 16 * 1024 * 1024;
const MAX_STREAMS = 32;
/** Methods that change nothing. */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** What is needed to be told that a path or a method is not known. */
const UNKNOWN = allow.viewer('metrics');

export type App = ReturnType<typeof createApp>['app'];

export function createApp(services: Services) {
  const events = createEventHub(services, services.maxStreams ?? MAX_STREAMS);
  const waiters = createRecordWaiters(services.store.log, services.world.clock);
  const app = new Hono<Env>();
  const isOurs = createHostCheck(services.names ?? []);
  app.use(timed(services.requests, services.world));
  if (services.accessLog) app.use(accessLog(services.world));
  app.use(...answers(services.hstsDays));
  app.use(wellFormed, sameOrigin(isOurs));
  app.use(...whoAsks(services));
  app.use('/api/*', limitRate(services));
  app.use('/api/*', keepChanges(services));
  app.use('/api/*', audited(services.audit?.note, services.world));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => notAllowed(c.req.method, methods) }));
  app.onError((error, c) => {
    if (error instanceof Problem) return error.getResponse();
    if (error instanceof HTTPException) return malformed('The body is not valid JSON.').getResponse();
    return failed(services.world, error, c.env.peer.isGone()).getResponse();
  });
  app.notFound((c) => {
    if (c.req.path.startsWith('/api/')) c.var.authorize(UNKNOWN);
    return notFound().getResponse();
  });
  const routed = app
    .route('/', healthRoutes(services))
    .route('/api/v1', statusRoutes(services))
    .route('/api/v1', gatewayRoutes(services))
    .route('/api/v1', frameRoutes(services))
    .route('/api/v1', surveyRoutes(services))
    .route('/api/v1', readingRoutes(services))
    .route('/api/v1', recordRoutes(services, waiters))
    // Before the devices: `export` and `silent` are no DevEUIs.
    .route('/api/v1', deviceFileRoutes(services))
    .route('/api/v1', silenceRoutes(services))
    .route('/api/v1', deviceChangeRoutes(services))
    .route('/api/v1', deviceRoutes(services))
    .route('/api/v1', historyRoutes(services))
    .route('/api/v1', readingExportRoutes(services))
    .route('/api/v1', downlinkRoutes(services))
    .route('/api/v1', profileRoutes(services))
    .route('/api/v1', codecRoutes(services))
    .route('/api/v1', catalogueRoutes(services))
    .route('/api/v1', quarantineRoutes(services))
    .route('/api/v1', influxRoutes(services))
    .route('/api/v1', logRoutes(services))
    .route('/api/v1', backupRoutes(services))
    .route('/api/v1', restoreRoutes(services))
    .route('/api/v1', rehearsalRoutes(services))
    .route('/api/v1', uploadRoutes(services))
    .route('/api/v1', pictureRoutes(services))
    .route('/api/v1', supportRoutes(services))
    .route('/api/v1', updateRoutes(services))
    .route('/api/v1', sheetRoutes(services))
    .route('/api/v1', accessRoutes(services))
    .route('/api/v1', accountRoutes(services))
    .route('/api/v1', settingsRoutes(services))
    .route('/api/v1', connectionRoutes(services))
    .route('/api/v1', alarmRoutes(services))
    .route('/api/v1', alarmRuleRoutes(services))
    .route('/api/v1', notifyRoutes(services))
    .route('/api/v1', notifyBookRoutes(services))
    .route('/api/v1', auditRoutes(services))
    .route('/api/v1', eventRoutes(events, services.access))
    .route('/api/v1', documentRoutes(app, services.status));
  app.route('/', pages(services.asset));
  const refused = (method: string, status: number) => services.requests.note(method, undefined, status, 0);
  return {
    app: routed,
    isOurs,
    refused,
    close() {
      events.close();
      waiters.close();
    },
  };
}

const wellFormed: MiddlewareHandler<Env> = async (c, next) => {
  if (!isDecodable(new URL(c.req.url).pathname)) throw badPath();
  await next();
};

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function whoAsks({ access, world, trustedProxies = [] }: Services): MiddlewareHandler<Env>[] {
  const isTrusted = createProxyTrust(trustedProxies);
  return [unknownProxy(access, isTrusted, world), identify(access, isTrusted)];
}

/** Finds out who asks, and leaves it to each route whether they may. */
function identify(access: Services['access'], isTrusted: (peer: string) => boolean): MiddlewareHandler<Env> {
  const readClient = createClientReader(isTrusted);
  const bodies = createBodies(MAX_BODIES);
  const outbox = createOutbox();
  return async (c, next) => {
    const { peer } = c.env;
    const forwarded = { for: c.req.header('x-forwarded-for'), proto: c.req.header('x-forwarded-proto') };
    const client = readClient(peer.address, peer.tls, forwarded);
    const session = sessionOf(c, client.secure);
    const shown = { authorization: c.req.header('authorization'), session };
    const caller = c.env.caller ?? access.identify(shown);
    c.set('client', client);
    c.set('caller', caller);
    c.set('authorize', (rule) => authorize(access, rule, caller));
    c.set('bodies', bodies);
    c.set('outbox', outbox);
    c.set('spend', (bytes) => access.spend(caller, client, bytes));
    await next();
  };
}

function limitRate({ access }: Services): MiddlewareHandler<Env> {
  return async (c, next) => {
    const waitMs = access.waitMs(c.var.caller, c.var.client);
    if (waitMs > 0) throw tryLater('Too many requests', waitMs);
    await next();
  };
}

/** What was changed is on disk before the caller hears that it was. */
function keepChanges({ store, access, audit }: Services): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    if (READING.has(c.req.method)) return;
    try {
      await Promise.all([store.synced(), access.synced(), audit?.synced?.()]);
    } catch (error) {
      throw notOnDisk(error);
    }
  };
}

function notOnDisk(error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return new Problem({
    code: 'not-on-disk',
    title: 'Not on disk yet',
    status: 503,
    detail: `It holds for now, but a power cut may take it back: ${why}`,
  });
}

/** `methods` are those the path knows. */
function notAllowed(method: string, methods: readonly string[]): Response {
  const allowed = [
    ...methods.filter((known) => known !== 'HEAD'),
    ...methods.filter((known) => known === 'HEAD'),
  ];
  return new Problem({
    code: 'method-not-allowed',
    title: 'Method not allowed',
    status: 405,
    detail: `${method} is not known here; ${allowed.join(', ')} ${allowed.length > 1 ? 'are' : 'is'}.`,
    headers: { allow: allowed.join(', ') },
  }).getResponse();
}

function badPath(): Problem {
  return new Problem({
    code: 'bad-path',
    title: 'Malformed path',
    status: 400,
    detail: 'The path is not valid UTF-8.',
  });
}

/** The caller may have gone while we worked for them, which is nobody's fault here. */
function failed({ logger }: World, error: Error, isGone: boolean): Problem {
  logger[isGone ? 'debug' : 'error']('http.request_failed', { error: String(error) });
  return new Problem({
    code: 'internal',
    title: 'Something went wrong here',
    status: 500,
    detail: 'The request could not be answered. The log of the box says more.',
  });
}
