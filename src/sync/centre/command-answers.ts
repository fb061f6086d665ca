/**
 * A command written for a site, and the site's answers to it, looked for in its events and its log: in entries of their own,
 * and inside blocks of records. Over whatever connection its user has.
 */
import { COMMAND_EVENT, type CommandAnswer } from '../../model/command.ts';
import { readEntry } from '../entry.ts';
import type { SiteKeys } from '../keys.ts';

/** Sends one command to Redis; bulk replies must come as Buffers, or blocks cannot be read. */
export type AskBytes = (command: string, ...args: readonly (string | number)[]) => Promise<unknown>;

export interface SiteCommand {
  readonly id: string;
  readonly kind: string;
  /** JSON text of an object. */
  readonly body: string;
  /** Epoch milliseconds after which the site does not do it any more. */
  readonly expiresMs?: number;
}

export interface SentCommand {
  /** The answers that came since the last look; the same may come twice, by both streams. Rejects when Redis does. */
  look(): Promise<CommandAnswer[]>;
  /** Takes the command back, if the site has not had it yet. */
  withdraw(): Promise<void>;
}

const MAX_READ = 200;

interface StreamPlace {
  readonly stream: string;
  last: string;
}

/** Writes `command` for the site of `keys`. Rejects when Redis does. */
export async function sendCommand(
  ask: AskBytes,
  keys: Pick<SiteKeys, 'commands' | 'events' | 'log'>,
  { id, kind, body, expiresMs }: SiteCommand,
): Promise<SentCommand> {
  // Of what comes from here on, so that no answer is missed between sending and looking.
  const places = [await endOf(ask, keys.events), await endOf(ask, keys.log)];
  const expires = expiresMs === undefined ? [] : ['expires', expiresMs];
  const fields = ['v', '1', 'id', id, 'kind', kind, ...expires, 'body', body];
  const entryId = textOf(await ask('XADD', keys.commands, '*', ...fields));
  return {
    async look() {
      const found: CommandAnswer[] = [];
      for (const place of places) found.push(...(await answersBehind(ask, place, id)));
      return found;
    },
    async withdraw() {
      await ask('XDEL', keys.commands, entryId);
    },
  };
}

async function endOf(ask: AskBytes, stream: string): Promise<StreamPlace> {
  const [newest] = listOf(await ask('XREVRANGE', stream, '+', '-', 'COUNT', 1));
  return { stream, last: textOf(listOf(newest)[0]) || '0-0' };
}

/** Answers to `id` among what came since the last look; moves the place. */
async function answersBehind(ask: AskBytes, place: StreamPlace, id: string): Promise<CommandAnswer[]> {
  const found: CommandAnswer[] = [];
  for (;;) {
    const entries = listOf(await ask('XRANGE', place.stream, `(${place.last}`, '+', 'COUNT', MAX_READ));
    for (const entry of entries) {
      const [entryId, fields] = listOf(entry);
      place.last = textOf(entryId);
      const read = readEntry(entryId, fields);
      if (!read.ok) continue;
      for (const { body } of read.records) {
        const answer = answerOf(body);
        if (answer?.id === id) found.push(answer);
      }
    }
    if (entries.length < MAX_READ) return found;
  }
}

function answerOf(body: string): CommandAnswer | undefined {
  if (!body.includes(COMMAND_EVENT)) return undefined;
  try {
    const found = JSON.parse(body) as Partial<CommandAnswer>;
    const isAnswer = found.event === COMMAND_EVENT && typeof found.id === 'string';
    return isAnswer && ['accepted', 'done', 'refused'].includes(found.state ?? '')
      ? (found as CommandAnswer)
      : undefined;
  } catch {
    return undefined;
  }
}

function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

function textOf(reply: unknown): string {
  return Buffer.isBuffer(reply) ? reply.toString('latin1') : typeof reply === 'string' ? reply : '';
}
