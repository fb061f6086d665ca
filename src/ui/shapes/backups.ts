/** Backups, their restoring, and files brought to the box. */
import * as z from 'zod/mini';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { text } from './inputs.ts';
import { saidSchema, toldSchema } from './told.ts';

const contents = about(
  z.object({
    epoch: z.number(),
    records: count,
    oldest: z.nullable(time),
    newest: z.nullable(time),
    devices: count,
    hasLog: about(z.boolean(), 'false: only devices, keys and counters, no records'),
  }),
  'How much a store holds',
);

export type HeldView = z.infer<typeof contents>;

export const backupSchema = named(
  'Backup',
  z.object({
    name: z.string(),
    made: time,
    bytes: maybe(count, 'Absent, as what follows, where the backup cannot be read'),
    version: maybe(z.string(), 'Of the program that made it'),
    left: maybe(z.array(z.string()), 'Files left out as too large'),
    contents: z.optional(contents),
  }),
);

export type BackupView = z.infer<typeof backupSchema>;

export const backupsSchema = named(
  'Backups',
  z.object({
    folder: z.string(),
    problem: maybe(z.string(), 'Why the folder cannot be looked into'),
    said: saidSchema,
    schedule: z.object({
      enabled: z.boolean(),
      at: about(z.string(), 'hh:mm by the clock of the machine'),
      keepDaily: count,
      keepWeekly: count,
      keepMonthly: count,
    }),
    making: maybe(
      z.object({ started: time, bytes: z.optional(count), ofBytes: z.optional(count) }),
      'The one that is being made: bytes there, of about so many',
    ),
    items: about(z.array(backupSchema), 'Newest first'),
  }),
);

export type BackupsView = z.infer<typeof backupsSchema>;

export const restoreSchema = named(
  'Restore',
  z.object({
    state: z.enum(['idle', 'checking', 'ready', 'failed', 'restarting']),
    name: maybe(z.string(), 'The backup'),
    id: maybe(z.string(), 'Of the preview, to ask for the restore with'),
    problem: maybe(toldSchema, 'Why the check failed'),
    preview: z.optional(
      z.object({
        problems: about(z.array(toldSchema), 'Why it cannot be restored; empty when it can'),
        objection: maybe(toldSchema, 'Why it should not, unless somebody means it'),
        made: z.optional(time),
        version: z.optional(z.string()),
        site: z.optional(z.string()),
        bytes: count,
        contents: z.optional(contents),
        hasUsers: z.boolean(),
        hasKey: about(z.boolean(), 'The key of the device keys comes with it'),
        here: maybe(contents, 'What it would replace'),
        hereProblem: maybe(toldSchema, 'Why the store that is there cannot be read'),
      }),
    ),
    last: maybe(
      z.object({
        name: z.string(),
        ended: time,
        problems: about(z.array(toldSchema), 'Empty when it was done; else nothing was changed'),
        epoch: z.optional(z.number()),
        aside: maybe(z.string(), 'Folder with what was there before'),
      }),
      'How the last one ended',
    ),
  }),
);

export type RestoreView = z.infer<typeof restoreSchema>;

export const uploadSchema = named(
  'Upload',
  z.object({
    id: z.string(),
    kind: z.enum(['backup', 'update', 'catalogue']),
    name: z.string(),
    size: count,
    received: about(count, 'Bytes that are there: where the next piece begins'),
  }),
);

export type UploadView = z.infer<typeof uploadSchema>;

export const supportFileSchema = named('SupportFile', z.object({ name: z.string() }));

export const uploadBody = z.strictObject({
  kind: z.enum(['backup', 'update', 'catalogue']),
  name: text(200),
  size: z.int().check(z.gte(1), z.lte(Number.MAX_SAFE_INTEGER)),
});

export const previewBody = z.union([
  z.strictObject({ backup: text(200) }),
  z.strictObject({ upload: text(100) }),
]);

export const restoreBody = z.strictObject({
  id: about(text(100), 'Of the preview'),
  allowEmpty: maybe(z.boolean(), 'Also one that holds nothing, or no records where there are some'),
});
