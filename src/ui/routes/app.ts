/**
 * Every path the API knows, from a request to an answer: guard, caller, route, who may, handler. Nothing here touches a
 * socket, and no throw leaves it.
 *
 * Hono finds the route and runs the handlers in their order; what goes in and comes out are our own plain objects. Its
 * usual ones, the global Request and Response, would load Node's whole fetch implementation into the process: 13 MB and
 * 50 ms that the small machine has better uses for.
 */
import { Hono } from 'hono';
import { allow, type Caller } from '../access/access-rule.ts';
import { createAuthorizer } from '../access/authorize.ts';
import { EVENTS, type EventHub } from '../events/hub.ts';
import { defineRoute, type Route } from '../http/operation.ts';
import { type Answer, json, problem, type Query } from '../http/problem.ts';
import { refusal } from '../http/same-origin.ts';
import { eventParams } from '../shapes/inputs.ts';
import { accountRoutes } from './accounts.ts';
import { codecRoutes } from './codecs.ts';
import { onboardingRoutes } from './device-files.ts';
import { deviceRoutes } from './devices.ts';
import { downlinkRoutes } from './downlinks.ts';
import { profileRoutes } from './profiles.ts';
import { quarantineRoutes } from './quarantine.ts';
import { operationRoutes, readingRoutes } from './readings.ts';
import type { Services } from './services.ts';
import { accessRoutes } from './session.ts';

export interface Api {
  readonly routes: readonly Route[];
  /** The answer, or undefined when the path is not one of the API (it may be a page). */
  answer(query: Query): Promise<Answer | undefined>;
}

export function createApi(deps: Services, events: EventHub, names: readonly string[] = []): Api {
  const routes: Route[] = [
    ...readingRoutes(deps),
    // Before the devices: `export` is no DevEUI.
    ...(deps.onboarding ? onboardingRoutes(deps, deps.onboarding) : []),
    ...deviceRoutes(deps),
    ...profileRoutes(deps),
    ...(deps.scripts ? codecRoutes(deps.store, deps.scripts) : []),
    ...(deps.downlinks ? downlinkRoutes(deps, deps.downlinks) : []),
    ...(deps.quarantine ? quarantineRoutes(deps.quarantine, deps.timeOf) : []),
    ...operationRoutes(deps),
    ...accessRoutes(deps),
    ...accountRoutes(deps),
    defineRoute({
      method: 'GET',
      path: '/api/v1/events',
      name: 'streamEvents',
      summary: 'New records and changes of state as server-sent events; Last-Event-ID resumes from the log',
      access: allow.viewer('read'),
      params: eventParams,
      responses: { 200: { description: EVENTS, contentType: 'text/event-stream' } },
      handle: ({ query, params, caller }) =>
        events.subscribe(query, params.after, { caller, lasts: () => deps.access.lasts(caller) }),
    }),
    openApiRoute(deps, () => routes),
  ];
  const authorizer = createAuthorizer(deps.access);
  const app = new Hono<{ Bindings: { query: Query; caller: Caller } }>();
  app.onError((error) => asResponse(failed(deps, error)));
  app.notFound(() => asResponse(NOT_OURS));
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), async ({ req, env }) =>
      asResponse(
        authorizer.refusal(route.access, env.caller) ??
          (await route.answer(env.query, req.param(), env.caller)),
      ),
    );
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes.filter((route) => route.path === path).map(({ method }) => method);
    app.all(honoPath(path), ({ env }) =>
      asResponse(authorizer.refusal(UNKNOWN, env.caller) ?? notAllowed(env.query.method, allowed)),
    );
  }

  async function answer(query: Query): Promise<Answer | undefined> {
    const refused = refusal(query.method, query.headers, names);
    if (refused) return refused;
    const caller = deps.access.identify(query.headers, query.client);
    const tooMany = query.path.startsWith('/api/') ? authorizer.tooMany(caller, query.client) : undefined;
    if (tooMany) return tooMany;
    const method = query.method === 'HEAD' ? 'GET' : query.method;
    const request = {
      method,
      url: `http://edge${query.path.split('/').map(encodeURIComponent).join('/')}`,
    };
    const answer = asAnswer(await app.fetch(request as unknown as Request, { query, caller }));
    if (answer !== NOT_OURS) return answer;
    return query.path.startsWith('/api/') ? (authorizer.refusal(UNKNOWN, caller) ?? notFound()) : undefined;
  }

  return { routes, answer: (query) => answer(query).catch((error: unknown) => failed(deps, error)) };
}

/** What is needed to be told that a path or a method is not known. */
const UNKNOWN = allow.viewer('metrics');

/** What the app answers for a path it does not know: it may be a page. */
const NOT_OURS: Answer = notFound();

/** Hono hands on what a handler gives, whatever it is. */
const asResponse = (answer: Answer): Response => answer as unknown as Response;
const asAnswer = (response: Response): Answer => response as unknown as Answer;

/** '/devices/{devEui}', as OpenAPI spells it, in Hono's spelling. */
function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function openApiRoute(deps: Services, routes: () => Route[]): Route {
  let text: string | undefined;
  return defineRoute({
    method: 'GET',
    path: '/api/v1/openapi.json',
    name: 'getOpenApi',
    summary: 'This document',
    access: allow.viewer('read'),
    responses: { 200: { description: 'OpenAPI 3.1' } },
    async handle() {
      const { openApiDocument } = await import('../http/openapi.ts');
      text ??= JSON.stringify(openApiDocument(routes(), deps.status().version));
      return { ...json(null), body: text };
    },
  });
}

export function notFound(): Answer {
  return problem({
    code: 'not-found',
    title: 'Nothing here',
    status: 404,
    detail: 'No such path. /api/v1/openapi.json lists them all.',
  });
}

/** `allowed` are the methods the path knows. */
export function notAllowed(method: string, allowed: readonly string[]): Answer {
  const allow = allowed.includes('GET') ? [...allowed, 'HEAD'] : [...allowed];
  return problem({
    code: 'method-not-allowed',
    title: 'Method not allowed',
    status: 405,
    detail: `${method} is not known here; ${allow.join(', ')} ${allow.length > 1 ? 'are' : 'is'}.`,
    headers: { allow: allow.join(', ') },
  });
}

function failed({ world }: Services, error: unknown): Answer {
  world.logger.error('http.request_failed', { error: String(error) });
  return problem({
    code: 'internal',
    title: 'Something went wrong here',
    status: 500,
    detail: 'The request could not be answered. The log of the box says more.',
  });
}
