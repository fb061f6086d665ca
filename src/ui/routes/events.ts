/** The live view over the API: server-sent events. */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import * as z from 'zod/mini';
import type { AccessControl } from '../access/access-control.ts';
import { allow } from '../access/access-rule.ts';
import type { EventHub } from '../events/hub.ts';
import type { Env } from '../http/env.ts';
import { query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { maybe } from '../shapes/describe.ts';

/** The events of the stream, in words. */
const EVENTS = [
  '`records`: an array of Record, id `<epoch>-<seq>` of the last of them.',
  '`status`: a Status; `gateways`, `strangers`: arrays; sent at the start and, at most once a second, after a change.',
  '`devices`: the list of devices changed, fetch it again.',
  '`beat`: {now}, every 15 s.',
  '`gap`: {after, resumesAfter, reason}: records asked for are no longer there.',
].join(' ');

/** Where a stream of events begins. */
const eventParams = z.object({
  after: maybe(
    z.string().check(z.regex(/^\d{1,15}-\d{1,15}$/, 'must be the id of a record, <epoch>-<seq>')),
    'Id of the last record seen; Last-Event-ID wins over it; without either only new records come',
  ),
});

export function eventRoutes(events: EventHub, access: AccessControl) {
  return new Hono<Env>().get(
    '/events',
    operation({
      name: 'streamEvents',
      summary: 'New records and changes of state as server-sent events; Last-Event-ID resumes from the log',
      access: allow.viewer('read'),
      responses: { 200: { description: EVENTS, contentType: 'text/event-stream' } },
    }),
    query(eventParams),
    (c) => {
      const { caller } = c.var;
      const { cut } = c.env.peer;
      const after = c.req.header('last-event-id') ?? c.req.valid('query').after;
      const subscription = events.subscribe(after, { caller, cut, lasts: () => access.lasts(caller) });
      if (c.req.method === 'HEAD') {
        subscription.end();
        return c.body(null, 200, { 'content-type': 'text/event-stream' });
      }
      const answer = streamSSE(c, (stream) => {
        stream.onAbort(subscription.end);
        return subscription.serve(stream);
      });
      answer.headers.set('cache-control', 'no-store');
      return answer;
    },
  );
}
