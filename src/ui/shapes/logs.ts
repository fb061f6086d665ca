/** Lines of the program's own log. */
import * as z from 'zod/mini';
import { LOG_LEVELS } from '../../model/log-lines.ts';
import { count, named, time } from './component.ts';
import { about } from './describe.ts';

export const logLineSchema = named(
  'LogLine',
  z.object({
    id: about(count, 'Counts up from the start of the process'),
    time,
    level: z.enum(LOG_LEVELS),
    event: about(z.string(), 'Stable dotted name'),
    fields: about(z.record(z.string(), z.unknown()), 'Whatever else the line says; no secrets'),
  }),
);

export type LogLineView = z.infer<typeof logLineSchema>;
