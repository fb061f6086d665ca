/**
 * How many requests were answered, with what, and how long that took, for /metrics: plain counts, a few dozen additions a
 * request. Bounded: methods and statuses by class, paths by the route they were declared as, all others as one.
 */
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { World } from '../../model/world.ts';
import type { Env } from './env.ts';
import { operationOf } from './operation.ts';

/** Upper bounds, seconds: from a file out of memory on a PC to what a card that is busy makes a small box wait. */
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** What a path is called that no route was declared for. */
const UNKNOWN = 'unknown';
/** Anybody can think of another method; it is no name for a count. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The requests that have method, route and class of status in common. */
export interface RequestTime {
  readonly method: string;
  readonly route: string;
  /** '2xx' */
  readonly status: string;
  /** How many took at most so long, by upper bound in seconds; each has those of the bounds below in it. */
  readonly within: readonly (readonly [boundS: number, count: number])[];
  readonly count: number;
  readonly sumS: number;
}

export interface RequestTimes {
  /** Counts a request; `route` as it was declared, undefined for none. */
  note(method: string, route: string | undefined, status: number, seconds: number): void;
  list(): RequestTime[];
}

export function createRequestTimes(): RequestTimes {
  const kept = new Map<
    string,
    { labels: readonly [string, string, string]; counts: number[]; sumS: number }
  >();
  return {
    note(asked, route = UNKNOWN, code, seconds) {
      const method = METHODS.has(asked) ? asked : 'other';
      const status = `${Math.floor(code / 100)}xx`;
      const key = `${method} ${route} ${status}`;
      const known = kept.get(key) ?? {
        labels: [method, route, status],
        counts: [...BOUNDS_S, 0].fill(0),
        sumS: 0,
      };
      kept.set(key, known);
      const place = BOUNDS_S.findIndex((boundS) => seconds <= boundS);
      const index = place < 0 ? BOUNDS_S.length : place;
      known.counts[index] = (known.counts[index] ?? 0) + 1;
      known.sumS += seconds;
    },
    list: () =>
      [...kept.values()].map(({ labels: [method, route, status], counts, sumS }) => {
        let count = 0;
        const within = BOUNDS_S.map((boundS, i) => {
          count += counts[i] ?? 0;
          return [boundS, count] as const;
        });
        return { method, route, status, within, count: count + (counts[BOUNDS_S.length] ?? 0), sumS };
      }),
  };
}

/** Counts what the app answers. A stream of events is none: it takes as long as somebody looks at it. */
export function timed({ note }: RequestTimes, { clock }: Pick<World, 'clock'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    const startMs = clock.monotonicMs();
    await next();
    if (c.res.headers.get('content-type')?.startsWith('text/event-stream')) return;
    // The first that was declared is the one that answers.
    const route = matchedRoutes(c).find(({ handler }) => operationOf(handler))?.path;
    note(c.req.method, route, c.res.status, (clock.monotonicMs() - startMs) / 1000);
  };
}
