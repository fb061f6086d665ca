/** Rules for alarms over the API: looked at, changed one by one or as a file, tried on the past; and those that are suggested. */
import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import type { AlarmRuleInput } from '../../model/alarm.ts';
import type { AlarmRuleFile } from '../../model/alarm-service.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { previewInput, ruleFile, ruleInput } from '../shapes/alarm-input.ts';
import { previewView, ruleView } from '../shapes/alarm-views.ts';
import { raw } from '../shapes/inputs.ts';
import { countedRevision } from '../shapes/revision.ts';
import { alarmsOf, byOf, done, nowOf, problemOf } from './alarms.ts';
import type { Services } from './services.ts';

const LONGEST_MS = 366 * 86_400_000;
const FILE_LIMITS = { bytes: 2 * 1024 * 1024, values: 60_000 };

const conflicts = {
  412: { description: 'Changed since the state If-Match names' },
  428: { description: 'If-Match, or If-None-Match: * for a new one, is missing' },
};
const missing = { 404: { description: 'No such rule' } };

export function alarmRuleRoutes(services: Services) {
  return new Hono<Env>().route('/', files(services)).route('/', single(services));
}

/** Before the rules by id: `export` and the others are none. */
function files(services: Services) {
  return new Hono<Env>()
    .get(
      '/alarm-rules',
      operation({
        name: 'listAlarmRules',
        summary: 'All rules by id, with what is wrong with them',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All rules', pageOf: 'AlarmRule' } },
      }),
      (c) => c.json({ items: alarmsOf(services).rules().map(ruleView) }),
    )
    .get(
      '/alarm-rules/export',
      operation({
        name: 'exportAlarmRules',
        summary: 'All rules as a file',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The file', contentType: 'application/json' } },
      }),
      (c) =>
        c.json(alarmsOf(services).exportRules(), 200, {
          'content-disposition': 'attachment; filename="alarm-rules.json"',
        }),
    )
    .get(
      '/alarm-rules/suggested',
      operation({
        name: 'listSuggestedAlarmRules',
        summary: 'Sensible rules that are not yet the site’s: for a profile, or for the site',
        access: allow.viewer('read'),
        responses: { 200: { description: 'Rules to take', pageOf: 'SuggestedRule' } },
      }),
      query(z.object({ profile: raw(100, 'Name of a profile') })),
      (c) => c.json({ items: alarmsOf(services).suggested(c.req.valid('query').profile) }),
    )
    .post(
      '/alarm-rules/preview',
      operation({
        name: 'previewAlarmRule',
        summary: 'What a rule would have done since a time, from the log; nothing is changed',
        access: allow.technician('write'),
        responses: {
          200: { description: 'How often, and when', shape: 'AlarmRulePreview' },
          422: { description: 'The rule has mistakes' },
        },
      }),
      jsonBody(previewInput),
      async (c) => {
        const { rule, from } = c.req.valid('json');
        const fromMs = Math.max(Date.parse(from), nowOf(services) - LONGEST_MS);
        const preview = await alarmsOf(services).preview(rule as AlarmRuleInput, fromMs);
        if ('refused' in preview) throw problemOf(preview);
        return c.json(previewView(preview));
      },
    )
    .post(
      '/alarm-rules/import',
      operation({
        name: 'importAlarmRules',
        summary: 'Takes a file of rules, all or none; with mode=replace those not in it are removed',
        access: allow.technician('write'),
        responses: {
          200: { description: 'What was done', shape: 'AlarmRuleImport' },
          422: { description: 'A rule has mistakes' },
        },
      }),
      query(z.object({ mode: z._default(z.enum(['merge', 'replace']), 'merge') })),
      jsonBody(ruleFile, FILE_LIMITS),
      async (c) => {
        const file = c.req.valid('json') as AlarmRuleFile;
        const outcome = await alarmsOf(services).importRules(file, c.req.valid('query').mode, byOf(c));
        if ('refused' in outcome) throw problemOf(outcome);
        return c.json(outcome);
      },
    );
}

function single(services: Services) {
  return new Hono<Env>()
    .get(
      '/alarm-rules/:id',
      operation({
        name: 'getAlarmRule',
        summary: 'One rule; its ETag is what If-Match of a change says',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The rule', shape: 'AlarmRule' }, ...missing },
      }),
      (c) => answer(services, c, c.req.param('id'), 200),
    )
    .put(
      '/alarm-rules/:id',
      operation({
        name: 'putAlarmRule',
        summary: 'Adds or changes a rule',
        access: allow.technician('write'),
        responses: {
          200: { description: 'Changed', shape: 'AlarmRule' },
          201: { description: 'Added', shape: 'AlarmRule' },
          422: { description: 'The rule has mistakes' },
          ...conflicts,
        },
      }),
      jsonBody(ruleInput),
      async (c) => {
        const id = c.req.param('id');
        const rule = c.req.valid('json') as AlarmRuleInput;
        const outcome = await alarmsOf(services).putRule(id, rule, revisionOf(c, true), byOf(c));
        if ('refused' in outcome) throw problemOf(outcome);
        return answer(services, c, id, outcome.isNew ? 201 : 200);
      },
    )
    .delete(
      '/alarm-rules/:id',
      operation({
        name: 'deleteAlarmRule',
        summary: 'Removes a rule; its alarms end',
        access: allow.technician('write'),
        responses: { 204: { description: 'Removed' }, ...missing, ...conflicts },
      }),
      async (c) => {
        done(await alarmsOf(services).removeRule(c.req.param('id'), revisionOf(c, false), byOf(c)));
        return c.body(null, 204);
      },
    );
}

function answer(services: Services, c: Context<Env>, id: string, status: 200 | 201) {
  const rule = alarmsOf(services).rule(id);
  if (!rule) throw problemOf({ refused: 'unknown', detail: `There is no rule ${id}.` });
  return c.json(ruleView(rule), status, { etag: `"${rule.revision}"` });
}

/** 0 for a new one. */
function revisionOf(c: Context<Env>, mayBeNew: boolean): number {
  if (mayBeNew && c.req.header('if-none-match')?.trim() === '*') return 0;
  const revision = countedRevision(c.req.header('if-match'));
  if (revision !== undefined) return revision;
  throw new Problem({
    code: 'precondition-required',
    title: 'Which one is meant?',
    status: 428,
    detail:
      'Say by If-Match: "<revision>" which state of the rule you looked at, or by If-None-Match: * that it is new.',
  });
}
