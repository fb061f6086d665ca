/** The centre over one Redis connection: a site's stream and its register of epochs, under the names of keys.ts. */
import type { CentreConfig } from '../../config/schema.ts';
import { tell } from '../../model/said.ts';
import { type Block, blockFields, type EntryId, formatId, NO_ENTRY, parseId, readEntry } from '../entry.ts';
import { blockTraceFields } from '../entry-traces.ts';
import { siteKeys } from '../keys.ts';
import { blockOf } from './block.ts';
import type { Appended, Centre, Register } from './centre.ts';
import type { Client } from './client.ts';
import type { Entry, OwnEntry } from './entry.ts';
import { CentreFault } from './fault.ts';
import type { SyncLimits } from './limits.ts';
import type { Argument } from './redis-client.ts';
import { MAX_REPLY_BYTES } from './reply-limit.ts';
import { APPEND, APPEND_BLOCK, APPEND_TRACED, CLAIM, type Script } from './scripts.ts';

const MAX_SEQ = '18446744073709551615';

interface CentreContext {
  readonly client: Client;
  readonly stream: string;
  readonly register: string;
  readonly minReplicas: number;
  /** Scripts that the server is known to have. */
  readonly known: Set<Script>;
  /** How long replicas are waited for. */
  readonly waitMs: number;
}

/** A write only counts (`claim` and `append` resolve) once `minReplicas` replicas have it. */
export function createRedisCentre(
  client: Client,
  site: string,
  {
    streamPrefix,
    minReplicas,
    compression,
  }: Pick<CentreConfig, 'streamPrefix' | 'minReplicas' | 'compression'>,
  limits: SyncLimits,
  name: 'log' | 'events' = 'log',
): Centre {
  const { [name]: stream, epochs: register } = siteKeys(streamPrefix, site);
  const context: CentreContext = {
    client,
    stream,
    register,
    minReplicas,
    known: new Set(),
    waitMs: Math.min(5_000, Math.floor(limits.commandTimeoutMs / 2)),
  };
  return {
    last: () => last(context),
    register: () => registerOf(context),
    async claim(epoch, storeId, ended) {
      const more = ended === undefined ? [] : [`${ended.epoch}:last`, ended.seq];
      const owner = String(await client.run(CLAIM, context.register, [epoch, storeId, ...more]));
      await replicated(context);
      return owner;
    },
    entry: (id) => entryOf(context, id),
    async edges(epoch) {
      const first = await range(context, 'XRANGE', `${epoch}-0`, `${epoch}-${MAX_SEQ}`);
      const newest = await range(context, 'XREVRANGE', `${epoch}-${MAX_SEQ}`, `${epoch}-0`);
      return first && newest ? { first: first.oldest, last: newest.newest } : undefined;
    },
    append(expected, entries) {
      const block = compression === 'none' ? undefined : blockOf(entries, compression);
      return block ? appendBlock(context, expected, entries, block) : append(context, expected, entries);
    },
  };
}

/** Waits until as many replicas as asked for hold what was written. */
async function replicated({ client, minReplicas, waitMs }: CentreContext): Promise<void> {
  if (minReplicas === 0) return;
  const replicas = Number(await client.call('WAIT', minReplicas, waitMs));
  if (replicas >= minReplicas) return;
  throw new CentreFault('NOREPLICAS', tell('centre.fewReplicas', { replicas, wanted: minReplicas }));
}

async function range(
  { client, stream }: CentreContext,
  command: 'XRANGE' | 'XREVRANGE',
  from: string,
  to: string,
): Promise<Found | undefined> {
  const [entry] = list(await client.callForBytes(command, stream, from, to, 'COUNT', 1));
  return entry === undefined ? undefined : toFound(entry);
}

/** A block has the ID of its last record: the one with record `id` is the first entry from there on. */
async function entryOf(context: CentreContext, id: EntryId): Promise<Entry | undefined> {
  const found = await range(context, 'XRANGE', formatId(id), `${id.epoch}-${MAX_SEQ}`);
  if (!found || id.seq < found.oldest.id.seq) return undefined;
  return found.entries.find((entry) => entry.id.seq === id.seq);
}

async function last({ client, stream }: CentreContext): Promise<{ id: EntryId; entry?: Entry }> {
  if (Number(await client.call('EXISTS', stream)) === 0) return { id: NO_ENTRY };
  const info = pairs(await client.callForBytes('XINFO', 'STREAM', stream));
  const id = readId(info.get('last-generated-id'));
  const newest = info.get('last-entry');
  const entry = Array.isArray(newest) ? toFound(newest).newest : undefined;
  return entry && formatId(entry.id) === formatId(id) ? { id, entry } : { id };
}

