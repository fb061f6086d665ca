/** The settings over the API: what is in force and why, what is saved, and beginning anew with it on trial. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { SettingsService, SettingsState } from '../../model/settings.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { about } from '../shapes/describe.ts';
import type { SettingsView } from '../shapes/settings.ts';
import { saying } from '../shapes/told.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';

const MAX_CHANGES = 200;
const MAX_TEXT = 8_192;

const settingValue = z.union([
  z.string().check(z.maxLength(MAX_TEXT)),
  z.number(),
  z.boolean(),
  z.array(z.string().check(z.maxLength(MAX_TEXT))).check(z.maxLength(1_000)),
  z.null(),
]);

const changesBody = z.strictObject({
  revision: about(z.string().check(z.maxLength(64)), 'Of the settings the changes were made to'),
  changes: about(
    z
      .record(z.string().check(z.maxLength(64)), settingValue)
      .check(
        z.refine(
          (changes) => Object.keys(changes).length <= MAX_CHANGES,
          saying('given.entries', { limit: MAX_CHANGES }),
        ),
      ),
    'Values by path; null gives a setting back to what lies beneath',
  ),
});

const conflict = { 409: { description: 'Somebody else has changed them, or others are on trial' } };
const settings = { 200: { description: 'The settings', shape: 'Settings' } };

export function settingsRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/settings',
      operation({
        name: 'getSettings',
        summary: 'All settings with where each value came from; secrets only whether they are set',
        access: allow.admin('admin'),
        responses: settings,
      }),
      (c) => c.json(view(services)),
    )
    .put(
      '/settings',
      operation({
        name: 'saveSettings',
        summary: 'Checks and saves settings; they are in force once the box has begun anew with them',
        access: allow.admin('admin'),
        responses: { ...settings, ...conflict },
      }),
      jsonBody(changesBody),
      async (c) => {
        const { changes, revision } = c.req.valid('json');
        c.var.tell({ settings: Object.keys(changes) });
        const outcome = await serviceOf(services).save(changes, revision);
        if ('refused' in outcome) throw refusal(outcome.refused);
        if ('problems' in outcome) {
          throw invalidBody(
            outcome.problems.map(({ path, message, said }) => ({
              pointer: `/changes/${path}`,
              detail: message,
              code: 'changed-setting' as const,
              values: { detail: message },
              ...(said === undefined ? {} : { said }),
            })),
          );
        }
        return c.json(view(services));
      },
    )
    .delete(
      '/settings/next',
      operation({
        name: 'discardSettings',
        summary: 'Forgets what is saved and not in force',
        access: allow.admin('admin'),
        responses: { ...settings, ...conflict },
      }),
      (c) => {
        if (serviceOf(services).discard() === 'on_trial') throw refusal('on_trial');
        return c.json(view(services));
      },
    )
    .post(
      '/settings/apply',
      operation({
        name: 'applySettings',
        summary:
          'Begins anew with what is saved, a moment later; risky settings are kept only when that is confirmed within a minute',
        access: allow.admin('admin'),
        responses: { 202: { description: 'It begins anew' }, ...conflict },
      }),
      (c) => {
        const outcome = serviceOf(services).apply();
        if (outcome !== 'applying') throw refusal(outcome);
        return c.body(null, 202);
      },
    )
    .post(
      '/settings/keep',
      operation({
        name: 'keepSettings',
        summary: 'The settings on trial are good: they stay',
        access: allow.admin('admin'),
        responses: { ...settings, 409: { description: 'Nothing is on trial' } },
      }),
      (c) => {
        if (serviceOf(services).keep() === 'nothing') throw refusal('no_trial');
        return c.json(view(services));
      },
    );
}

function serviceOf({ settings: service }: Services): SettingsService {
  if (!service) throw refusal('nothing');
  return service;
}

function view(services: Services): SettingsView {
  const { trial, reverted, ...state }: SettingsState = serviceOf(services).view();
  const nowMs = services.world.clock.nowMs();
  return {
    ...state,
    sections: [...state.sections],
    problems: [...state.problems],
    settings: [...state.settings],
    ...(trial
      ? {
          trial: {
            until: iso(trial.untilMs),
            secondsLeft: Math.max(0, Math.ceil((trial.untilMs - nowMs) / 1000)),
          },
        }
      : {}),
    ...(reverted ? { reverted: { at: iso(reverted.atMs), why: reverted.why } } : {}),
  };
}

const REFUSALS = {
  stale: {
    code: 'settings-stale',
    title: 'Changed meanwhile',
    detail: 'Somebody else has saved settings. Fetch them again.',
  },
  on_trial: {
    code: 'settings-on-trial',
    title: 'Others are on trial',
    detail: 'Keep them first, or wait until they are taken back.',
  },
  nothing: {
    code: 'settings-nothing',
    title: 'Nothing to do',
    detail: 'Nothing is saved that is not in force.',
  },
  no_trial: {
    code: 'settings-no-trial',
    title: 'Nothing is on trial',
    detail: 'The settings in force are kept already, or taken back.',
  },
} as const;

function refusal(why: keyof typeof REFUSALS): Problem {
  return new Problem({ status: 409, ...REFUSALS[why] });
}
