/** What can be done about who may use the box: claim it, log in and out, keep users and API tokens. */
import { randomBytes } from 'node:crypto';
import type { World } from '../../model/world.ts';
import type { StoredToken, StoredUser, Users } from '../../store/tables/users.ts';
import type { Role } from '../role.ts';
import type { Scope } from './access-rule.ts';
import { type Claim, createClaim } from './claim.ts';
import type { Client } from './client.ts';
import { createLoginLimits } from './login-limits.ts';
import type { Passwords } from './password.ts';
import { hashSecret, newToken } from './secret.ts';
import type { ServiceClock } from './service-clock.ts';
import type { Sessions } from './sessions.ts';

const MAX_USERS = 100;
const MAX_TOKENS = 100;
const DAY_MS = 86_400_000;

export interface SignedIn {
  readonly user: StoredUser;
  /** Goes into the cookie. */
  readonly sessionId: string;
}

/** 'wrong' tells neither whether the name nor whether the password was. */
export type Refused = 'wrong' | 'busy' | { readonly waitMs: number };

export interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly role: Role;
}

export type UserChange = 'done' | 'unknown' | 'exists' | 'too_many' | 'last_admin' | 'busy';

export interface TokenView extends Omit<StoredToken, 'hash' | 'expiresMs'> {
  /** By the clock of the box as it is now, epoch milliseconds. */
  readonly expiresMs: number | undefined;
  readonly expired: boolean;
}

/** The way in and out. */
interface SignIn {
  readonly claimPending: Claim['pending'];
  claim(code: string, user: { name: string; password: string }, client: Client): Promise<SignedIn | Refused>;
  login(name: string, password: string, client: Client): Promise<SignedIn | Refused>;
  logout(session: string): void;
  /** Changes the own password; every other session of the user ends. */
  changePassword(
    name: string,
    session: string,
    before: string,
    after: string,
    client: Client,
  ): Promise<'done' | Refused>;
}

interface UserAdmin {
  users(): StoredUser[];
  hasUser(name: string): boolean;
  addUser(user: NewUser): Promise<UserChange>;
  changeUser(
    name: string,
    change: { password?: string | undefined; role?: Role | undefined },
  ): Promise<UserChange>;
  removeUser(name: string): UserChange;
}

interface TokenAdmin {
  tokens(): TokenView[];
  /** The token itself is shown once. It ends with its owner, or when that is no longer administrator. */
  addToken(
    owner: string | undefined,
    name: string,
    scopes: readonly Scope[],
    days?: number,
  ): { token: string; view: TokenView } | 'too_many';
  removeToken(id: string): boolean;
}

export interface Accounts extends SignIn, UserAdmin, TokenAdmin {}

export interface AccountsDeps {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly time: ServiceClock;
  readonly passwords: Passwords;
  readonly world: World;
}

export function createAccounts(deps: AccountsDeps): Accounts {
  return { ...createSignIn(deps), ...createUserAdmin(deps), ...createTokenAdmin(deps) };
}

function createSignIn(deps: AccountsDeps): SignIn {
  const { users, sessions, passwords, world } = deps;
  const { logger } = world;
  const claim = createClaim(users, passwords, world);
  const limits = createLoginLimits(users, world);

  /** The user, if the password is that of one. */
  async function check(name: string, password: string, client: Client): Promise<StoredUser | Refused> {
    const { waitMs, isSeen } = limits.take(name, client);
    if (waitMs > 0) return { waitMs };
    const user = users.get(name);
    const right = await passwords.verify(password, user?.password, isSeen);
    if (right === 'busy') return 'busy';
    // Removed or changed while its password was looked at: no longer the one that was shown to be right.
    if (!right || user?.password !== users.get(name)?.password || !user) {
      logger.warn('access.login_failed', { address: client.address, user: user?.name ?? null });
      return 'wrong';
    }
    limits.wasGood(name, client);
    if (passwords.isOutdated(user.password)) await setPassword(deps, name, password);
    return user;
  }

  return {
    claimPending: claim.pending,
    async claim(code, { name, password }, client) {
      const waitMs = limits.takeAddress(client);
      if (waitMs > 0) return { waitMs };
      const user = await claim.redeem(code, { name, password });
      if (typeof user === 'string' || 'waitMs' in user) {
        logger.warn('access.claim_failed', { address: client.address });
        return user;
      }
      limits.wasGood(user.name, client);
      logger.info('access.claimed', { user: name, address: client.address });
      return { user, sessionId: sessions.begin(user) };
    },
    async login(name, password, client) {
      const user = await check(name, password, client);
      if (typeof user === 'string' || 'waitMs' in user) return user;
      logger.info('access.login', { user: user.name, address: client.address });
      return { user, sessionId: sessions.begin(user) };
    },
    logout: (session) => users.sessions.remove(session),
    async changePassword(name, session, before, after, client) {
      const user = await check(name, before, client);
      if (typeof user === 'string' || 'waitMs' in user) return user;
      if ((await setPassword(deps, name, after)) !== 'done') return 'busy';
      users.sessions.removeOf(name, session);
      logger.info('access.password_changed', { user: name });
      return 'done';
    },
  };
}

