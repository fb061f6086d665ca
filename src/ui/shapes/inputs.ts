/** Pieces of what the API takes. */
import * as z from 'zod/mini';
import { oneLine } from '../../model/text.ts';
import { about, maybe } from './describe.ts';
import { saying } from './told.ts';

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

/** Of any LoRaWAN region. */
const MAX_PAYLOAD_BYTES = 242;

/** As JSON. */
const MAX_OBJECT_CHARS = 2_000;

/** What a device is sent, hex. */
export const payload = z
  .string()
  .check(
    z.trim(),
    z.toLowerCase(),
    z.regex(/^([0-9a-f]{2})*$/, 'must be hex digits, two a byte'),
    z.maxLength(2 * MAX_PAYLOAD_BYTES),
  );

/** Of which a downlink has one. */
export const DATA_OR_OBJECT = { one: 'data', other: 'object' } as const;

/** What a codec makes the bytes of a downlink of. */
export const downlinkObject = z
  .record(z.string().check(z.minLength(1), z.maxLength(100)), z.json())
  .check(
    z.refine(
      (object) => JSON.stringify(object).length <= MAX_OBJECT_CHARS,
      saying('given.characters', { limit: MAX_OBJECT_CHARS }),
    ),
  );

/** A number in a query string. */
export const number = (least: number, most: number) =>
  z.coerce.number<string>().check(z.int(), z.gte(least), z.lte(most));

/** Where something is. */
export const geoPosition = z.strictObject({
  latitude: about(z.number().check(z.gte(-90), z.lte(90)), 'Degrees, WGS 84'),
  longitude: about(z.number().check(z.gte(-180), z.lte(180)), 'Degrees, WGS 84'),
  accuracyM: maybe(z.number().check(z.gte(0), z.lte(1e7)), 'Metres around it'),
});

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
