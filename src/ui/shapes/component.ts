/**
 * The pieces answers are made of, and the registry that makes a shape a component of the OpenAPI document. The files beside
 * this one are loaded only to make that document: the rest of the program needs their types alone. Times are ISO 8601 in UTC,
 * names are camelCase, units are in the descriptions.
 */
import * as z from 'zod/mini';
import { about } from './describe.ts';

/** Named shapes of the OpenAPI document. */
export const components = z.registry<{ id: string }>();

export function named<T extends z.ZodMiniType>(id: string, schema: T): T {
  components.add(schema, { id });
  return schema;
}

export const time = about(z.iso.datetime(), 'ISO 8601, UTC');
export const count = z.int().check(z.gte(0));
