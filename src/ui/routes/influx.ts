/** InfluxDB over the API: write the log again from a time, and look whether what was delivered is there. */

import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { ProblemCode } from '../../model/problem-codes.ts';
import { allow, type Caller } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { maybe } from '../shapes/describe.ts';
import { influxCheckView, rewindView } from '../shapes/influx-views.ts';
import type { Services } from './services.ts';

const moment = z.iso.datetime({ offset: true });

const rewindBody = z.strictObject({
  from: moment,
  to: maybe(moment, 'Up to what is there now when left out'),
});

const checkBody = z.strictObject({
  accept: maybe(z.boolean(), 'What is missing is not asked for again: it was deleted on purpose'),
});

const conflict = { 409: { description: 'No InfluxDB is configured, or it is under way, or not' } };

export function influxRoutes({ influx, nowMs, world }: Services) {
  const now = nowMs ?? world.clock.nowMs;
  return new Hono<Env>()
    .post(
      '/influx/rewind',
      operation({
        name: 'rewindInflux',
        summary:
          'Writes the log to InfluxDB again from a time on, over what is there; /status tells how far it is',
        access: allow.technician('write'),
        responses: { 202: { description: 'Begun', shape: 'InfluxRewind' }, ...conflict },
      }),
      jsonBody(rewindBody),
      (c) => {
        const { from, to } = c.req.valid('json');
        const [fromMs, toMs] = [Date.parse(from), to === undefined ? undefined : Date.parse(to)];
        if (fromMs > now())
          throw invalidBody([{ pointer: '/from', detail: 'lies in the future', code: 'future' }]);
        if (toMs !== undefined && toMs <= fromMs) {
          throw invalidBody([{ pointer: '/to', detail: 'must be later than from', code: 'order' }]);
        }
        const begun = influx.rewind({ fromMs, toMs });
        if (typeof begun === 'string') throw refused(begun);
        return c.json(rewindView(begun), 202);
      },
    )
    .post(
      '/influx/rewind/cancel',
      operation({
        name: 'cancelInfluxRewind',
        summary: 'Ends that; what was written stays',
        access: allow.technician('write'),
        responses: { 200: { description: 'How far it came', shape: 'InfluxRewind' }, ...conflict },
      }),
      (c) => {
        const ended = influx.cancelRewind(nameOf(c.var.caller));
        if (typeof ended === 'string') throw refused(ended);
        return c.json(rewindView(ended));
      },
    )
    .post(
      '/influx/check',
      operation({
        name: 'checkInflux',
        summary: 'Looks up some delivered readings in InfluxDB',
        access: allow.technician('write'),
        responses: {
          200: { description: 'What was found', shape: 'InfluxCheck' },
          409: conflict[409],
          503: { description: 'InfluxDB does not answer' },
        },
      }),
      jsonBody(checkBody),
      async (c) => {
        const found = await influx.check(c.req.valid('json').accept ?? false);
        if (typeof found === 'string') throw refused(found);
        return c.json(influxCheckView(found));
      },
    );
}

type Refusal = 'busy' | 'idle' | 'no_answer' | 'not_configured';

const REFUSALS: Readonly<
  Record<Refusal, { code: ProblemCode; status: 409 | 503; title: string; detail: string }>
> = {
  busy: {
    code: 'influx-busy',
    status: 409,
    title: 'Already being written again',
    detail: 'The log is being written again; wait for its end (GET /api/v1/status), or end it first.',
  },
  idle: {
    code: 'influx-idle',
    status: 409,
    title: 'Nothing to end',
    detail: 'The log is not being written again.',
  },
  no_answer: {
    code: 'influx-no-answer',
    status: 503,
    title: 'InfluxDB does not answer',
    detail: 'What is there cannot be looked up now; its own state tells why. Try again later.',
  },
  not_configured: {
    code: 'influx-not-configured',
    status: 409,
    title: 'No InfluxDB',
    detail: 'No InfluxDB is configured (influx.url).',
  },
};

function refused(why: Refusal): Problem {
  return new Problem(REFUSALS[why]);
}

function nameOf(caller: Caller): string {
  if (caller.kind === 'user') return `user ${caller.name}`;
  return caller.kind === 'token' ? `token ${caller.id}` : 'api';
}
