/** Alarms, what became of them, and rules, as the API answers them. */
import * as z from 'zod/mini';
import { ALARM_PRIORITIES, ALARM_SILENCES, ALARM_STATES } from '../../model/alarm.ts';
import { ALARM_EVENTS } from '../../model/alarm-record.ts';
import { ruleInput } from './alarm-input.ts';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { saidSchema } from './told.ts';

const value = z.union([z.number(), z.string(), z.boolean()]);
const priority = z.enum(ALARM_PRIORITIES);
const text = z.string();
const optional = z.optional(z.string());

const shelf = z.object({ by: text, reason: text, since: time, until: time });

export const alarmSchema = named(
  'Alarm',
  z.object({
    id: about(text, '<rule>:<subject>'),
    rule: text,
    name: about(text, 'Of the rule'),
    subject: about(text, 'DevEUI, EUI of a gateway, or site'),
    subjectName: text,
    device: maybe(text, 'DevEUI where the subject is a device'),
    area: optional,
    priority,
    state: z.enum(ALARM_STATES),
    isEvent: about(z.boolean(), 'Without an action: told to nobody'),
    message: about(text, 'In English, or in the words of its rule'),
    said: saidSchema,
    cause: optional,
    consequence: optional,
    action: optional,
    value: maybe(value, 'By which it became active'),
    unit: optional,
    limit: z.optional(value),
    active: about(z.nullable(time), 'When it became active last'),
    cleared: z.optional(time),
    acknowledged: z.optional(z.object({ by: text, time, comment: optional })),
    silence: maybe(z.enum(ALARM_SILENCES), 'Why it makes no noise'),
    shelved: z.optional(shelf),
    outOfService: z.optional(z.object({ by: text, time, reason: text })),
    parent: maybe(text, 'The gateway it hides behind'),
    isFirstUp: about(z.boolean(), 'The first of its group since all was quiet'),
    group: text,
    timesInHour: count,
  }),
);

const byPriority = z.object({ critical: count, high: count, medium: count, low: count });

export const alarmSummarySchema = named(
  'AlarmSummary',
  z.object({
    revision: about(z.int(), 'Other after each change'),
    counts: z.object({
      active: byPriority,
      acknowledged: byPriority,
      cleared: byPriority,
      latched: byPriority,
    }),
    shelved: count,
    suppressed: count,
    outOfService: count,
    top: z.optional(alarmSchema),
    inTenMinutes: count,
    isFlood: about(z.boolean(), 'More than ten within ten minutes'),
    ruleProblems: count,
  }),
);

export const alarmGroupSchema = named(
  'AlarmGroup',
  z.object({
    ...{ key: text, title: text, said: saidSchema, count, unacknowledged: count, priority, since: time },
    first: about(text, 'The alarm that came first, or of the parent'),
  }),
);

export const alarmEntrySchema = named(
  'AlarmEntry',
  z.object({
    id: about(text, '<epoch>-<seq>'),
    seq: count,
    time,
    device: z.nullable(text),
    ...{ event: z.enum(ALARM_EVENTS), alarm: text, rule: text, name: text, subject: text, subjectName: text },
    ...{
      area: optional,
      priority,
      state: z.enum(ALARM_STATES),
      isAnnounced: z.boolean(),
      isEvent: z.boolean(),
    },
    ...{
      silence: z.optional(z.enum(ALARM_SILENCES)),
      message: text,
      said: saidSchema,
      value: z.optional(value),
      unit: optional,
    },
    ...{ limit: z.optional(value), isFirstUp: z.boolean(), group: text, by: optional, reason: optional },
    until: z.optional(time),
  }),
);

export const alarmStatisticsSchema = named(
  'AlarmStatistics',
  z.object({
    ...{ from: time, to: time },
    perHour: about(z.array(z.object({ start: time, count })), 'Announced; six an hour can be managed'),
    worst: z.array(z.object({ alarm: text, name: text, count })),
    chattering: z.array(
      z.object({
        ...{ alarm: text, rule: text, name: text, count },
        proposal: z.optional(z.object({ onDelayMs: count, deadband: z.optional(z.number()) })),
      }),
    ),
    isCut: z.boolean(),
  }),
);

const problems = z.array(z.object({ code: text, detail: text, said: saidSchema }));

export const alarmRuleSchema = named(
  'AlarmRule',
  z.object({
    ...ruleInput.shape,
    id: text,
    revision: about(z.int(), 'Of If-Match'),
    changed: time,
    changedBy: text,
    problems: about(problems, 'Why it is not looked at, or not for all it is for'),
  }),
);

export const suggestedRuleSchema = named(
  'SuggestedRule',
  z.object({
    ...ruleInput.shape,
    id: text,
    why: text,
    said: about(
      z.object({ key: text, values: z.record(z.string(), z.union([z.number(), z.string()])) }),
      'What its words have in front of their name, for whoever says them in another language',
    ),
  }),
);

export const rulePreviewSchema = named(
  'AlarmRulePreview',
  z.object({
    ...{ from: time, to: time },
    times: about(count, 'It would have been active so many times'),
    activeMs: count,
    occurrences: z.array(
      z.object({
        ...{ subject: text, subjectName: text, from: time, to: z.optional(time) },
        ...{ message: text, said: saidSchema },
      }),
    ),
    readings: count,
    isCut: about(z.boolean(), 'There was more in the log than was looked through'),
    isBlind: about(z.boolean(), 'The log does not tell'),
    problems,
  }),
);

export const ruleImportSchema = named(
  'AlarmRuleImport',
  z.object({ added: count, replaced: count, unchanged: count, removed: count }),
);

export const suppressionSchema = named('AlarmSuppression', z.object({ area: text, ...shelf.shape }));

export const acknowledgedSchema = named('AlarmsAcknowledged', z.object({ acknowledged: count }));

export type AlarmView = z.infer<typeof alarmSchema>;
export type AlarmSummaryView = z.infer<typeof alarmSummarySchema>;
export type AlarmGroupView = z.infer<typeof alarmGroupSchema>;
export type AlarmEntryView = z.infer<typeof alarmEntrySchema>;
export type AlarmStatisticsView = z.infer<typeof alarmStatisticsSchema>;
export type AlarmRuleView = z.infer<typeof alarmRuleSchema>;
export type AlarmRulePreviewView = z.infer<typeof rulePreviewSchema>;
export type AlarmSuppressionView = z.infer<typeof suppressionSchema>;
