/**
 * A note on disk of the session a broker keeps for us: without it nobody could tell a broker that has forgotten us from a
 * first connection, nor find the session of an earlier client id, which goes on gathering messages for nobody.
 */
import { readFileSync } from 'node:fs';
import { replaceFile } from '../../files/replace-file.ts';

export interface SessionNote {
  /** Whether the broker at `url` is to know `clientId`. */
  isKnown(url: string, clientId: string): boolean;
  /** The broker has our subscriptions under `clientId`. Throws what the disk says. */
  subscribed(url: string, clientId: string): void;
  /** Client ids of before at this broker, whose sessions have not been emptied; oldest first. */
  old(url: string): readonly string[];
  /** The session is no longer of interest. Throws what the disk says. */
  drop(url: string, clientId: string): void;
}

interface Entry {
  readonly url: string;
  readonly clientId: string;
}

/** Of sites that are renamed daily the newest. */
const MAX_ENTRIES = 8;

/** `file`: undefined where nothing is remembered beyond the end of the process. What cannot be read counts as empty. */
export function openSessionNote(file: string | undefined): SessionNote {
  let entries = file === undefined ? [] : read(file);
  const save = (next: readonly Entry[]): void => {
    entries = next.slice(-MAX_ENTRIES);
    if (file !== undefined) replaceFile(file, JSON.stringify(entries));
  };
  const others = ({ url, clientId }: Entry) =>
    entries.filter((entry) => entry.url !== url || entry.clientId !== clientId);
  return {
    isKnown: (url, clientId) => entries.some((entry) => entry.url === url && entry.clientId === clientId),
    subscribed(url, clientId) {
      const newest = entries.at(-1);
      if (newest?.url !== url || newest.clientId !== clientId)
        save([...others({ url, clientId }), { url, clientId }]);
    },
    old: (url) =>
      entries
        .slice(0, -1)
        .filter((entry) => entry.url === url)
        .map(({ clientId }) => clientId),
    drop: (url, clientId) => save(others({ url, clientId })),
  };
}

function read(file: string): Entry[] {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(value) ? value.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'url' in value &&
    typeof value.url === 'string' &&
    'clientId' in value &&
    typeof value.clientId === 'string'
  );
}
