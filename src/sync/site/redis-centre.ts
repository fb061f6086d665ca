/** The centre over one Redis connection: stream `<stream_prefix>:<site>:log`, register of epochs `<stream_prefix>:<site>:epochs`. */
import type { CentreConfig } from '../../config/schema.ts';
import type { Appended, Centre } from './centre.ts';
import type { Client } from './client.ts';
import { type Entry, type EntryId, formatId, NO_ENTRY, parseId } from './entry.ts';
import { CentreFault } from './fault.ts';
import type { SyncLimits } from './limits.ts';
import { APPEND, CLAIM } from './scripts.ts';

const MAX_SEQ = '18446744073709551615';

interface CentreContext {
  readonly client: Client;
  readonly stream: string;
  readonly register: string;
  readonly minReplicas: number;
  /** How long replicas are waited for. */
  readonly waitMs: number;
}

/** A write only counts (`claim` and `append` resolve) once `minReplicas` replicas have it. */
export function createRedisCentre(
  client: Client,
  site: string,
  { streamPrefix, minReplicas }: Pick<CentreConfig, 'streamPrefix' | 'minReplicas'>,
  limits: SyncLimits,
): Centre {
  const context: CentreContext = {
    client,
    stream: `${streamPrefix}:${site}:log`,
    register: `${streamPrefix}:${site}:epochs`,
    minReplicas,
    waitMs: Math.min(5_000, Math.floor(limits.commandTimeoutMs / 2)),
  };
  return {
    last: () => last(context),
    owners: () => owners(context),
    async claim(epoch, storeId) {
      const owner = String(await client.run(CLAIM, context.register, [epoch, storeId]));
      await replicated(context);
      return owner;
    },
    entry: (id) => range(context, 'XRANGE', formatId(id), formatId(id)),
    async edges(epoch) {
      const first = await range(context, 'XRANGE', `${epoch}-0`, `${epoch}-${MAX_SEQ}`);
      const newest = await range(context, 'XREVRANGE', `${epoch}-${MAX_SEQ}`, `${epoch}-0`);
      return first && newest ? { first, last: newest } : undefined;
    },
    append: (expected, entries) => append(context, expected, entries),
  };
}

/** Waits until as many replicas as asked for hold what was written. */
async function replicated({ client, minReplicas, waitMs }: CentreContext): Promise<void> {
  if (minReplicas === 0) return;
  const replicas = Number(await client.call('WAIT', minReplicas, waitMs));
  if (replicas >= minReplicas) return;
  throw new CentreFault(
    'NOREPLICAS',
    `only ${replicas} of ${minReplicas} replicas at the centre hold the data`,
    'look at the replicas, or lower centre.min_replicas',
  );
}

async function range(
  { client, stream }: CentreContext,
  command: 'XRANGE' | 'XREVRANGE',
  from: string,
  to: string,
): Promise<Entry | undefined> {
  const [entry] = list(await client.call(command, stream, from, to, 'COUNT', 1));
  return entry === undefined ? undefined : toEntry(entry);
}

async function last({ client, stream }: CentreContext): Promise<{ id: EntryId; entry?: Entry }> {
  if (Number(await client.call('EXISTS', stream)) === 0) return { id: NO_ENTRY };
  const info = pairs(await client.call('XINFO', 'STREAM', stream));
  const id = readId(info.get('last-generated-id'));
  const newest = info.get('last-entry');
  const entry = Array.isArray(newest) ? toEntry(newest) : undefined;
  return entry && formatId(entry.id) === formatId(id) ? { id, entry } : { id };
}

async function owners({ client, register }: CentreContext): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const [epoch, storeId] of pairs(await client.call('HGETALL', register))) {
    if (/^\d{1,15}$/.test(epoch)) found.set(Number(epoch), String(storeId));
  }
  return found;
}

async function append(
  context: CentreContext,
  expected: EntryId,
  entries: readonly Entry[],
): Promise<Appended> {
  const before = formatId(expected);
  const args = entries.flatMap(({ id, t, k, d, b }) => [formatId(id), t, k, d, b]);
  const reply = list(await context.client.run(APPEND, context.stream, [before, ...args]));
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

function landedLast(expected: EntryId, entries: readonly Entry[], landed: number): EntryId {
  return entries[landed - 1]?.id ?? expected;
}

function readLanded(count: unknown, most: number): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= most) return count;
  throw nonsense();
}

function nonsense(): CentreFault {
  return new CentreFault(
    'REPLY',
    'the centre answers a batch with what no Redis answers',
    'see what answers at the address of the centre',
    'slow',
  );
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
  throw new CentreFault(
    'STREAM',
    'the stream of this site at the centre holds an ID that no site gives',
    'see who else writes to that stream; then choose another site id or remove the stream',
    'slow',
  );
}

/** An entry as XRANGE gives it: its ID and a flat list of field names and values. */
function toEntry(reply: unknown): Entry {
  const [id, fields] = list(reply);
  const field = pairs(fields);
  const text = (name: string) => String(field.get(name) ?? '');
  return { id: readId(id), t: text('t'), k: text('k'), d: text('d'), b: text('b') };
}
