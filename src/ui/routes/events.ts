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
  '`alarms`: an AlarmSummary, sent likewise.',
  '`logs`: {last}, the id of the newest line of the log; what is new is fetched by /logs?after=.',
  '`beat`: {now}, every 15 s.',
  '`frames`, with only=frames: an array of Frame, new ones and such whose fate is known now, with an id of their own.',
  '`gap`: {after, resumesAfter, reason}: records asked for are no longer there.',
].join(' ');

/**
 * Proxies in front gather what passes (nginx) or compress it and keep it until there is more (Caddy 2.6, which looks for an
 * encoding and not for no-transform): then events would come minutes later, or never.
 */
const AS_IT_COMES = [
  ['cache-control', 'no-store, no-transform'],
  ['x-accel-buffering', 'no'],
  ['content-encoding', 'identity'],
] as const;

/** Where a stream of events begins, and what it is of. */
const eventParams = z.object({
  after: maybe(
    z.string().check(z.regex(/^\d{1,15}-\d{1,15}$/, 'must be the id of a record, <epoch>-<seq>')),
    'Id of the last record seen; Last-Event-ID wins over it; without either only new records come',
  ),
  only: maybe(
    z.enum(['frames']),
    'Frames as they are heard and handed out, and nothing else; all that are kept come first with after=0-0',
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
      const { after, only } = c.req.valid('query');
      const place = c.req.header('last-event-id') ?? after;
      const subscription = events.subscribe(place, { caller, cut, lasts: () => access.lasts(caller) }, only);
      if (c.req.method === 'HEAD') {
        subscription.end();
        return c.body(null, 200, { 'content-type': 'text/event-stream' });
      }
      const answer = streamSSE(c, (stream) => {
        stream.onAbort(subscription.end);
        return subscription.serve(stream);
      });
      for (const [name, value] of AS_IT_COMES) answer.headers.set(name, value);
      return answer;
    },
  );
}
