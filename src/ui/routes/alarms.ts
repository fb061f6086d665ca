/** Alarms over the API: what is active, what became of them, and what people do about them. */
import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { ALARM_PRIORITIES, ALARM_STATES } from '../../model/alarm.ts';
import type { AlarmEvent } from '../../model/alarm-record.ts';
import type { AlarmRefusal, AlarmsService, Done } from '../../model/alarm-service.ts';
import { allow } from '../access/access-rule.ts';
import { callerName } from '../http/audited.ts';
import type { Env } from '../http/env.ts';
import { jsonBody, notOurCursor, numberOfCursor, query } from '../http/input.ts';
import { placedError } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { Problem, type ProblemDetails } from '../http/problem.ts';
import {
  comment,
  eventList,
  manyToAcknowledge,
  optionalMoment,
  reasonInput,
  shelfInput,
} from '../shapes/alarm-input.ts';
import {
  alarmView,
  entryView,
  groupView,
  statisticsView,
  summaryView,
  suppressionView,
} from '../shapes/alarm-views.ts';
import { maybe } from '../shapes/describe.ts';
import { number, paging, raw } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import type { Services } from './services.ts';

const DAY_MS = 86_400_000;
const LONGEST_MS = 92 * DAY_MS;

const about = {
  priority: z.optional(z.enum(ALARM_PRIORITIES)),
  area: raw(100, 'Name of an area'),
  device: raw(16, 'DevEUI'),
  rule: raw(64, 'Id of a rule'),
};
const listParams = z.object({
  ...about,
  state: z.optional(z.enum(ALARM_STATES)),
  group: raw(200, 'Key of a group'),
  limit: maybe(number(1, 1000), 'All of them without'),
  cursor: paging.cursor,
});
const journalParams = z.object({
  ...paging,
  ...about,
  alarm: raw(100, 'Id of an alarm'),
  event: eventList,
  from: optionalMoment,
  to: optionalMoment,
  text: raw(100, 'In message, names or reason; capitals do not matter'),
});
const timeParams = z.object({ from: optionalMoment, to: optionalMoment });

const refusals = {
  404: { description: 'No such alarm' },
  409: { description: 'There is nothing to do in its state' },
  503: { description: 'The box is starting or stopping' },
};

export function alarmRoutes(services: Services) {
  return new Hono<Env>()
    .route('/', watching(services))
    .route('/', journal(services))
    .route('/', acknowledging(services))
    .route('/', silencing(services))
    .route('/', maintaining(services));
}

function watching(services: Services) {
  return new Hono<Env>()
    .get(
      '/alarms',
      operation({
        name: 'listAlarms',
        summary: 'Alarms that are not normal or not in service: active and urgent first',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All of them, or a page', pageOf: 'Alarm' } },
      }),
      query(listParams),
      (c) => c.json(listed(alarmsOf(services), c.req.valid('query'))),
    )
    .get(
      '/alarms/summary',
      operation({
        name: 'getAlarmSummary',
        summary: 'How many alarms by state and priority, and the most urgent one',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The figures', shape: 'AlarmSummary' } },
      }),
      (c) => c.json(summaryView(alarmsOf(services).summary())),
    )
    .get(
      '/alarms/groups',
      operation({
        name: 'listAlarmGroups',
        summary: 'Active alarms that came together, as one line each',
        access: allow.viewer('read'),
        responses: { 200: { description: 'Groups of more than one', pageOf: 'AlarmGroup' } },
      }),
      (c) => c.json({ items: alarmsOf(services).groups().map(groupView) }),
    );
}

/** A flood has thousands: whoever says how many takes them a page at a time. */
function listed(alarms: AlarmsService, { limit, cursor, ...filter }: z.output<typeof listParams>) {
  if (limit === undefined && cursor === undefined) return { items: alarms.list(filter).map(alarmView) };
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const page =
    cursor !== undefined && after === undefined ? undefined : alarms.page(filter, limit ?? 100, after);
  if (!page) throw notOurCursor();
  return {
    items: page.items.map(alarmView),
    ...(page.next === undefined ? {} : { nextCursor: encodeCursor(page.next) }),
  };
}