/** Reads the user again after the hash: others may have changed or removed it meanwhile. */
async function setPassword(
  { users, passwords }: AccountsDeps,
  name: string,
  password: string,
): Promise<'done' | 'unknown' | 'busy'> {
  const hash = await passwords.hash(password);
  if (hash === 'busy') return 'busy';
  const user = users.get(name);
  if (!user) return 'unknown';
  users.put({ ...user, password: hash });
  return 'done';
}

function createUserAdmin(deps: AccountsDeps): UserAdmin {
  const { users, passwords, world } = deps;
  const { clock, logger } = world;

  function isLastAdmin(name: string): boolean {
    const admins = users.list().filter(({ role }) => role === 'admin');
    return admins.length === 1 && admins[0]?.name === users.get(name)?.name;
  }

  return {
    users: () => users.list(),
    hasUser: (name) => users.get(name) !== undefined,
    async addUser({ name, password, role }) {
      const hash = await passwords.hash(password);
      if (hash === 'busy') return 'busy';
      if (users.get(name)) return 'exists';
      if (users.list().length >= MAX_USERS) return 'too_many';
      users.put({ name, role, password: hash, createdMs: clock.nowMs() });
      logger.info('access.user_added', { user: name, role });
      return 'done';
    },
    async changeUser(name, { password, role }) {
      if (password !== undefined) {
        const set = await setPassword(deps, name, password);
        if (set !== 'done') return set;
        users.sessions.removeOf(name);
      }
      const user = users.get(name);
      if (!user) return 'unknown';
      if (role !== undefined && role !== 'admin' && isLastAdmin(name)) return 'last_admin';
      users.put({ ...user, role: role ?? user.role });
      const revoked = role !== undefined && role !== 'admin' ? users.tokens.removeOf(name) : 0;
      logger.info('access.user_changed', { user: user.name, role: role ?? user.role, revoked });
      return 'done';
    },
    removeUser(name) {
      if (isLastAdmin(name)) return 'last_admin';
      const revoked = users.tokens.removeOf(name);
      if (!users.remove(name)) return 'unknown';
      logger.info('access.user_removed', { user: name, revoked });
      return 'done';
    },
  };
}

function createTokenAdmin({ users, time, world: { clock, logger } }: AccountsDeps): TokenAdmin {
  function view({ hash: _, expiresMs, ...token }: StoredToken): TokenView {
    const leftMs = expiresMs === undefined ? undefined : expiresMs - time.nowMs();
    return {
      ...token,
      expiresMs: leftMs === undefined ? undefined : clock.nowMs() + leftMs,
      expired: leftMs !== undefined && leftMs <= 0,
    };
  }

  return {
    tokens: () => users.tokens.list().map(view),
    addToken(owner, name, scopes, days) {
      if (users.tokens.list().length >= MAX_TOKENS) return 'too_many';
      const token = newToken();
      const stored: StoredToken = {
        hash: hashSecret(token),
        id: randomBytes(6).toString('hex'),
        name,
        scopes,
        createdMs: clock.nowMs(),
        expiresMs: days === undefined ? undefined : time.nowMs() + days * DAY_MS,
        usedMs: 0,
        owner,
      };
      users.tokens.add(stored);
      time.save();
      logger.info('access.token_added', { id: stored.id, name, scopes, owner: owner ?? null });
      return { token, view: view(stored) };
    },
    removeToken(id) {
      const removed = users.tokens.remove(id);
      if (removed) logger.info('access.token_removed', { id });
      return removed;
    },
  };
}
