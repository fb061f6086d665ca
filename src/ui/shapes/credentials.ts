/** Names and passwords as the API takes them. A password has a least length and no other rule. */
import * as z from 'zod/mini';

export const userName = z
  .string()
  .check(
    z.trim(),
    z.regex(
      /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u,
      'must be 1 to 64 letters, digits, spaces or . _ @ -, beginning with a letter or digit',
    ),
  );

const secret = z.meta({ writeOnly: true, format: 'password' });

export const newPassword = z
  .string()
  .check(z.minLength(10, 'must have at least 10 characters'), z.maxLength(256), secret);

/** Any text: what is wrong is for the comparison to say. */
export const password = z.string().check(z.maxLength(256), secret);
