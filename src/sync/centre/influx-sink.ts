/**
 * The sink InfluxDB 2.x: the line protocol of the sites, so that a record written twice overwrites itself. A request that is
 * refused is halved until the record at fault is alone; everything else is tried again.
 */

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { InfluxConfig } from '../../config/schema.ts';
import { append } from '../../model/append.ts';
import { errorText } from '../../model/error-text.ts';
import { toLines } from '../../model/line-protocol.ts';
import type { RecordKind } from '../../model/record.ts';
import { cut } from '../../model/text.ts';
import { type Batch, type Poison, type Sink, SinkFault, type SiteRecord } from './batch.ts';

const pack = promisify(gzip);
const KINDS: ReadonlySet<string> = new Set([
  'uplink',
  'gateway',
  'system',
  'join',
  'downlink',
  'alarm',
] satisfies RecordKind[]);
const ANSWER_BYTES = 16_384;

interface Item {
  readonly record: SiteRecord;
  readonly lines: string;
}

export function createInfluxSink(config: InfluxConfig): Sink {
  return {
    name: 'influx',
    store: (batch, signal) => store(config, batch, signal),
    close: () => Promise.resolve(),
  };
}

async function store(
  config: InfluxConfig,
  batch: Batch,
  signal: AbortSignal,
): Promise<{ fresh: number; refused: Poison[] }> {
  const refused: Poison[] = [];
  const items: Item[] = [];
  for (const record of batch.sites.flatMap(({ records }) => records)) {
    try {
      const lines = linesOf(record, config.measurement);
      if (lines !== '') items.push({ record, lines });
    } catch (error) {
      refused.push(setAside(record, `it cannot be read: ${errorText(error)}`));
    }
  }
  for (const part of inParts(items, config)) append(refused, await write(config, part, signal));
  return { fresh: batch.count - refused.length, refused };
}

function linesOf(record: SiteRecord, measurement: string): string {
  if (!KINDS.has(record.kind)) return '';
  return toLines({ ...record, kind: record.kind as RecordKind }, record.site, '', measurement);
}

function setAside({ site, epoch, seq, body }: SiteRecord, reason: string): Poison {
  return {
    site,
    stream: 'log',
    id: `${epoch}-${seq}`,
    reason: `InfluxDB: ${reason}`,
    raw: cut(body, 16_384),
  };
}

/** Requests no larger than the settings say. */
function inParts(items: readonly Item[], { batchMaxRecords, batchMaxBytes }: InfluxConfig): Item[][] {
  const parts: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const last = parts.at(-1);
    if (last && last.length < batchMaxRecords && bytes + item.lines.length <= batchMaxBytes) last.push(item);
    else {
      parts.push([item]);
      bytes = 0;
    }
    bytes += item.lines.length;
  }
  return parts;
}

/** Writes the items; gives those that InfluxDB refuses when they are alone. */
async function write(config: InfluxConfig, items: readonly Item[], signal: AbortSignal): Promise<Poison[]> {
  const refusal = await send(config, items.map(({ lines }) => lines).join('\n'), signal);
  if (refusal === undefined) return [];
  const [only] = items;
  if (only && items.length === 1) return [setAside(only.record, refusal)];
  const middle = items.length >> 1;
  return [
    ...(await write(config, items.slice(0, middle), signal)),
    ...(await write(config, items.slice(middle), signal)),
  ];
}

/** undefined when it was taken, InfluxDB's words when it refuses the points; rejects with a SinkFault for everything else. */
async function send(config: InfluxConfig, lines: string, signal: AbortSignal): Promise<string | undefined> {
  const url = new URL('/api/v2/write', config.url);
  url.search = String(new URLSearchParams({ org: config.org, bucket: config.bucket, precision: 'ns' }));
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Token ${(config.token ?? '').trim()}`,
        'content-type': 'text/plain; charset=utf-8',
        ...(config.gzip ? { 'content-encoding': 'gzip' } : {}),
      },
      body: config.gzip ? await pack(lines) : lines,
      signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeoutMs)]),
      redirect: 'error',
    });
  } catch (error) {
    throw new SinkFault(
      `InfluxDB does not answer: ${errorText(error)}`,
      'check influx.url, the line, and that it runs',
    );
  }
  const words = await startOf(response);
  // Anything but 204 may be a portal or a proxy that says yes to everything.
  if (response.status === 204) return undefined;
  if (response.status === 400 || response.status === 422 || response.status === 413) return words;
  throw new SinkFault(
    `InfluxDB answers with status ${response.status}: ${words}`,
    response.status === 401 || response.status === 403 || response.status === 404
      ? 'check influx.token, influx.org and influx.bucket'
      : 'look at the log of InfluxDB',
  );
}

/** The first words of an answer, one line. */
async function startOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES) break;
    }
  } catch {
    // Cut off: the status counts.
  }
  return cut(Buffer.concat(parts).toString('utf8').replace(/\s+/g, ' ').trim(), 300);
}
