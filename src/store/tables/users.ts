/**
 * Who may use the box: users, their sessions, API tokens and the pending claim code, secrets as hashes only. Every call reads
 * or writes the file itself (users-file.ts): what another process changed holds at once. What is written without anybody
 * asking (times of use, the service clock) may be lost at a power cut.
 */
import type { Sqlite } from '../sqlite.ts';
import type { WriteUnasked } from './side-file.ts';

export interface StoredUser {
  /** As typed; two names that differ in case only are one. */
  readonly name: string;
  readonly role: string;
  /** Hash that says its algorithm and parameters. */
  readonly password: string;
  /** Epoch milliseconds. */
  readonly createdMs: number;
}

/** Times are of the service clock: milliseconds this store has been in service, see `ServiceTime`. */
export interface StoredLogin {
  readonly hash: string;
  readonly user: string;
  readonly startedMs: number;
  readonly usedMs: number;
}

export interface StoredToken {
  readonly hash: string;
  /** Public name of the token in the API. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly createdMs: number;
  /** Of the service clock; undefined: never expires. */
  readonly expiresMs: number | undefined;
  /** Epoch milliseconds, 0 for never. */
  readonly usedMs: number;
  /** Name, folded, of the user who made it; undefined: made before that was kept. */
  readonly owner: string | undefined;
}

/** An address a user has logged in from. */
export interface SeenAddress {
  /** What tells users apart, see `keyOf`. */
  readonly user: string;
  readonly address: string;
}

/** A one-time code that makes its bearer an administrator. */
export interface PendingClaim {
  readonly hash: string;
  /** Wrong codes given since it was made. */
  readonly tries: number;
}

/** What the service clock said when the wall clock said something: the only thing kept about time itself. */
export interface ServiceTime {
  readonly servedMs: number;
  readonly wallMs: number;
}

export interface Users {
  list(): StoredUser[];
  get(name: string): StoredUser | undefined;
  put(user: StoredUser): void;
  /** Removes the user with all sessions and tokens. */
  remove(name: string): boolean;
  /** Removes every user, session and token. */
  clear(): void;
  /** What tells two users apart: the name, folded. */
  keyOf(name: string): string;
  /** The latest come last; those of a removed user go with it. */
  readonly seen: { list(): SeenAddress[]; save(seen: readonly SeenAddress[]): void };
  readonly sessions: {
    /** Adds one and drops the user's least recently used beyond `keep`, and all used before `usedBeforeMs`. */
    add(session: StoredLogin, keep: number, usedBeforeMs: number): void;
    get(hash: string): StoredLogin | undefined;
    touch(hash: string, usedMs: number): void;
    remove(hash: string): void;
    /** Ends the user's sessions, but for the one with hash `except`. */
    removeOf(user: string, except?: string): void;
  };
  readonly tokens: {
    list(): StoredToken[];
    byHash(hash: string): StoredToken | undefined;
    add(token: StoredToken): void;
    touch(id: string, usedMs: number): void;
    remove(id: string): boolean;
    /** Removes those the user has made; the result is how many. */
    removeOf(user: string): number;
  };
  readonly claim: {
    get(): PendingClaim | undefined;
    set(hash: string): void;
    countTry(): void;
    /** Ends the claim and puts `user`, in one step; false when `hash` is no longer the pending one. */
    redeem(hash: string, user: StoredUser): boolean;
  };
  readonly time: { load(): ServiceTime | undefined; save(time: ServiceTime): void };
}

interface UserRow {
  readonly name: string;
  readonly role: string;
  readonly password: string;
  readonly created: number;
}

interface TokenRow {
  readonly hash: string;
  readonly id: string;
  readonly name: string;
  readonly scopes: string;
  readonly created: number;
  readonly expires: number | null;
  readonly used: number;
  readonly owner: string | null;
}

/** Users over `db`, which has the tables of users-file.ts; every call is its own transaction. */
export function createUsers(db: Sqlite, writeUnasked: WriteUnasked): Users {
  const all = db.prepare('SELECT name, role, password, created FROM users ORDER BY key');
  const one = db.prepare('SELECT name, role, password, created FROM users WHERE key = ?');
  const put = db.prepare('INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM users WHERE key = ?');
  const value = db.prepare('SELECT value FROM kept WHERE key = ?').pluck();
  const setValue = db.prepare('INSERT OR REPLACE INTO kept (key, value) VALUES (?, ?)');
  const dropValue = db.prepare('DELETE FROM kept WHERE key = ?');
  const sessions = createSessions(db, writeUnasked);
  const tokens = createTokens(db, writeUnasked);

  const putUser = ({ name, role, password, createdMs }: StoredUser): void =>
    void put.run(keyOf(name), name, role, password, createdMs);
  const seen = (): SeenAddress[] => parse<SeenAddress[]>(value.get('seen')) ?? [];
  const saveSeen = (kept: readonly SeenAddress[]): void => void setValue.run('seen', JSON.stringify(kept));
  const remove = db.transaction((name: string) => {
    sessions.removeOf(name);
    tokens.removeOf(name);
    saveSeen(seen().filter(({ user }) => user !== keyOf(name)));
    return drop.run(keyOf(name)).changes > 0;
  });
  const clear = db.transaction(() => {
    db.exec('DELETE FROM users; DELETE FROM sessions; DELETE FROM tokens; DELETE FROM token_owners');
    dropValue.run('seen');
  });
  const claim = (): PendingClaim | undefined => parse<PendingClaim>(value.get('claim'));
  const setClaim = (pending: PendingClaim): void => void setValue.run('claim', JSON.stringify(pending));
  const redeem = db.transaction((hash: string, user: StoredUser) => {
    if (claim()?.hash !== hash) return false;
    dropValue.run('claim');
    sessions.removeOf(user.name);
    putUser(user);
    return true;
  });

  return {
    list: () => (all.all() as UserRow[]).map(toUser),
    get(name) {
      const row = one.get(keyOf(name)) as UserRow | undefined;
      return row && toUser(row);
    },
    put: putUser,
    remove,
    clear: () => void clear(),
    keyOf,
    seen: { list: seen, save: saveSeen },
    sessions,
    tokens,
    claim: {
      get: claim,
      set: (hash) => setClaim({ hash, tries: 0 }),
      countTry() {
        const pending = claim();
        if (pending) setClaim({ ...pending, tries: pending.tries + 1 });
      },
      redeem,
    },
    time: {
      load: () => parse<ServiceTime>(value.get('service_time')),
      save: (time) => writeUnasked(() => setValue.run('service_time', JSON.stringify(time))),
    },
  };
}

