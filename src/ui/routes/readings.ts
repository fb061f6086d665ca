/** Readings over the API, newest first. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { notOurCursor, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { devEui, paging } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor, parseRecordId, recordId } from '../shapes/position.ts';
import type { ReadingView } from '../shapes/records.ts';
import { readingView } from '../shapes/views.ts';
import type { Services } from './services.ts';

/** Records looked at for one page of readings; a page may be short of `limit`, its cursor goes on. */
const MAX_SCANNED = 5_000;
/** A reading as it is shown, by that in the log. */
const SHOWN_BYTES = 2;
/** Then others have their turn. */
const RECORDS_A_TURN = 250;

const readingParams = z.object({ ...paging, device: z.optional(devEui) });

export function readingRoutes(services: Services) {
  return new Hono<Env>().get(
    '/readings',
    operation({
      name: 'listReadings',
      summary: 'Readings, newest first',
      access: allow.viewer('read'),
      responses: { 200: { description: 'A page of readings', pageOf: 'Reading' } },
    }),
    query(readingParams),
    async (c) => {
      const params = c.req.valid('query');
      return c.json(await c.var.outbox.page(c.env.peer, (bytes) => listReadings(services, params, bytes)));
    },
  );
}

interface ReadingPage {
  readonly items: readonly ReadingView[];
  readonly nextCursor?: string;
}

async function listReadings(
  { store, timeOf }: Services,
  params: z.output<typeof readingParams>,
  maxBytes: number,
): Promise<ReadingPage> {
  const epoch = store.epoch();
  let before = Number.MAX_SAFE_INTEGER;
  if (params.cursor !== undefined) {
    const position = parseRecordId(decodeCursor(params.cursor) ?? '');
    if (position?.epoch !== epoch) throw notOurCursor(position && 'is of an earlier store');
    before = position.seq;
  }
  const items: ReadingView[] = [];
  let bytes = 0;
  const isFull = () => items.length >= params.limit || bytes >= maxBytes;
  for (let scanned = 0; scanned < MAX_SCANNED && !isFull(); ) {
    if (scanned > 0) await nextTurn();
    const wanted = Math.min(params.limit, MAX_SCANNED - scanned, RECORDS_A_TURN);
    const records =
      params.device === undefined
        ? store.log.readBefore(before, wanted)
        : store.log.ofDevice(params.device, before, wanted);
    for (const record of records) {
      before = record.seq;
      if (record.kind === 'uplink') items.push(readingView(epoch, record, timeOf));
      bytes += SHOWN_BYTES * record.body.length;
      if (isFull()) break;
    }
    scanned += records.length;
    if (!isFull() && records.length < wanted) return { items };
  }
  const more = before > store.log.firstSeq();
  return more ? { items, nextCursor: encodeCursor(recordId(epoch, before)) } : { items };
}
