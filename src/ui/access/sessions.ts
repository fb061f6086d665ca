/**
 * Logged-in people and tokens, told by what they show. A session ends `idleMs` after its last use and `maxMs` after the
 * login at the latest; its use is written down in steps of a 24th of `idleMs`, to spare the disk.
 */
import type { World } from '../../model/world.ts';
import type { StoredUser, Users } from '../../store/tables/users.ts';
import { ROLES, type Role } from '../role.ts';
import { type Caller, SCOPES } from './access-rule.ts';
import { hashSecret, newSessionId } from './secret.ts';
import type { ServiceClock } from './service-clock.ts';

/** Sessions of one user; the least recently used go first. */
const MAX_SESSIONS = 20;
const TOKEN_STEP_MS = 3_600_000;

export interface SessionTimes {
  readonly idleMs: number;
  readonly maxMs: number;
}

export interface Sessions {
  /** Begins one; the result is the id to hand to the browser, kept nowhere. */
  begin(user: StoredUser): string;
  bySession(id: string): Caller;
  byToken(token: string): Caller;
  /** Whether a caller told earlier is still good. Counts as use. */
  lasts(caller: Caller): boolean;
}

const REJECTED: Caller = { kind: 'nobody', rejected: true };

export function createSessions(
  users: Users,
  time: ServiceClock,
  { clock, logger }: World,
  { idleMs, maxMs }: SessionTimes,
): Sessions {
  /** Use that cannot be written down (a full disk) is no reason to turn anybody away. */
  function note(write: () => void): void {
    try {
      write();
      time.save();
    } catch (error) {
      logger.error('access.use_not_stored', { error: String(error) });
    }
  }

  function ofSession(hash: string): Caller {
    const session = users.sessions.get(hash);
    const user = session && users.get(session.user);
    const role = ROLES.find((known) => known === user?.role);
    if (!session || !user || !role) return REJECTED;
    const nowMs = time.nowMs();
    if (nowMs - session.usedMs >= idleMs || nowMs - session.startedMs >= maxMs) {
      note(() => users.sessions.remove(hash));
      return REJECTED;
    }
    if (nowMs - session.usedMs >= idleMs / 24) {
      note(() => users.sessions.touch(hash, nowMs));
    }
    return { kind: 'user', name: user.name, role, session: hash };
  }

  function ofToken(hash: string): Caller {
    const token = users.tokens.byHash(hash);
    if (!token || (token.expiresMs !== undefined && time.nowMs() >= token.expiresMs)) return REJECTED;
    const wallMs = clock.nowMs();
    if (Math.abs(wallMs - token.usedMs) >= TOKEN_STEP_MS) {
      note(() => users.tokens.touch(token.id, wallMs));
    }
    const scopes = SCOPES.filter((scope) => token.scopes.includes(scope));
    return { kind: 'token', id: token.id, hash, scopes };
  }

  return {
    begin(user) {
      const id = newSessionId();
      const nowMs = time.nowMs();
      const session = { hash: hashSecret(id), user: user.name, startedMs: nowMs, usedMs: nowMs };
      users.sessions.add(session, MAX_SESSIONS, nowMs - idleMs);
      time.save();
      return id;
    },
    bySession: (id) => ofSession(hashSecret(id)),
    byToken: (token) => ofToken(hashSecret(token)),
    lasts(caller) {
      if (caller.kind === 'user') return ofSession(caller.session).kind === 'user';
      if (caller.kind === 'token') return ofToken(caller.hash).kind === 'token';
      return true;
    },
  };
}

/** Whether somebody is there who may do everything: without, the box is unclaimed. */
export function hasAdmin(users: Users): boolean {
  const highest: Role = 'admin';
  return users.list().some(({ role }) => role === highest);
}
