/** A test of the connections of the box, one at a time: each makes connections to a server of others. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { CONNECTIONS } from '../../model/connection-test.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { notFound, Problem } from '../http/problem.ts';
import { maybe } from '../shapes/describe.ts';
import type { Services } from './services.ts';

const testBody = z.strictObject({
  saved: maybe(
    z.boolean(),
    'true: with the settings that are saved and not in force yet; for administrators',
  ),
});

export function connectionRoutes({ testConnection }: Services) {
  let isTesting = false;
  return new Hono<Env>().post(
    '/connections/:name/test',
    operation({
      name: 'testConnection',
      summary:
        'Looks at a connection (broker, influx, centre, mail) step by step, and says what to do; changes nothing',
      access: allow.technician('write'),
      responses: {
        200: { description: 'What was found', shape: 'ConnectionReport' },
        404: { description: 'No such connection, or it is not configured' },
        503: { description: 'Another one is being looked at' },
      },
    }),
    jsonBody(testBody),
    async (c) => {
      const name = CONNECTIONS.find((one) => one === c.req.param('name'));
      const { saved = false } = c.req.valid('json');
      if (saved) c.var.authorize(allow.admin('admin'));
      if (!name || !testConnection) throw notFound();
      if (isTesting) throw busy();
      isTesting = true;
      try {
        const report = await testConnection(name, saved);
        if (report === 'not_configured') throw notConfigured();
        return c.json(report);
      } finally {
        isTesting = false;
      }
    },
  );
}

function busy(): Problem {
  return new Problem({
    code: 'busy',
    title: 'Too much at once',
    status: 503,
    detail: 'Another connection is being looked at. Try again in a few seconds.',
    headers: { 'retry-after': '5' },
  });
}

function notConfigured(): Problem {
  return new Problem({
    code: 'not-configured',
    title: 'Not configured',
    status: 404,
    detail: 'The settings name no such server.',
  });
}
