/** The settings, each with its value, where it came from, and what may be entered. */
import * as z from 'zod/mini';
import { REVERT_REASONS } from '../../model/settings.ts';
import { named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { saidSchema } from './told.ts';

const value = z.union([z.string(), z.number(), z.boolean(), z.readonly(z.array(z.string()))]);

export const settingSchema = named(
  'Setting',
  z.object({
    path: about(z.string(), 'Section and key, `influx.url`'),
    section: z.string(),
    key: z.string(),
    description: z.string(),
    type: z.enum(['text', 'integer', 'number', 'boolean', 'list', 'choice']),
    choices: maybe(z.readonly(z.array(z.string())), 'What a choice may be'),
    minimum: maybe(z.number(), 'Of a number, or of how many entries a list has'),
    maximum: z.optional(z.number()),
    default: z.optional(value),
    example: z.optional(value),
    isSecret: about(z.boolean(), 'It comes in and never goes out'),
    isSet: z.boolean(),
    value: maybe(value, 'In force; a password in it is hidden'),
    source: z.enum(['default', 'file', 'pages', 'environment', 'secret-file', 'credential', 'flag']),
    where: maybe(z.string(), 'File and line, variable, flag'),
    beneath: maybe(value, 'What holds when the pages give it back'),
    isFixed: about(z.boolean(), 'Cannot be set here: the environment, a file of secrets or a flag wins'),
    next: maybe(z.object({ value: z.optional(value) }), 'Saved, and not in force yet'),
    isRisky: about(z.boolean(), 'A wrong one may cut off whoever sets it, so that it has to be confirmed'),
  }),
);

export const settingsSchema = named(
  'Settings',
  z.object({
    revision: about(z.string(), 'Hand it back with changes: somebody else’s are not overwritten'),
    sections: z.array(z.object({ name: z.string(), description: z.string() })),
    settings: z.array(settingSchema),
    problems: about(
      z.array(z.object({ path: z.string(), message: z.string(), said: saidSchema })),
      'Why nothing of what was saved on the pages is in force',
    ),
    trial: maybe(
      z.object({ until: time, secondsLeft: z.int() }),
      'The settings in force are tried out; those before come back then',
    ),
    reverted: maybe(
      z.object({ at: time, why: z.enum(REVERT_REASONS) }),
      'The trial before ended with the settings before it',
    ),
  }),
);

export type SettingView = z.infer<typeof settingSchema>;
export type SettingsView = z.infer<typeof settingsSchema>;