function journal(services: Services) {
  return new Hono<Env>()
    .get(
      '/alarms/journal',
      operation({
        name: 'listAlarmJournal',
        summary: 'What became of alarms, the newest first; a page may be short and still have a next one',
        access: allow.viewer('read'),
        responses: { 200: { description: 'Entries', pageOf: 'AlarmEntry' } },
      }),
      query(journalParams),
      async (c) => {
        const { limit, cursor, event, from, to, ...rest } = c.req.valid('query');
        const page = await alarmsOf(services).journal({
          ...rest,
          limit,
          events: event?.split(',') as AlarmEvent[] | undefined,
          fromMs: from === undefined ? undefined : Date.parse(from),
          toMs: to === undefined ? undefined : Date.parse(to),
          before: numberOfCursor(cursor),
        });
        const epoch = services.store.epoch();
        return c.json({
          items: page.entries.map((entry) => entryView(entry, epoch)),
          ...(page.next === undefined ? {} : { nextCursor: String(page.next) }),
        });
      },
    )
    .get(
      '/alarms/statistics',
      operation({
        name: 'getAlarmStatistics',
        summary:
          'Alarms an hour, the ten worst, and those that chatter with what would calm them; the last day unless given',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The figures', shape: 'AlarmStatistics' } },
      }),
      query(timeParams),
      async (c) => {
        const { from, to } = c.req.valid('query');
        const toMs = to === undefined ? nowOf(services) : Date.parse(to);
        const fromMs = from === undefined ? toMs - DAY_MS : Date.parse(from);
        if (fromMs >= toMs || toMs - fromMs > LONGEST_MS) throw badRange();
        return c.json(statisticsView(await alarmsOf(services).statistics(fromMs, toMs)));
      },
    );
}

function acknowledging(services: Services) {
  return new Hono<Env>()
    .post(
      '/alarms/acknowledge',
      operation({
        name: 'acknowledgeAlarms',
        summary: 'Acknowledges many alarms at once',
        access: allow.operator('operate'),
        responses: { 200: { description: 'How many were', shape: 'AlarmsAcknowledged' }, ...refusals },
      }),
      jsonBody(manyToAcknowledge),
      async (c) => {
        const input = c.req.valid('json');
        const outcome = await alarmsOf(services).acknowledge(input.alarms, byOf(c), input.comment);
        if ('refused' in outcome) throw problemOf(outcome);
        return c.json(outcome);
      },
    )
    .get(
      '/alarms/:id',
      operation({
        name: 'getAlarm',
        summary: 'One alarm, whatever its state',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The alarm', shape: 'Alarm' }, 404: refusals[404] },
      }),
      (c) => c.json(alarmView(find(services, c.req.param('id')))),
    )
    .post(
      '/alarms/:id/acknowledge',
      operation({
        name: 'acknowledgeAlarm',
        summary: 'Acknowledges an alarm; a latched one is reset by it',
        access: allow.operator('operate'),
        responses: { 200: { description: 'As it is now', shape: 'Alarm' }, ...refusals },
      }),
      jsonBody(comment),
      async (c) => {
        const id = c.req.param('id');
        const outcome = await alarmsOf(services).acknowledge([id], byOf(c), c.req.valid('json').comment);
        if ('refused' in outcome) throw problemOf(outcome);
        return c.json(alarmView(find(services, id)));
      },
    );
}

function silencing(services: Services) {
  const changed = { 200: { description: 'As it is now', shape: 'Alarm' }, ...refusals } as const;
  return new Hono<Env>()
    .post(
      '/alarms/:id/shelve',
      operation({
        name: 'shelveAlarm',
        summary: 'Keeps an alarm quiet until a time, with a reason',
        access: allow.operator('operate'),
        responses: changed,
      }),
      jsonBody(shelfInput),
      async (c) => {
        const { until, reason } = c.req.valid('json');
        const id = c.req.param('id');
        done(await alarmsOf(services).shelve(id, { untilMs: Date.parse(until), reason }, byOf(c)));
        return c.json(alarmView(find(services, id)));
      },
    )
    .post(
      '/alarms/:id/unshelve',
      operation({
        name: 'unshelveAlarm',
        summary: 'Ends its shelf before the time',
        access: allow.operator('operate'),
        responses: changed,
      }),
      async (c) => {
        const id = c.req.param('id');
        done(await alarmsOf(services).unshelve(id, byOf(c)));
        return c.json(alarmView(find(services, id)));
      },
    )
    .post(
      '/alarms/:id/out-of-service',
      operation({
        name: 'takeAlarmOutOfService',
        summary: 'Keeps an alarm quiet until somebody returns it to service',
        access: allow.technician('write'),
        responses: changed,
      }),
      jsonBody(reasonInput),
      async (c) => {
        const id = c.req.param('id');
        done(await alarmsOf(services).setOutOfService(id, c.req.valid('json').reason, byOf(c)));
        return c.json(alarmView(find(services, id)));
      },
    )
    .post(
      '/alarms/:id/return-to-service',
      operation({
        name: 'returnAlarmToService',
        summary: 'Lets an alarm make noise again',
        access: allow.technician('write'),
        responses: changed,
      }),
      async (c) => {
        const id = c.req.param('id');
        done(await alarmsOf(services).returnToService(id, byOf(c)));
        return c.json(alarmView(find(services, id)));
      },
    );
}

