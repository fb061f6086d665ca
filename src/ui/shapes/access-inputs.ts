/** The shapes of what the access routes take. A password has a least length and no other rule. */
import * as z from 'zod';
import { ROLES, SCOPES } from '../access/access-rule.ts';

const name = z
  .string()
  .trim()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u,
    'must be 1 to 64 letters, digits, spaces or . _ @ -, beginning with a letter or digit',
  );
const newPassword = z
  .string()
  .min(10, 'must have at least 10 characters')
  .max(256)
  .meta({ writeOnly: true, format: 'password' });
/** Any text: what is wrong is for the comparison to say. */
const shown = z.string().max(256).meta({ writeOnly: true, format: 'password' });
const role = z.enum(ROLES);

export const claimSchema = z.strictObject({ code: z.string().max(64), name, password: newPassword });
export const loginSchema = z.strictObject({ name: z.string().trim().max(64), password: shown });
export const passwordSchema = z.strictObject({ current: shown, new: newPassword });
export const userPostSchema = z.strictObject({ name, password: newPassword, role });
export const userPatchSchema = z.strictObject({ password: newPassword.optional(), role: role.optional() });
export const tokenPostSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expiresInDays: z.int().min(1).max(36_500).optional(),
});
