/**
 * The sink of files: NDJSON by site and day, each batch a zstd frame of its own at the end of a file, synced before it counts.
 * A copy of collect writes files of its own, and a new part after each start, so that what a power cut tore lies at an end.
 * A record may stand there twice after a crash, under the same site, epoch and seq.
 */
import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { errorText } from '../../model/error-text.ts';
import type { World } from '../../model/world.ts';
import { type Batch, type Poison, type Sink, SinkFault, type SiteRecord, type Stored } from './batch.ts';

export interface FileSinkOptions {
  readonly dir: string;
  /** Name of this copy, part of the names of its files. */
  readonly consumer: string;
  readonly world: World;
}

interface Context extends FileSinkOptions {
  /** File of a site's day, and how much of it is whole. */
  readonly parts: Map<string, { readonly file: string; bytes: number }>;
}

const pack = promisify(zstdCompress);
const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2015, 0, 1);
/** Beyond that the oldest files are begun anew. */
const MAX_PARTS = 10_000;

export function createFileSink(options: FileSinkOptions): Sink {
  const context: Context = { ...options, parts: new Map() };
  return { name: 'files', store: (batch) => store(context, batch), close: () => Promise.resolve() };
}

async function store(context: Context, batch: Batch): Promise<Stored> {
  try {
    for (const { site, records, poison } of batch.sites) {
      for (const [day, lines] of byDay(records, context.world.clock.nowMs()))
        await append(context, site, day, lines);
      if (poison.length > 0) await append(context, site, 'quarantine', poison.map(poisonLine));
    }
    return { fresh: batch.count, refused: [] };
  } catch (error) {
    throw new SinkFault(
      `files cannot be written: ${errorText(error)}`,
      `look at ${context.dir}: room, rights, its disk`,
    );
  }
}

function byDay(records: readonly SiteRecord[], nowMs: number): Map<string, string[]> {
  const days = new Map<string, string[]>();
  for (const record of records) {
    const isUsual = record.timeMs >= FIRST_MS && record.timeMs < nowMs + 2 * DAY_MS;
    const day = isUsual ? new Date(record.timeMs).toISOString().slice(0, 10) : 'other';
    const lines = days.get(day);
    if (lines) lines.push(recordLine(record));
    else days.set(day, [recordLine(record)]);
  }
  return days;
}

/** The body is JSON already. */
function recordLine({ site, epoch, seq, timeMs, kind, device, body }: SiteRecord): string {
  const head = JSON.stringify({
    site,
    epoch,
    seq,
    time: timeMs,
    kind,
    ...(device === null ? {} : { device }),
  });
  return `${head.slice(0, -1)},"body":${body.replace(/[\r\n]/g, ' ')}}\n`;
}

function poisonLine({ site, stream, id, reason, raw }: Poison): string {
  return `${JSON.stringify({ site, stream, id, reason, raw })}\n`;
}

/** Adds a frame to the file of a site's day; what a failed write left is cut off by the next one. */
async function append(context: Context, site: string, day: string, lines: readonly string[]): Promise<void> {
  const frame = await pack(Buffer.from(lines.join('')));
  const key = `${site} ${day}`;
  const part = context.parts.get(key) ?? (await newPart(context, site, day));
  context.parts.set(key, part);
  const handle = await open(part.file, part.bytes === 0 ? 'w' : 'r+');
  try {
    await handle.truncate(part.bytes);
    await handle.write(frame, 0, frame.length, part.bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (part.bytes === 0) await syncFolder(join(context.dir, site));
  part.bytes += frame.length;
  if (context.parts.size > MAX_PARTS) context.parts.delete(context.parts.keys().next().value ?? '');
}

async function newPart(
  { dir, consumer }: Context,
  site: string,
  day: string,
): Promise<{ file: string; bytes: number }> {
  const folder = join(dir, site);
  await mkdir(folder, { recursive: true });
  await syncFolder(dir);
  const head = `${day}.${consumer.replace(/[^\w.-]/g, '_')}`;
  const taken = new Set(await readdir(folder));
  let number = 1;
  while (taken.has(`${head}.${number}.ndjson.zst`)) number += 1;
  return { file: join(folder, `${head}.${number}.ndjson.zst`), bytes: 0 };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