async function registerOf({ client, register }: CentreContext): Promise<Register> {
  const [owners, ends] = [new Map<number, string>(), new Map<number, number>()];
  for (const [name, value] of pairs(await client.call('HGETALL', register))) {
    const [, epoch, isEnd] = /^(\d{1,15})(:last)?$/.exec(name) ?? [];
    if (epoch === undefined) continue;
    if (isEnd === undefined) owners.set(Number(epoch), String(value));
    else if (/^\d{1,15}$/.test(String(value))) ends.set(Number(epoch), Number(value));
  }
  return { owners, ends };
}

/**
 * Runs a script that appends. A server that does not know it would get a whole batch twice over a thin line, so the first time
 * on a connection it is asked with nothing to append: no stream's last ID is empty.
 */
async function runAppend(
  context: CentreContext,
  script: Script,
  args: readonly Argument[],
): Promise<unknown[]> {
  const { client, stream, known } = context;
  if (!known.has(script)) await client.run(script, stream, ['']);
  known.add(script);
  return list(await client.run(script, stream, args));
}

async function append(
  context: CentreContext,
  expected: EntryId,
  entries: readonly OwnEntry[],
): Promise<Appended> {
  const args = [formatId(expected)];
  const isTraced = entries.some(({ traceparent }) => traceparent !== undefined);
  for (const { id, record, traceparent = '' } of entries) {
    args.push(formatId(id), String(record.timeMs), record.kind, record.device ?? '', record.body);
    if (isTraced) args.push(traceparent);
  }
  const reply = await runAppend(context, isTraced ? APPEND_TRACED : APPEND, args);
  const [count, lastText, refusal] = reply;
  const landed = readLanded(count, entries.length);
  const ours = landedLast(expected, entries, landed);
  if (refusal) return { landed, last: ours, asExpected: true, refusal: String(refusal) };
  const newest = readId(lastText);
  // Either it began with the first entry and ended with one of ours, or the stream was not where we thought.
  const isHonest = formatId(newest) === formatId(ours);
  if (landed > 0 !== isHonest) throw nonsense();
  if (landed > 0) await replicated(context);
  return { landed, last: newest, asExpected: landed > 0 };
}

/** As `append`, in one entry: all of them land or none. */
async function appendBlock(
  context: CentreContext,
  expected: EntryId,
  entries: readonly OwnEntry[],
  block: Block,
): Promise<Appended> {
  const args = [formatId(expected), formatId(block.id), ...blockFields(block), ...blockTraceFields(entries)];
  const [count, lastText, refusal] = await runAppend(context, APPEND_BLOCK, args);
  const isLanded = readLanded(count, 1) === 1;
  if (refusal) return { landed: 0, last: expected, asExpected: true, refusal: String(refusal) };
  const newest = readId(lastText);
  if (isLanded !== (formatId(newest) === formatId(block.id))) throw nonsense();
  if (!isLanded && formatId(newest) === formatId(expected)) throw nonsense();
  if (isLanded) await replicated(context);
  return { landed: isLanded ? entries.length : 0, last: newest, asExpected: isLanded };
}

function landedLast(expected: EntryId, entries: readonly OwnEntry[], landed: number): EntryId {
  return entries[landed - 1]?.id ?? expected;
}

function readLanded(count: unknown, most: number): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= most) return count;
  throw nonsense();
}

function nonsense(): CentreFault {
  return new CentreFault('REPLY', tell('centre.oddBatch'), 'slow');
}

function list(reply: unknown): unknown[] {
  return Array.isArray(reply) ? reply : [];
}

/** A flat reply of names and values. */
function pairs(reply: unknown): Map<string, unknown> {
  const flat = list(reply);
  const map = new Map<string, unknown>();
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(String(flat[i]), flat[i + 1]);
  return map;
}

function readId(text: unknown): EntryId {
  const id = parseId(String(text));
  if (id) return id;
  throw new CentreFault('STREAM', tell('centre.oddId'), 'slow');
}

/** The records of one entry of the stream. */
interface Found {
  readonly entries: readonly Entry[];
  readonly oldest: Entry;
  readonly newest: Entry;
}

/** No reply is longer, so whatever this site itself ever put there is read. */
const OWN_LIMITS = { maxBodyBytes: MAX_REPLY_BYTES, maxBlockBytes: MAX_REPLY_BYTES };

/** An entry as XRANGE gives it: its ID and a flat list of field names and values. */
function toFound(reply: unknown): Found {
  const [idText, fields] = list(reply);
  const id = readId(idText);
  const read = readEntry(idText, fields, OWN_LIMITS);
  const entries: Entry[] = read.ok
    ? read.records.map((record) => ({ id: { epoch: id.epoch, seq: record.seq }, record }))
    : [{ id }];
  return { entries, oldest: entries[0] ?? { id }, newest: entries.at(-1) ?? { id } };
}
