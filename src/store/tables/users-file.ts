/**
 * The file of the users (`access.db`), beside the log, so that `reset-admin` may write while the box runs and the log never
 * waits for it.
 */
import { join } from 'node:path';
import { openSideFile, type SideFileOptions } from './side-file.ts';
import { createUsers, type Users } from './users.ts';

const NAME = 'access.db';

const TABLES = `
  -- the pending claim, the service clock, addresses seen: JSON
  CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE users (
    key TEXT PRIMARY KEY,       -- the name, folded
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    created INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL,         -- users.key
    started INTEGER NOT NULL,   -- of the service clock, as used
    used INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE tokens (
    hash TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,       -- with spaces between
    created INTEGER NOT NULL,
    expires INTEGER,            -- of the service clock
    used INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

/** Made beside the others where it is missing: the version before does without. */
const TOKEN_OWNERS = `
  CREATE TABLE IF NOT EXISTS token_owners (
    id TEXT PRIMARY KEY,        -- tokens.id
    owner TEXT NOT NULL         -- users.key
  ) WITHOUT ROWID;
`;

export interface OpenUsers {
  readonly users: Users;
  /** Resolves when every change made before the call is on disk; rejects with a StoreError when the disk refuses. */
  synced(): Promise<void>;
  close(): void;
}

/** Where the users of the store in `dir` are. */
export function usersFile(dir: string): string {
  return join(dir, NAME);
}

/** Opens the users of the store in `dir`; a damaged file is begun anew, without users, and so the box is unclaimed. */
export function openUsers(dir: string, options: SideFileOptions = {}): OpenUsers {
  const spec = {
    name: NAME,
    version: 1,
    tables: TABLES,
    added: TOKEN_OWNERS,
    hint: ', with access control on',
    use: createUsers,
  };
  const { of: users, ...file } = openSideFile(dir, spec, options);
  return { users, ...file };
}
