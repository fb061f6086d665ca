/** Looking into the quarantine of a store from another process, without holding or changing it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Quarantine } from '../contract.ts';
import { openReadOnly } from '../sqlite.ts';
import { createQuarantine } from './quarantine.ts';

/** The command that looks has its own words, and no log. */
const QUIET = { warn: () => undefined };

/** Runs `look` on the quarantine of the store in `dir`; undefined when there is no store. Throws when it is unreadable. */
export function lookIntoQuarantine<T>(
  dir: string,
  look: (quarantine: Pick<Quarantine, 'list' | 'count'>) => T,
): T | undefined {
  const file = join(dir, 'edge.db');
  if (!existsSync(file)) return undefined;
  const db = openReadOnly(file);
  try {
    return look(createQuarantine(db, QUIET));
  } finally {
    db.close();
  }
}
