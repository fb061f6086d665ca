/** The account of a rehearsal as it grows: bounded, and kept in the store so that a new start knows of it. */
import * as z from 'zod/mini';
import { errorText } from '../../model/error-text.ts';
import { LINES } from '../../model/line.ts';
import type { Rehearsal, RehearsalEvent, RehearsalSample } from '../../model/rehearsal.ts';
import { cut } from '../../model/text.ts';
import type { World } from '../../model/world.ts';
import type { Notes } from '../../store/contract.ts';

const NOTE = 'rehearsal';
const MAX_SAMPLES = 120;
const MAX_EVENTS = 100;
const MAX_TEXT = 300;

const mark = z.object({
  name: z.string(),
  seq: z.number(),
  accepted: z.number(),
  delivered: z.number(),
  pending: z.number(),
  quarantined: z.number(),
  expired: z.number(),
});

const kept = z.object({
  id: z.string(),
  by: z.string(),
  startedMs: z.number(),
  state: z.enum(['running', 'catching_up', 'ended']),
  lines: z.array(
    z.object({
      line: z.enum(LINES),
      fromMs: z.number(),
      untilMs: z.number(),
      mendedMs: z.exactOptional(z.number()),
    }),
  ),
  fromSeq: z.number(),
  before: z.array(mark),
  markSeq: z.exactOptional(z.number()),
  samples: z.array(
    z.object({
      timeMs: z.number(),
      lastSeq: z.number(),
      waiting: z.record(z.string(), z.number()),
      storeBytes: z.number(),
    }),
  ),
  events: z.array(z.object({ timeMs: z.number(), text: z.string() })),
  checks: z.array(
    z.object({ what: z.string(), outcome: z.enum(['proved', 'failed', 'unproved']), text: z.string() }),
  ),
  endedMs: z.exactOptional(z.number()),
  cutShort: z.exactOptional(z.string()),
});

/** The last one; undefined where there was none, or it cannot be read. */
export function readRehearsal(notes: Notes): Rehearsal | undefined {
  const read = z.safeParse(kept, notes.get(NOTE));
  return read.success ? read.data : undefined;
}

/** Whether one was under way when the box last ran. */
export function isUnderWay(notes: Notes): boolean {
  const last = readRehearsal(notes);
  return last !== undefined && last.state !== 'ended';
}

export function saveRehearsal(notes: Notes, rehearsal: Rehearsal | undefined, { logger }: World): void {
  try {
    if (rehearsal) notes.put(NOTE, rehearsal);
  } catch (error) {
    logger.warn('rehearsal.not_stored', { error: errorText(error) });
  }
}

/** With one more sample; when there are too many every other one goes. */
export function withSample(rehearsal: Rehearsal, sample: RehearsalSample): Rehearsal {
  const samples = [...rehearsal.samples, sample];
  const last = samples.length - 1;
  return {
    ...rehearsal,
    samples: samples.length <= MAX_SAMPLES ? samples : samples.filter((_, at) => at % 2 === 0 || at === last),
  };
}

/** With one more event, unless it says again what was said of the same thing last. */
export function withEvent(rehearsal: Rehearsal, { timeMs, text }: RehearsalEvent): Rehearsal {
  const words = cut(text, MAX_TEXT);
  const about = subjectOf(words);
  const before = rehearsal.events.findLast((event) => subjectOf(event.text) === about);
  if (before && numberless(before.text) === numberless(words)) return rehearsal;
  if (rehearsal.events.length >= MAX_EVENTS) return rehearsal;
  return { ...rehearsal, events: [...rehearsal.events, { timeMs, text: words }] };
}

const subjectOf = (text: string): string => text.split(':')[0] ?? '';
/** A count that goes on is no news. */
const numberless = (text: string): string => text.replace(/\d+/g, '0');
