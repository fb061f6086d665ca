/**
 * What the centre has stored for good, by the watermarks of all consumer groups of the site's stream: with `centre.forget` =
 * `collected` the cursor of that name holds records here until then. Doubt never moves it forward.
 */

import { type SaidKey, type Told, tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import type { Cursor } from '../../store/contract.ts';
import { compareIds, type EntryId, parseId } from '../entry.ts';
import type { SiteKeys } from '../keys.ts';
import { CentreFault } from './fault.ts';
import type { Client } from './redis-client.ts';
import type { SyncStore } from './resume.ts';

type HeldKey = Extract<SaidKey, `centre.held${string}`>;

/** The reader of the log that stands for the centre's stores. */
export const COLLECTED = 'collected';

export interface WatermarkFacts {
  /** Consumer groups of the stream, and what each says it has stored; undefined for no word, or none that is an ID. */
  readonly marks: readonly (EntryId | undefined)[];
  readonly epoch: number;
  readonly lastSeq: number;
  /** seq up to which the log is delivered, and up to which it is known to be stored. */
  readonly sent: number;
  readonly stored: number;
}

export interface Judged {
  /** seq up to which the records are stored. */
  readonly upTo: number;
  /** How it is said that it cannot be told. */
  readonly why?: HeldKey;
}

/** Pure. The smallest watermark counts, backwards too; one that says nothing of our log leaves things as they are. */
export function judge({ marks, epoch, lastSeq, sent, stored }: WatermarkFacts): Judged {
  const stay = (why: HeldKey): Judged => ({ upTo: Math.min(stored, sent), why });
  if (marks.length === 0) return stay('centre.heldNobody');
  const known = marks.filter((mark) => mark !== undefined);
  const [smallest] = known.toSorted(compareIds);
  if (!smallest || known.length < marks.length) return stay('centre.heldSilent');
  if (smallest.epoch < epoch) return stay('centre.heldEarlier');
  if (compareIds(smallest, { epoch, seq: lastSeq }) > 0) return stay('centre.heldAhead');
  return { upTo: Math.min(smallest.seq, sent) };
}

export interface Collected {
  /** Asks the centre if it is time. Rejects with a CentreFault. */
  ask(client: Client): Promise<void>;
  /** What is held here, in words; undefined when nothing is. */
  told(): Told | undefined;
}

export interface CollectedContext {
  readonly store: Pick<SyncStore, 'log' | 'epoch'>;
  /** Of the deliveries, and of what is stored. */
  readonly sent: Cursor;
  readonly stored: Cursor;
  readonly keys: SiteKeys;
  readonly clock: Clock;
  readonly everyMs: number;
}

/** For as long as the box runs, over all connections. */
export function createCollected({ store, sent, stored, keys, clock, everyMs }: CollectedContext): Collected {
  let nextMs = Number.NEGATIVE_INFINITY;
  let why: HeldKey | undefined = 'centre.heldNotAsked';
  return {
    async ask(client) {
      if (clock.monotonicMs() < nextMs) return;
      nextMs = clock.monotonicMs() + everyMs;
      why = 'centre.heldCannotAsk';
      const judged = judge({
        marks: await marksOf(client, keys),
        epoch: store.epoch(),
        lastSeq: store.log.lastSeq(),
        sent: sent.state().seq,
        stored: stored.state().seq,
      });
      why = judged.why;
      if (judged.upTo < stored.state().seq) stored.rewind(judged.upTo);
      else stored.advance(judged.upTo);
    },
    told() {
      const held = stored.state().pending - sent.state().pending;
      if (held <= 0) return undefined;
      return tell(why ?? 'centre.held', { count: held });
    },
  };
}

export async function marksOf(client: Client, keys: SiteKeys): Promise<(EntryId | undefined)[]> {
  const groups = await groupsOf(client, keys.log);
  if (groups.length === 0) return [];
  const reply = await client.call('HGETALL', keys.watermark);
  const told = Array.isArray(reply) ? reply.map(String) : [];
  const marks = new Map(
    told.flatMap((name, at) => (at % 2 === 0 ? [[name, told[at + 1] ?? ''] as const] : [])),
  );
  return groups.map((group) => parseId(marks.get(group) ?? ''));
}

async function groupsOf(client: Client, stream: string): Promise<string[]> {
  try {
    const groups = await client.call('XINFO', 'GROUPS', stream);
    if (!Array.isArray(groups)) return [];
    return groups.map((group: unknown) => {
      const flat = Array.isArray(group) ? group.map(String) : [];
      return flat[flat.indexOf('name') + 1] ?? '';
    });
  } catch (error) {
    // There is no stream yet, or none any more.
    if (error instanceof CentreFault && error.code === 'ERR') return [];
    throw error;
  }
}
