/** An update of the program. */
import * as z from 'zod/mini';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { text } from './inputs.ts';
import { saidSchema, toldSchema } from './told.ts';

export const updateSchema = named(
  'Update',
  z.object({
    place: about(
      z.enum(['plain', 'system', 'container', 'elsewhere']),
      'plain: exchanged from here; system: by the machine’s administrator; container: by another image; elsewhere: by hand',
    ),
    byRequest: maybe(z.boolean(), 'system: root carries out a signed, newer version that is asked for'),
    version: z.string(),
    commit: z.string(),
    arch: z.string(),
    canCheck: about(z.boolean(), 'false: built without a key, it takes no update'),
    candidate: maybe(
      z.object({
        version: z.string(),
        commit: z.string(),
        arch: z.string(),
        size: count,
        sha256: z.string(),
        order: about(z.int(), '-1: older than the one that runs, 0: the same version, 1: newer'),
        file: z.string(),
      }),
      'Brought, and its signature holds',
    ),
    begun: maybe(z.boolean(), 'The upgrade has been started'),
    refused: maybe(toldSchema, 'Why root has refused the one that was asked for last'),
    pending: maybe(z.object({ from: z.string(), to: z.string() }), 'One that has yet to prove itself'),
    last: maybe(
      z.object({
        kind: z.enum(['upgraded', 'taken_back', 'rolled_back']),
        from: z.string(),
        to: z.string(),
        reason: z.string(),
        said: saidSchema,
        ended: time,
      }),
      'How the last one ended',
    ),
    log: maybe(z.string(), 'What the upgrade said'),
  }),
);

export type UpdateView = z.infer<typeof updateSchema>;

export const checkUpdateBody = z.strictObject({
  upload: text(100),
  signature: about(z.string().check(z.maxLength(64 * 1024)), 'The text of FILE.sig'),
});

export const updateBody = z.strictObject({
  sha256: about(z.string().check(z.length(64)), 'Of the candidate that was looked at'),
  allowOlder: z.optional(z.boolean()),
});
