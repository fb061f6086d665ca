/** The reading side of the API: state of the site, gateways, readings, unknown devices, health and metrics. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { allow } from '../access/access-rule.ts';
import { defineRoute, invalidQuery, type Route } from '../http/operation.ts';
import { type Answer, json, problem } from '../http/problem.ts';
import { paging } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor, parseRecordId, recordId } from '../shapes/position.ts';
import type { ReadingView } from '../shapes/schemas.ts';
import { gatewayView, readingView, statusView, strangerView } from '../shapes/views.ts';
import type { Services } from './services.ts';

/** Records looked at for one page of readings; a page may be short of `limit`, its cursor goes on. */
const MAX_SCANNED = 5_000;
/** The same holds for a page of so many bytes, about. */
const MAX_PAGE_BYTES = 512 * 1024;
/** Then others have their turn. */
const RECORDS_A_TURN = 250;

export function readingRoutes(deps: Services): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/status',
      name: 'getStatus',
      summary: 'State of the box and of what it delivers to',
      access: allow.viewer('read'),
      responses: { 200: { description: 'The state now', shape: 'Status' } },
      handle: () => json(statusView(deps.status())),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/gateways',
      name: 'listGateways',
      summary: 'Gateways heard since the start',
      access: allow.viewer('read'),
      responses: { 200: { description: 'All gateways', pageOf: 'Gateway' } },
      handle: () => json({ items: deps.gateways().map(gatewayView) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/strangers',
      name: 'listStrangers',
      summary: 'Frames of devices this site does not know',
      access: allow.viewer('read'),
      responses: { 200: { description: 'One item a DevAddr', pageOf: 'Stranger' } },
      handle: () => json({ items: deps.strangers().map(strangerView) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/readings',
      name: 'listReadings',
      summary: 'Readings, newest first',
      access: allow.viewer('read'),
      params: z.object({
        ...paging,
        device: z
          .string()
          .toLowerCase()
          .regex(/^[0-9a-f]{16}$/)
          .optional(),
      }),
      responses: { 200: { description: 'A page of readings', pageOf: 'Reading' } },
      handle: ({ params }) => listReadings(deps, params),
    }),
  ];
}

async function listReadings(
  { store, timeOf }: Services,
  params: { limit: number; cursor?: string | undefined; device?: string | undefined },
): Promise<Answer> {
  const epoch = store.epoch();
  let before = Number.MAX_SAFE_INTEGER;
  if (params.cursor !== undefined) {
    const position = parseRecordId(decodeCursor(params.cursor) ?? '');
    if (position?.epoch !== epoch) {
      const detail = position
        ? 'is of an earlier store; start again without it'
        : 'is not one this API gave out; start again without it';
      return invalidQuery([{ parameter: 'cursor', detail }]);
    }
    before = position.seq;
  }
  const items: ReadingView[] = [];
  let bytes = 0;
  const isFull = () => items.length >= params.limit || bytes >= MAX_PAGE_BYTES;
  for (let scanned = 0; scanned < MAX_SCANNED && !isFull(); ) {
    if (scanned > 0) await nextTurn();
    const wanted = Math.min(params.limit, MAX_SCANNED - scanned, RECORDS_A_TURN);
    const records =
      params.device === undefined
        ? store.log.readBefore(before, wanted)
        : store.log.ofDevice(params.device, before, wanted);
    for (const record of records) {
      before = record.seq;
      if (record.kind === 'uplink') items.push(readingView(epoch, record, timeOf));
      bytes += record.body.length;
      if (isFull()) break;
    }
    scanned += records.length;
    if (!isFull() && records.length < wanted) return json({ items });
  }
  const more = before > store.log.firstSeq();
  return json(more ? { items, nextCursor: encodeCursor(recordId(epoch, before)) } : { items });
}

/** Outside /api: for supervisors and scrapers. */
export function operationRoutes({ store, metrics }: Services): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/healthz',
      name: 'getHealth',
      summary: 'Whether the process answers',
      access: allow.always,
      responses: { 200: { description: 'Alive' } },
      handle: () => json({ alive: true }),
    }),
    defineRoute({
      method: 'GET',
      path: '/readyz',
      name: 'getReadiness',
      summary: 'Whether readings can be stored; broker, InfluxDB or centre being away does not count',
      access: allow.always,
      responses: {
        200: { description: 'Ready' },
        503: { description: 'Not ready' },
      },
      handle: () => readiness(store.status()),
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      name: 'getMetrics',
      summary: 'Figures for Prometheus',
      access: allow.viewer('metrics'),
      responses: { 200: { description: 'Text exposition', contentType: 'text/plain' } },
      handle: async () => {
        const { contentType, body } = await metrics();
        return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
      },
    }),
  ];
}

function readiness(store: { state: string; detail: string; hint?: string }): Answer {
  if (store.state === 'ok' || store.state === 'degraded') return json({ ready: true });
  const detail = store.hint === undefined ? store.detail : `${store.detail} ${store.hint}`;
  return problem({
    code: 'not-ready',
    title: 'Readings cannot be stored',
    status: 503,
    detail,
    errors: [{ detail: `store: ${store.detail}` }],
  });
}
