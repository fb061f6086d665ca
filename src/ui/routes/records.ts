/**
 * The log over HTTP, for whoever pulls it instead of having it pushed: all records behind a cursor the caller keeps, as NDJSON.
 * Nothing is remembered here of who has read what.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { allow, type Caller } from '../access/access-rule.ts';
import { chooseEncoding, encode } from '../http/encode.ts';
import type { Env } from '../http/env.ts';
import { query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { maybe } from '../shapes/describe.ts';
import { number } from '../shapes/inputs.ts';
import { recordId } from '../shapes/position.ts';
import { endLine, gapLine, recordLine } from '../shapes/record-lines.ts';
import { pullPosition } from './pull-position.ts';
import type { RecordWaiters } from './record-waiters.ts';
import type { Services } from './services.ts';

const MAX_RECORDS = 5_000;
/** Then others have their turn. */
const RECORDS_A_TURN = 250;
const MAX_WAIT_S = 60;
const TYPE = 'application/x-ndjson';

const pullParams = z.object({
  after: maybe(
    z.string().check(z.maxLength(40)),
    'The cursor `next` of the answer before; without it the oldest record kept comes first',
  ),
  limit: z._default(number(1, MAX_RECORDS), 1_000),
  wait: z._default(number(0, MAX_WAIT_S), 0),
});

const DESCRIPTION = [
  'One record a line, oldest first: {id, time, kind, device?, body}, `time` in epoch milliseconds, `body` as it is in the log.',
  '{gap: {from, to, count}, reason}: these records are gone.',
  'The last line is {next, more, store}: hand `next` back as `after`.',
].join(' ');

export function recordRoutes(services: Services, waiters: RecordWaiters) {
  return new Hono<Env>().get(
    '/records',
    operation({
      name: 'pullRecords',
      summary:
        'All records behind a cursor as NDJSON; `wait` seconds for the first new one; gzip or zstd by Accept-Encoding',
      access: allow.viewer('records'),
      responses: {
        200: { description: DESCRIPTION, contentType: TYPE },
        304: { description: 'Nothing else than If-None-Match names' },
        410: { description: 'The log does not go on from this cursor; `oldest` says where it does' },
        503: { description: 'Too many wait' },
      },
    }),
    query(pullParams),
    async (c) => {
      const { after, limit, wait } = c.req.valid('query');
      const { caller, outbox } = c.var;
      const { peer } = c.env;
      const position = await pullPosition(services.store, after);
      if (c.req.method !== 'HEAD') await waiters.wait(position, wait * 1_000, peer, nameOf(caller));
      // What was shown when the wait began may have been revoked meanwhile.
      const most = services.access.lasts(caller) ? limit : 0;
      const encoding = chooseEncoding(c.req.header('accept-encoding'));
      const etagOf = (text: string) =>
        `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}${encoding ? `-${encoding}` : ''}"`;
      const answer = await outbox.page(peer, async (maxBytes) => {
        const text = await pull(services, after, most, maxBytes);
        const etag = etagOf(text);
        if (matches(c.req.header('if-none-match'), etag)) return { etag };
        return { etag, body: await encode(text, encoding) };
      });
      const headers = { etag: answer.etag, 'cache-control': 'private, no-cache', vary: 'Accept-Encoding' };
      if (!answer.body) return c.body(null, 304, headers);
      return c.body(answer.body, 200, {
        ...headers,
        'content-type': TYPE,
        ...(encoding ? { 'content-encoding': encoding } : {}),
      });
    },
  );
}

/** The lines of one answer. The place is looked for anew: the store may have trimmed while the caller waited. */
async function pull(
  { store }: Services,
  after: string | undefined,
  limit: number,
  maxBytes: number,
): Promise<string> {
  const epoch = store.epoch();
  let seq = await pullPosition(store, after);
  const lines: string[] = [];
  let bytes = 0;
  let count = 0;
  while (count < limit && bytes < maxBytes) {
    if (count > 0) await nextTurn();
    const wanted = Math.min(RECORDS_A_TURN, limit - count);
    const records = store.log.readAfter(seq, wanted, maxBytes - bytes);
    for (const record of records) {
      if (record.seq > seq + 1) lines.push(gapLine(epoch, seq + 1, record.seq - 1));
      const line = recordLine(epoch, record);
      lines.push(line);
      bytes += line.length;
      seq = record.seq;
    }
    count += records.length;
    if (records.length === 0) break;
  }
  const more = store.log.lastSeq() > seq;
  lines.push(endLine({ next: recordId(epoch, seq), more, store: store.storeId() }));
  return lines.join('');
}

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => one.trim() === etag || one.trim() === '*');
}

/** undefined where there is nobody to tell apart. */
function nameOf(caller: Caller): string | undefined {
  if (caller.kind === 'user') return `user ${caller.name}`;
  return caller.kind === 'token' ? `token ${caller.id}` : undefined;
}
