/** Descriptions of shapes, for the OpenAPI document. */
import * as z from 'zod/mini';

/** The same shape with a description. */
export const about = <T extends z.ZodMiniType>(schema: T, description: string): T =>
  schema.check(z.describe(description));

/** The same, of something that may be missing. */
export const maybe = <T extends z.ZodMiniType>(schema: T, description: string): z.ZodMiniOptional<T> =>
  z.optional(about(schema, description));
