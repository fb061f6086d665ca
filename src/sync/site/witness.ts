/** What the centre can be asked about a stretch of this site's log: how far its stream is, and what is stored there for good. */
import type { CentreConfig } from '../../config/schema.ts';
import type { Line } from '../../model/line.ts';
import type { Clock } from '../../model/world.ts';
import { type EntryId, formatId } from '../entry.ts';
import { siteKeys } from '../keys.ts';
import { judge, marksOf } from './collected.ts';
import { toFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import { overLine } from './over-line.ts';
import { createRedisCentre } from './redis-centre.ts';
import type { Client } from './redis-client.ts';

export interface Witness {
  /** What an answer says; neither true nor false where it cannot be told. */
  readonly isThere: boolean | undefined;
  readonly text: string;
}

export interface CentreWords {
  readonly stream: Witness;
  readonly stored: Witness;
}

export interface WitnessOptions {
  readonly config: CentreConfig;
  readonly site: string;
  readonly clock: Clock;
  readonly line: Line;
  readonly epoch: number;
  readonly lastSeq: number;
  /** Up to here it is asked about. */
  readonly upTo: number;
}

/** Over a connection of its own, which it closes; never rejects. */
export async function askCentre(options: WitnessOptions): Promise<CentreWords> {
  const { config, site, clock, line } = options;
  let client: Client | undefined;
  try {
    client = await overLine(line)(config, LIMITS, 0, new AbortController().signal, clock);
    const { id } = await createRedisCentre(client, site, config, LIMITS).last();
    const marks = await marksOf(client, siteKeys(config.streamPrefix, site));
    return { stream: streamOf(id, options), stored: storedOf(marks, options) };
  } catch (error) {
    const text = `the centre cannot be asked: ${toFault(error).message}`;
    return { stream: { isThere: undefined, text }, stored: { isThere: undefined, text } };
  } finally {
    client?.close();
  }
}

/** An ID is given once and in order, and a batch lands as a prefix: what the last ID has passed is there once. */
function streamOf(id: EntryId, { epoch, upTo }: WitnessOptions): Witness {
  const text = `the stream of this site is at ${formatId(id)}`;
  if (id.epoch !== epoch) return { isThere: undefined, text: `${text}, of another epoch than this store` };
  if (id.seq >= upTo)
    return { isThere: true, text: `${text}: all up to ${upTo} was appended, in order and once` };
  return { isThere: false, text: `${text} and not at ${upTo}` };
}

function storedOf(
  marks: readonly (EntryId | undefined)[],
  { epoch, lastSeq, upTo }: WitnessOptions,
): Witness {
  const judged = judge({ marks, epoch, lastSeq, sent: lastSeq, stored: 0 });
  if (judged.why !== undefined) return { isThere: undefined, text: judged.why };
  if (judged.upTo >= upTo)
    return { isThere: true, text: `collect has stored everything up to ${judged.upTo}` };
  return { isThere: undefined, text: `collect has stored up to ${judged.upTo} only; it may still be at it` };
}
