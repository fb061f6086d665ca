/** All readings of a device in a time as a file, newest first, read while it is sent. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { uplinkBody } from '../../model/record.ts';
import { AS_WRITTEN } from '../../model/time.ts';
import { allow } from '../access/access-rule.ts';
import { createDownloads } from '../http/download.ts';
import type { Env } from '../http/env.ts';
import { invalidQuery, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { maybe } from '../shapes/describe.ts';
import { type TableFormat, tableHead, tableLine } from '../shapes/reading-table.ts';
import { newestReadings } from './device-history.ts';
import { unknownDevice } from './devices.ts';
import type { Services } from './services.ts';

const MAX_AT_ONCE = 2;
const RECORDS_A_PIECE = 250;
const MAX_COLUMNS = 64;
/** Readings looked at for the columns. */
const SAMPLE = 100;
/** The times of readings go up with their place in the log but for late and re-dated ones: so many older ones are the end. */
const OLDER_IN_A_ROW = 5_000;
const TYPES: Readonly<Record<TableFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
};

const moment = z.iso.datetime({ offset: true });

const exportParams = z.object({
  from: maybe(moment, 'With the first moment; all there are where left out'),
  to: maybe(moment, 'Without the last moment'),
  format: z._default(z.enum(['csv', 'ndjson']), 'csv'),
  fields: maybe(z.string().check(z.maxLength(2_100)), 'Columns of CSV, with commas between'),
});

interface Wanted {
  readonly fromMs: number;
  readonly toMs: number;
  readonly format: TableFormat;
  readonly columns: readonly string[];
}

export function readingExportRoutes(services: Services) {
  const downloads = createDownloads(services.world, MAX_AT_ONCE);
  return new Hono<Env>().get(
    '/devices/:devEui/readings/export',
    operation({
      name: 'exportReadings',
      summary:
        'The readings of a device that the log still has, newest first, as CSV or NDJSON, then those of the devices whose place it took; streamed',
      access: allow.operator('read'),
      responses: {
        200: { description: 'The file', contentType: 'text/csv' },
        404: { description: 'Not known' },
        503: { description: 'Others are being read out' },
      },
    }),
    query(exportParams),
    (c) => {
      const device = services.store.devices.get(c.req.param('devEui').toLowerCase());
      if (!device) throw unknownDevice();
      const ids = [device.devEui, ...(device.formerly ?? [])];
      const { from, to, format, fields } = c.req.valid('query');
      const wanted = {
        fromMs: from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
        toMs: to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to),
        format,
        columns: columnsOf(services, ids, fields),
      };
      if (wanted.toMs <= wanted.fromMs)
        throw invalidQuery([{ parameter: 'to', detail: 'is not after from', code: 'order' }]);
      return downloads.send(c, {
        ...{ name: `${device.devEui}.${format}`, type: TYPES[format] },
        pieces: allPiecesOf(services, ids, wanted),
      });
    },
  );
}

/** As asked for, or of the newest readings. */
function columnsOf({ store }: Services, ids: readonly string[], fields: string | undefined): string[] {
  const names =
    fields?.split(',').filter((name) => name !== '') ??
    ids
      .flatMap((devEui) => newestReadings(store, devEui, SAMPLE))
      .flatMap((record) => Object.keys(uplinkBody(record).fields));
  return [...new Set(names)].slice(0, MAX_COLUMNS);
}

/** Of the device, and then of those whose place it took: older ones, the newest first as well. */
async function* allPiecesOf(
  services: Services,
  ids: readonly string[],
  wanted: Wanted,
): AsyncGenerator<string> {
  yield tableHead(wanted.format, wanted.columns);
  for (const devEui of ids) yield* piecesOf(services, devEui, wanted);
}

async function* piecesOf(
  { store, timeOf = AS_WRITTEN.timeOf }: Services,
  devEui: string,
  { fromMs, toMs, format, columns }: Wanted,
): AsyncGenerator<string> {
  let before = Number.MAX_SAFE_INTEGER;
  for (let older = 0; older <= OLDER_IN_A_ROW; ) {
    // Others have their turn between two pieces, also where there is nothing in one.
    await nextTurn();
    const records = store.log.ofDevice(devEui, before, RECORDS_A_PIECE);
    const last = records.at(-1);
    if (!last) return;
    before = last.seq;
    let text = '';
    for (const record of records) {
      if (record.kind !== 'uplink') continue;
      const dated = timeOf(record);
      older = dated.timeMs < fromMs ? older + 1 : 0;
      if (dated.timeMs >= fromMs && dated.timeMs < toMs) text += tableLine(format, columns, record, dated);
    }
    if (text !== '') yield text;
  }
}
