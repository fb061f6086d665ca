/** What people may write about alarms: rules in the shape of the model, each field within bounds. */
import * as z from 'zod/mini';
import { ALARM_PRIORITIES, BOX_FACTS, LIMIT_SIDES, MAX_ALARM_RULES } from '../../model/alarm.ts';
import { ALARM_EVENTS } from '../../model/alarm-record.ts';
import { about, maybe } from './describe.ts';
import { text, whole } from './inputs.ts';
import { saying } from './told.ts';

/** Devices an expression asks. */
const MAX_NAMED = 16;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** More are taken as several files: each is checked in one go. */

const field = about(text(100), 'Name of a field, as readings have it');
const eui = z.string().check(z.regex(/^[0-9a-f]{16}$/, 'must have 16 hex digits in lower case'));
const number = z.number().check(z.gte(-1e15), z.lte(1e15));
const positive = z.number().check(z.gt(0), z.lte(1e15));
const deadband = maybe(z.number().check(z.gte(0), z.lte(1e15)), 'How far it must come back to be over');

const scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('device'), device: eui }),
  z.strictObject({ kind: z.literal('profile'), profile: text(100) }),
  z.strictObject({ kind: z.literal('area'), area: text(100) }),
  z.strictObject({ kind: z.literal('gateway'), gateway: eui }),
  z.strictObject({ kind: z.literal('site') }),
]);

const condition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('limit'), field, side: z.enum(LIMIT_SIDES), limit: number, deadband }),
  z.strictObject({
    kind: z.literal('deviation'),
    field,
    setPoint: about(z.union([number, text(100)]), 'A number, or the field that has it'),
    by: positive,
    deadband,
  }),
  z.strictObject({
    kind: z.literal('rate'),
    field,
    perMinute: positive,
    direction: z.enum(['rise', 'fall', 'either']),
    windowMs: whole(1_000, DAY_MS),
    deadband,
  }),
  z.strictObject({
    kind: z.literal('state'),
    field,
    equals: z.union([number, z.boolean(), text(100)]),
  }),
  z.strictObject({ kind: z.literal('stale'), intervals: z.number().check(z.gte(1), z.lte(1_000)) }),
  z.strictObject({
    kind: z.literal('frozen'),
    field,
    forMs: whole(1_000, 4 * WEEK_MS),
    tolerance: z.optional(z.number().check(z.gte(0))),
  }),
  z.strictObject({
    kind: z.literal('counter-jump'),
    field: maybe(text(100), 'The frame counter without'),
    by: z.number().check(z.gte(0), z.lte(1e15)),
  }),
  z.strictObject({
    kind: z.literal('low-margin'),
    marginDb: z.number().check(z.gte(-20), z.lte(40)),
    readings: whole(1, 20),
  }),
  z.strictObject({
    kind: z.literal('low-battery'),
    percent: z.number().check(z.gt(0), z.lt(100)),
    field: z.optional(text(100)),
  }),
  z.strictObject({ kind: z.literal('join-refused'), times: whole(1, 10_000) }),
  z.strictObject({ kind: z.literal('gateway-offline') }),
  z.strictObject({
    kind: z.literal('expression'),
    expression: text(1_000),
    devices: maybe(
      z
        .record(z.string().check(z.minLength(1), z.maxLength(50)), eui)
        .check(
          z.refine(
            (entries) => Object.keys(entries).length <= MAX_NAMED,
            saying('given.entries', { limit: MAX_NAMED }),
          ),
        ),
      'Names of other devices',
    ),
  }),
  z.strictObject({ kind: z.literal('box'), fact: z.enum(BOX_FACTS), limit: z.optional(number) }),
]);

const words = (most: number) => z.optional(text(most));

const ruleMembers = {
  name: text(100),
  enabled: z._default(z.boolean(), true),
  scope,
  condition,
  priority: z.enum(ALARM_PRIORITIES),
  onDelayMs: z._default(whole(0, WEEK_MS), 0),
  offDelayMs: z._default(whole(0, WEEK_MS), 0),
  latched: about(z._default(z.boolean(), false), 'Stays until acknowledged after it was over'),
  message: maybe(text(200), 'With {device}, {area}, {value}, {unit}, {limit}, {field}, {duration} in it'),
  cause: words(500),
  consequence: words(500),
  action: maybe(text(500), 'What to do; without it is an event, told to nobody'),
};

export const ruleInput = z.strictObject(ruleMembers);

export const ruleFile = z.strictObject({
  format: z.literal('webscada-edge-alarm-rules'),
  version: z.literal(1),
  rules: z
    .array(
      z.strictObject({
        id: z
          .string()
          .check(z.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be 1 to 64 small letters, digits, hyphens')),
        ...ruleMembers,
      }),
    )
    .check(z.maxLength(MAX_ALARM_RULES)),
});

const moment = about(z.iso.datetime({ offset: true }), 'ISO 8601');

export const previewInput = z.strictObject({ rule: ruleInput, from: moment });
export const comment = z.strictObject({ comment: words(500) });
export const manyToAcknowledge = z.strictObject({
  alarms: z.array(z.string().check(z.maxLength(100))).check(z.minLength(1), z.maxLength(5_000)),
  comment: words(500),
});
export const shelfInput = z.strictObject({ until: moment, reason: text(500) });
export const reasonInput = z.strictObject({ reason: text(500) });

const EVENTS: ReadonlySet<string> = new Set(ALARM_EVENTS);

export const eventList = maybe(
  z.string().check(
    z.maxLength(200),
    z.refine(
      (list) => list.split(',').every((event) => EVENTS.has(event)),
      `must be some of ${ALARM_EVENTS.join(',')}`,
    ),
  ),
  'Some of these, with commas between',
);
export const optionalMoment = z.optional(moment);
