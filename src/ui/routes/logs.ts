/** The newest lines of the program's own log: a page of them, those since, and all as a file. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { LOG_LEVELS } from '../../model/log-lines.ts';
import { allow } from '../access/access-rule.ts';
import { createDownloads } from '../http/download.ts';
import type { Env } from '../http/env.ts';
import { notOurCursor, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { about, maybe } from '../shapes/describe.ts';
import { number, paging } from '../shapes/inputs.ts';
import type { LogLineView } from '../shapes/logs.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';

const MAX_AT_ONCE = 2;
/** What may be said of a line, as it is shown, by that in memory. */
const PAGE_BYTES = 256 * 1024;

const logParams = z.object({
  ...paging,
  level: about(z._default(z.enum(LOG_LEVELS), 'debug'), 'The least serious level'),
  part: maybe(
    z.string().check(z.regex(/^[a-z_]{1,40}$/, 'must be the first word of an event, such as influx')),
    'What stands before the dot of the event',
  ),
  after: maybe(number(0, Number.MAX_SAFE_INTEGER), 'Only lines with a greater id'),
});

export function logRoutes({ logs, world }: Services) {
  const downloads = createDownloads(world, MAX_AT_ONCE);
  return new Hono<Env>()
    .get(
      '/logs',
      operation({
        name: 'listLogs',
        summary: 'Lines of the program’s own log that are still in memory, newest first',
        access: allow.technician('write'),
        responses: { 200: { description: 'A page of lines', pageOf: 'LogLine' } },
      }),
      query(logParams),
      (c) => {
        const { limit, cursor, after, level, part } = c.req.valid('query');
        const beforeId = cursor === undefined ? undefined : beforeOf(cursor);
        const lines = logs.newest({ beforeId, afterId: after, level, part }, limit);
        const items: LogLineView[] = [];
        let bytes = 0;
        for (const { timeMs, ...line } of lines) {
          bytes += JSON.stringify(line.fields).length;
          if (items.length > 0 && bytes > PAGE_BYTES) break;
          items.push({ ...line, time: iso(timeMs) });
        }
        const last = items.at(-1);
        const isWhole = lines.length < limit && items.length === lines.length;
        return c.json({
          items,
          ...(last && !isWhole ? { nextCursor: encodeCursor(`log ${last.id}`) } : {}),
        });
      },
    )
    .get(
      '/logs/export',
      operation({
        name: 'exportLogs',
        summary: 'All lines of the log in memory, oldest first, one JSON object a line',
        access: allow.technician('write'),
        responses: { 200: { description: 'The file', contentType: 'application/x-ndjson' } },
      }),
      (c) => downloads.send(c, { name: 'log.ndjson', type: 'application/x-ndjson', pieces: logs.texts() }),
    );
}

function beforeOf(cursor: string): number {
  const id = Number(/^log (\d{1,15})$/.exec(decodeCursor(cursor) ?? '')?.[1]);
  if (id > 0) return id;
  throw notOurCursor();
}
