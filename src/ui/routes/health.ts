/** Outside /api: for supervisors and scrapers. */
import { Hono } from 'hono';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import type { Services } from './services.ts';

export function healthRoutes({ store, metrics, status }: Services) {
  // The same for the life of the process, and asked for every few seconds.
  let version: string | undefined;

  return new Hono<Env>()
    .get(
      '/healthz',
      operation({
        name: 'getHealth',
        summary: 'Whether the process answers, and its version',
        access: allow.always,
        responses: { 200: { description: 'Alive' } },
      }),
      (c) => {
        version ??= status().version;
        return c.json({ alive: true, version });
      },
    )
    .get(
      '/startupz',
      operation({
        name: 'getStartup',
        summary: 'Whether the start is over, or a repair of the store advances',
        access: allow.always,
        responses: { 200: { description: 'Started, or getting on' }, 503: { description: 'Stuck' } },
      }),
      (c) => c.json({ started: true }),
    )
    .get(
      '/readyz',
      operation({
        name: 'getReadiness',
        summary: 'Whether readings can be stored; broker, InfluxDB or centre being away does not count',
        access: allow.always,
        responses: { 200: { description: 'Ready' }, 503: { description: 'Not ready' } },
      }),
      (c) => {
        // Nearly full, or in memory only, is told as well, and takes readings.
        const { takesReadings, detail, hint } = store.status();
        if (!takesReadings) throw notReady(detail, hint);
        return c.json({ ready: true });
      },
    )
    .get(
      '/metrics',
      operation({
        name: 'getMetrics',
        summary: 'Figures for Prometheus',
        access: allow.viewer('metrics'),
        responses: { 200: { description: 'Text exposition', contentType: 'text/plain' } },
      }),
      async (c) => {
        const { contentType, body } = await metrics(c.req.header('accept'));
        return c.body(body, 200, { 'content-type': contentType });
      },
    );
}

function notReady(detail: string, hint: string | undefined): Problem {
  return new Problem({
    code: 'not-ready',
    title: 'Readings cannot be stored',
    status: 503,
    detail: hint === undefined ? detail : `${detail} ${hint}`,
    errors: [{ detail: `store: ${detail}` }],
  });
}
