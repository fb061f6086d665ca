/** A connection looked at step by step. */
import * as z from 'zod/mini';
import { CONNECTIONS } from '../../model/connection-test.ts';
import { named } from './component.ts';
import { about, maybe } from './describe.ts';
import { saidSchema } from './told.ts';

export const connectionSchema = named(
  'ConnectionReport',
  z.object({
    connection: z.enum(CONNECTIONS),
    server: about(z.string(), 'Host and port'),
    steps: about(
      z.readonly(
        z.array(
          z.object({
            step: z.enum(['settings', 'name', 'port', 'tls', 'login', 'read', 'write']),
            isOk: z.boolean(),
            found: z.string(),
            hint: maybe(z.string(), 'What to do'),
            said: saidSchema,
          }),
        ),
      ),
      'Up to the first that goes wrong',
    ),
  }),
);

export type ConnectionView = z.infer<typeof connectionSchema>;
