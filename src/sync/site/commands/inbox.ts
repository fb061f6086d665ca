/**
 * The site's stream of commands over one Redis connection, read by the consumer group `site`: what was given to this box and not
 * acknowledged comes first, then what was given to a box before it, then new ones. One entry at a time: each may be large.
 */
import { COMMANDS_GROUP } from '../../keys.ts';
import type { Client } from '../client.ts';
import { CentreFault } from '../fault.ts';
import type { CommandEntry } from './command.ts';

/** Entries of a consumer that has been silent for so long are another's to take. */
const ABANDONED_MS = 600_000;

export interface CommandInbox {
  /** Makes the group, where it is not there. Entries written before it are read as well. */
  prepare(): Promise<void>;
  /** The next entry; undefined when none came within `waitMs`. */
  next(waitMs: number): Promise<(CommandEntry & { readonly wasElsewhere: boolean }) | undefined>;
  /** Handled: it will not come again, and its body, which may hold keys, leaves the centre. */
  done(entryId: string): Promise<void>;
  /** The ID of the entry given to this box first and not acknowledged: what could not be read whole. */
  firstPending(): Promise<string | undefined>;
}

/** `consumer` names this box among all that ever read this site's commands. */
export function createCommandInbox(client: Client, key: string, consumer: string): CommandInbox {
  let hasPending = true;
  let hasAbandoned = true;

  async function read(...args: readonly (string | number)[]): Promise<CommandEntry | undefined> {
    const reply = await client.call('XREADGROUP', 'GROUP', COMMANDS_GROUP, consumer, 'COUNT', 1, ...args);
    const [stream] = listOf(reply);
    return entryOf(listOf(listOf(stream)[1])[0]);
  }

  async function abandoned(): Promise<CommandEntry | undefined> {
    const reply = await client.call(
      'XAUTOCLAIM',
      key,
      COMMANDS_GROUP,
      consumer,
      ABANDONED_MS,
      '0-0',
      'COUNT',
      1,
    );
    const [entry] = listOf(listOf(reply)[1]);
    // Redis 6.2 hands over what was deleted without a name: it is ours now, and comes by it as our own.
    if (entry === null) hasPending = true;
    return entryOf(entry);
  }

  return {
    async prepare() {
      try {
        await client.call('XGROUP', 'CREATE', key, COMMANDS_GROUP, '0', 'MKSTREAM');
      } catch (error) {
        if (!(error instanceof CentreFault && error.code === 'BUSYGROUP')) throw error;
      }
    },
    async next(waitMs) {
      while (hasPending || hasAbandoned) {
        if (hasPending) {
          const entry = await read('STREAMS', key, '0');
          if (entry) return { ...entry, wasElsewhere: false };
          hasPending = false;
        }
        if (!hasAbandoned) break;
        const entry = await abandoned();
        if (entry) return { ...entry, wasElsewhere: true };
        hasAbandoned = hasPending;
      }
      const entry = await read('BLOCK', waitMs, 'STREAMS', key, '>');
      return entry && { ...entry, wasElsewhere: false };
    },
    async done(entryId) {
      await client.call('XACK', key, COMMANDS_GROUP, entryId);
      await client.call('XDEL', key, entryId).catch((error: unknown) => {
        if (!(error instanceof CentreFault && error.code === 'NOPERM')) throw error;
      });
    },
    async firstPending() {
      const reply = await client.call('XPENDING', key, COMMANDS_GROUP, '-', '+', 1, consumer);
      const id = listOf(listOf(reply)[0])[0];
      return typeof id === 'string' ? id : undefined;
    },
  };
}

/** A deleted entry that is still pending has no fields. */
function entryOf(reply: unknown): CommandEntry | undefined {
  const [id, fields] = listOf(reply);
  return typeof id === 'string' ? { entryId: id, fields: listOf(fields).map(String) } : undefined;
}

function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}
