/**
 * How many requests were answered, with what, and how long that took, for /metrics: plain counts, a few dozen additions a
 * request. Bounded: methods and statuses by class, paths by the route they were declared as, all others as one.
 */
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { createDurations, type DurationCounts, type Durations } from '../../model/durations.ts';
import type { World } from '../../model/world.ts';
import type { Env } from './env.ts';
import { operationOf } from './operation.ts';

/** What a path is called that no route was declared for. */
const UNKNOWN = 'unknown';
/** Anybody can think of another method; it is no name for a count. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The requests that have method, route and class of status in common. */
export interface RequestTime extends DurationCounts {
  readonly method: string;
  readonly route: string;
  /** '2xx' */
  readonly status: string;
}

export interface RequestTimes {
  /** Counts a request; `route` as it was declared, undefined for none. */
  note(method: string, route: string | undefined, status: number, seconds: number): void;
  list(): RequestTime[];
}

export function createRequestTimes(): RequestTimes {
  const kept = new Map<
    string,
    { readonly labels: readonly [string, string, string]; readonly took: Durations }
  >();
  return {
    note(asked, route = UNKNOWN, code, seconds) {
      const method = METHODS.has(asked) ? asked : 'other';
      const status = `${Math.floor(code / 100)}xx`;
      const key = `${method} ${route} ${status}`;
      const known = kept.get(key) ?? { labels: [method, route, status], took: createDurations() };
      kept.set(key, known);
      known.took.note(seconds);
    },
    list: () =>
      [...kept.values()].map(({ labels: [method, route, status], took }) => ({
        ...{ method, route, status },
        ...took.counts(),
      })),
  };
}

/** Counts what the app answers. A stream of events is none, nor is waiting for a record: both take as long as somebody likes. */
export function timed({ note }: RequestTimes, { clock }: Pick<World, 'clock'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    const startMs = clock.monotonicMs();
    await next();
    if (c.res.headers.get('content-type')?.startsWith('text/event-stream')) return;
    if (Number(c.req.query('wait') ?? 0) > 0) return;
    // The first that was declared is the one that answers.
    const route = matchedRoutes(c).find(({ handler }) => operationOf(handler))?.path;
    note(c.req.method, route, c.res.status, (clock.monotonicMs() - startMs) / 1000);
  };
}