function createSessions(db: Sqlite, writeUnasked: WriteUnasked): Users['sessions'] {
  const insert = db.prepare('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)');
  const select = db.prepare(
    'SELECT hash, user, started AS startedMs, used AS usedMs FROM sessions WHERE hash = ?',
  );
  const touch = db.prepare('UPDATE sessions SET used = ? WHERE hash = ?');
  const drop = db.prepare('DELETE FROM sessions WHERE hash = ?');
  const dropOf = db.prepare('DELETE FROM sessions WHERE user = ? AND hash <> ?');
  const dropOld = db.prepare('DELETE FROM sessions WHERE used < ?');
  const dropMany = db.prepare(
    'DELETE FROM sessions WHERE user = ? AND hash NOT IN (SELECT hash FROM sessions WHERE user = ? ORDER BY used DESC LIMIT ?)',
  );
  const add = db.transaction((session: StoredLogin, keep: number, usedBeforeMs: number) => {
    const user = keyOf(session.user);
    dropOld.run(usedBeforeMs);
    dropMany.run(user, user, keep - 1);
    insert.run(session.hash, user, session.startedMs, session.usedMs);
  });
  return {
    add,
    get: (hash) => select.get(hash) as StoredLogin | undefined,
    touch: (hash, usedMs) => writeUnasked(() => touch.run(usedMs, hash)),
    remove: (hash) => void drop.run(hash),
    removeOf: (user, except = '') => void dropOf.run(keyOf(user), except),
  };
}

const TOKENS =
  'SELECT tokens.*, token_owners.owner FROM tokens LEFT JOIN token_owners ON token_owners.id = tokens.id';

function createTokens(db: Sqlite, writeUnasked: WriteUnasked): Users['tokens'] {
  const all = db.prepare(`${TOKENS} ORDER BY tokens.created, tokens.id`);
  const select = db.prepare(`${TOKENS} WHERE tokens.hash = ?`);
  const insert = db.prepare('INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)');
  const touch = db.prepare('UPDATE tokens SET used = ? WHERE id = ?');
  const drop = db.prepare('DELETE FROM tokens WHERE id = ?');
  const setOwner = db.prepare('INSERT OR REPLACE INTO token_owners VALUES (?, ?)');
  const dropOwner = db.prepare('DELETE FROM token_owners WHERE id = ?');
  const ofOwner = db.prepare('SELECT id FROM token_owners WHERE owner = ?').pluck();
  const add = db.transaction((token: StoredToken) => {
    const { hash, id, name, scopes, createdMs, expiresMs, usedMs, owner } = token;
    insert.run(hash, id, name, scopes.join(' '), createdMs, expiresMs ?? null, usedMs);
    if (owner !== undefined) setOwner.run(id, keyOf(owner));
  });
  const remove = db.transaction((id: string) => {
    dropOwner.run(id);
    return drop.run(id).changes > 0;
  });
  return {
    list: () => (all.all() as TokenRow[]).map(toToken),
    byHash(hash) {
      const row = select.get(hash) as TokenRow | undefined;
      return row && toToken(row);
    },
    add,
    touch: (id, usedMs) => writeUnasked(() => touch.run(usedMs, id)),
    remove,
    removeOf: (user) => (ofOwner.all(keyOf(user)) as string[]).filter(remove).length,
  };
}

/** What tells two users apart. */
function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

function toUser({ name, role, password, created }: UserRow): StoredUser {
  return { name, role, password, createdMs: created };
}

function toToken({ hash, id, name, scopes, created, expires, used, owner }: TokenRow): StoredToken {
  const dates = { createdMs: created, expiresMs: expires ?? undefined, usedMs: used };
  return { hash, id, name, scopes: scopes.split(' '), ...dates, owner: owner ?? undefined };
}

function parse<T>(text: unknown): T | undefined {
  return typeof text === 'string' ? (JSON.parse(text) as T) : undefined;
}
