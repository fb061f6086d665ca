/** Who the caller is, users, API tokens, and the problem every refusal is. */

import * as z from 'zod/mini';
import { INPUT_CODES } from '../../model/problem-codes.ts';
import { SCOPES } from '../access/access-rule.ts';
import { ROLES } from '../role.ts';
import { named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { saidSchema } from './told.ts';

export const accessSchema = named(
  'Access',
  z.object({
    mode: about(z.enum(['open', 'required']), 'open: everybody who reaches the box may do everything'),
    exposed: about(z.boolean(), 'Open, and to the network: worth a warning'),
    claimed: z.boolean(),
    claimPending: about(z.boolean(), 'A one-time code is good now'),
    user: z.nullable(z.object({ name: z.string(), role: z.enum(ROLES) })),
    fingerprint: maybe(z.string(), 'SHA-256 of the certificate of the box'),
  }),
);

export const userSchema = named('User', z.object({ name: z.string(), role: z.enum(ROLES), created: time }));

const tokenFields = {
  id: z.string(),
  name: z.string(),
  owner: about(z.nullable(z.string()), 'User who made it, in lower case; it ends with them. null: not known'),
  scopes: about(
    z.array(z.enum(SCOPES)),
    'Each includes those before it: metrics, records, read, operate, write, admin',
  ),
  created: time,
  expires: about(z.nullable(time), 'As the clock of the box stands now'),
  expired: z.boolean(),
  lastUsed: about(z.nullable(time), 'To the hour'),
};

export const tokenSchema = named('Token', z.object(tokenFields));

export const newTokenSchema = named(
  'NewToken',
  z.object({ ...tokenFields, token: about(z.string(), 'Shown this once') }),
);

const inputError = z.object({
  pointer: z.optional(z.string()),
  parameter: z.optional(z.string()),
  detail: z.string(),
  code: maybe(z.enum(INPUT_CODES), 'What kind of mistake, where it has one'),
  values: maybe(z.record(z.string(), z.union([z.number(), z.string()])), 'What the words for it need'),
  said: saidSchema,
});

export const problemSchema = named(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.optional(z.string()),
    values: maybe(
      z.record(z.string(), z.union([z.number(), z.string()])),
      'What the words of the pages need',
    ),
    said: saidSchema,
    errors: z.optional(z.array(inputError)),
  }),
);

export type AccessView = z.infer<typeof accessSchema>;
export type UserView = z.infer<typeof userSchema>;
export type TokenView = z.infer<typeof tokenSchema>;
