/** Pieces of what the API takes. */
import * as z from 'zod/mini';
import { oneLine } from '../../model/text.ts';
import { about, maybe } from './describe.ts';

/** So many hex digits, in lower case from here on. */
export const hex = (digits: number) =>
  z
    .string()
    .check(
      z.trim(),
      z.toLowerCase(),
      z.regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hex digits`),
    );

export const devEui = hex(16);

/** A line of so many characters, spaces around it taken off. */
export const text = (most: number) =>
  z.string().check(z.overwrite(oneLine), z.minLength(1), z.maxLength(most));

export const whole = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));

/** A number in a query string. */
export const number = (least: number, most: number) =>
  z.coerce.number<string>().check(z.int(), z.gte(least), z.lte(most));

/** Query parameters of a collection. */
export const paging = {
  limit: z._default(number(1, 1000), 100),
  cursor: z.optional(z.string().check(z.maxLength(200))),
};

export const yesOrNo = (description: string) =>
  about(z._default(z.enum(['true', 'false']), 'false'), description);

/** Text of so many characters as it is. */
export const raw = (most: number, description: string) =>
  maybe(z.string().check(z.maxLength(most)), description);
