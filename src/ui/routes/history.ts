/** What a device measured over a time, as buckets for a chart. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { Device } from '../../model/device.ts';
import { tell } from '../../model/said.ts';
import type { History, HistoryMark, HistorySeries } from '../../store/contract.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidQuery, query } from '../http/input.ts';
import { toldError } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { about, maybe } from '../shapes/describe.ts';
import type { HistoryView } from '../shapes/history.ts';
import { number } from '../shapes/inputs.ts';
import { unknownDevice } from './devices.ts';
import { joinHistories } from './joined-history.ts';
import type { Services } from './services.ts';

const MAX_BUCKETS = 2_000;
const MAX_DAYS = 3_700;
const MAX_FIELDS = 32;
const DAY_MS = 86_400_000;
/** A point of the answer, as JSON and what it is made from. */
const POINT_BYTES = 160;

const moment = z.iso.datetime({ offset: true });

const historyParams = z.object({
  from: about(moment, 'With the first moment of the range'),
  to: maybe(moment, 'Without the last moment of the range; now where left out'),
  buckets: z._default(number(1, MAX_BUCKETS), 500),
  fields: maybe(z.string().check(z.maxLength(2_100)), 'Names, with commas between; all numeric ones without'),
});

type HistoryParams = z.output<typeof historyParams>;

export function historyRoutes(services: Services) {
  return new Hono<Env>().get(
    '/devices/:devEui/history',
    operation({
      name: 'getDeviceHistory',
      summary:
        'Numeric fields of a device over a time: minimum, maximum, mean, first and last by buckets, for a chart',
      access: allow.viewer('read'),
      responses: {
        200: { description: 'The history', shape: 'DeviceHistory' },
        404: { description: 'Not known' },
      },
    }),
    query(historyParams),
    async (c) => {
      const device = services.store.devices.get(c.req.param('devEui').toLowerCase());
      if (!device) throw unknownDevice();
      const params = c.req.valid('query');
      return c.json(
        await c.var.outbox.page(c.env.peer, (bytes) => historyOf(services, device, params, bytes)),
      );
    },
  );
}

async function historyOf(
  { store, world, nowMs = world.clock.nowMs }: Services,
  { devEui, formerly = [] }: Pick<Device, 'devEui' | 'formerly'>,
  { from, to, buckets, fields }: HistoryParams,
  maxBytes: number,
): Promise<HistoryView> {
  const [fromMs, toMs] = [Date.parse(from), to === undefined ? nowMs() : Date.parse(to)];
  if (toMs <= fromMs) throw invalidQuery([{ parameter: 'to', detail: 'is not after from', code: 'order' }]);
  if (toMs - fromMs > MAX_DAYS * DAY_MS)
    throw invalidQuery([{ parameter: 'from', ...toldError(tell('given.tooFar', { days: MAX_DAYS })) }]);
  const only = fields?.split(',').filter((name) => name !== '');
  if (only && only.length > MAX_FIELDS)
    throw invalidQuery([
      { parameter: 'fields', ...toldError(tell('given.tooManyNames', { limit: MAX_FIELDS })) },
    ]);
  const points = Math.floor(maxBytes / POINT_BYTES);
  const wanted = {
    ...{ fromMs, toMs, buckets: Math.min(buckets, points) },
    ...(only && only.length > 0 ? { fields: new Set(only) } : {}),
  };
  const own = await store.history(devEui, wanted);
  const formers: History[] = [];
  for (const former of formerly) formers.push(await store.history(former, wanted));
  return viewOf(joinHistories(own, formers), points);
}

/** With as many fields as there is room for, one at least. */
function viewOf({ source, fromMs, bucketMs, series, behind, marks }: History, room: number): HistoryView {
  let points = 0;
  const fitting = series.filter((one, index) => {
    points += one.points.length;
    return index === 0 || points <= room;
  });
  const shown = new Set(fitting);
  return {
    ...{ source, from: iso(fromMs), bucketSeconds: bucketMs / 1_000, behind },
    items: fitting.map(itemOf),
    ...(marks ? { marks: marks.map(markOf) } : {}),
    moreFields: series.filter((one) => !shown.has(one)).map(({ field }) => field),
  };
}

function itemOf({ field, points }: HistorySeries): HistoryView['items'][number] {
  return {
    field,
    points: points.map(({ startMs, count, min, max, mean, first, last }) => ({
      ...{ time: iso(startMs), count, min, max, mean, first, last },
    })),
  };
}

function markOf({ timeMs, toMs, ...mark }: HistoryMark): NonNullable<HistoryView['marks']>[number] {
  return { ...mark, time: iso(timeMs), to: iso(toMs) };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