function maintaining(services: Services) {
  const { 503: stopping } = refusals;
  return new Hono<Env>()
    .get(
      '/alarm-suppressions',
      operation({
        name: 'listAlarmSuppressions',
        summary: 'Areas under maintenance',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All of them', pageOf: 'AlarmSuppression' } },
      }),
      (c) => c.json({ items: alarmsOf(services).suppressions().map(suppressionView) }),
    )
    .put(
      '/alarm-suppressions/:area',
      operation({
        name: 'suppressArea',
        summary: 'Puts an area under maintenance: its alarms are written down and make no noise until a time',
        access: allow.technician('write'),
        responses: { 204: { description: 'It is' }, 404: { description: 'No such area' }, 503: stopping },
      }),
      jsonBody(shelfInput),
      async (c) => {
        const { until, reason } = c.req.valid('json');
        const shelf = { untilMs: Date.parse(until), reason };
        done(await alarmsOf(services).suppressArea(c.req.param('area'), shelf, byOf(c)));
        return c.body(null, 204);
      },
    )
    .delete(
      '/alarm-suppressions/:area',
      operation({
        name: 'unsuppressArea',
        summary: 'Ends the maintenance of an area',
        access: allow.technician('write'),
        responses: { 204: { description: 'Ended' }, 404: { description: 'It is not' }, 503: stopping },
      }),
      async (c) => {
        done(await alarmsOf(services).unsuppressArea(c.req.param('area'), byOf(c)));
        return c.body(null, 204);
      },
    );
}

export function alarmsOf({ alarms }: Pick<Services, 'alarms'>): AlarmsService {
  if (alarms) return alarms;
  throw problemOf({ refused: 'not-started', detail: 'nobody watches for alarms here' });
}

export function byOf(c: Context<Env>): string {
  return callerName(c.var.caller);
}

export function nowOf({ world, nowMs = world.clock.nowMs }: Services): number {
  return nowMs();
}

function find(services: Services, id: string) {
  const alarm = alarmsOf(services).get(id);
  if (alarm) return alarm;
  throw problemOf({ refused: 'unknown', detail: `There is no alarm ${id}: its rule or its device is gone.` });
}

export function done(outcome: Done): void {
  if ('refused' in outcome) throw problemOf(outcome);
}

type Refused = Pick<ProblemDetails, 'code' | 'title' | 'status'>;

const REFUSED: Readonly<Record<AlarmRefusal['refused'], Refused>> = {
  unknown: { code: 'alarm-unknown', title: 'Not known', status: 404 },
  state: { code: 'alarm-state', title: 'Nothing to do', status: 409 },
  stale: { code: 'changed-meanwhile', title: 'Changed meanwhile', status: 412 },
  invalid: { code: 'alarm-invalid', title: 'It has mistakes', status: 422 },
  'too-many': { code: 'too-many', title: 'Too many', status: 409 },
  'not-started': { code: 'alarm-not-started', title: 'Not ready', status: 503 },
};

export function problemOf({ refused, detail, errors, said }: AlarmRefusal): Problem {
  return new Problem({
    ...{ ...REFUSED[refused], detail, values: { detail } },
    ...(said ? { said } : {}),
    ...(errors ? { errors: errors.map(placedError) } : {}),
  });
}

function badRange(): Problem {
  return new Problem({
    code: 'invalid-query',
    title: 'A query parameter is wrong',
    status: 400,
    detail: 'from must lie before to, at most 92 days.',
  });
}
