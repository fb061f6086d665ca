/**
 * Access control as the web server uses it: tells who asks, whether the box is claimed, and how much one may ask. Open
 * (loopback, or because the operator says so) everybody is let in and there are no accounts.
 */
import type { Part, World } from '../../model/world.ts';
import type { OpenUsers } from '../../store/tables/users-file.ts';
import type { Caller } from './access-rule.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { issueClaimCode } from './claim.ts';
import { type Client, limitKey } from './client.ts';
import { createLimiter } from './limiter.ts';
import { createPasswords } from './password.ts';
import { looksLikeToken } from './secret.ts';
import { createServiceClock } from './service-clock.ts';
import { createSessions, hasAdmin, type SessionTimes } from './sessions.ts';

/** Requests a caller may have in hand, and how often there is one more. */
const BURST = 300;
const EVERY_MS = 50;
/** A body counts as one more request for each so many bytes. */
const BYTES_A_REQUEST = 32 * 1024;

/** What a request shows of the one who sends it. */
export interface Shown {
  /** The header Authorization. */
  readonly authorization?: string | undefined;
  /** Id of a session, from its cookie. */
  readonly session?: string | undefined;
}

export interface AccessControl {
  /** Absent where access is open. */
  readonly accounts?: Accounts;
  /** Open, and to more than this machine. */
  readonly exposed: boolean;
  /** Open because nobody but this machine is to come in; whoever is handed on by a proxy is not let in. */
  readonly onlyHere?: boolean;
  claimed(): boolean;
  identify(shown: Shown): Caller;
  /** Whether a caller told earlier is still good: a live connection outlasts what it was opened with. */
  lasts(caller: Caller): boolean;
  /** Milliseconds until the caller may ask again, 0 for now. */
  waitMs(caller: Caller, client: Client): number;
  /** Counts a body of so many bytes. */
  spend(caller: Caller, client: Client, bytes: number): void;
  /** Resolves when what was changed before the call is on disk; rejects with a StoreError when the disk refuses. */
  synced(): Promise<void>;
  /** How long a session may last, seconds: for the cookie. */
  readonly sessionMaxS: number;
}

/** Everybody is let in; `exposed` says that not only this machine can reach the box. */
export function openAccess(exposed = false): AccessControl {
  return {
    exposed,
    claimed: () => true,
    identify: () => ({ kind: 'anybody' }),
    lasts: () => true,
    waitMs: () => 0,
    spend: () => undefined,
    synced: async () => {},
    sessionMaxS: 0,
  };
}

export interface AccessDeps extends Pick<OpenUsers, 'users' | 'synced'> {
  readonly times: SessionTimes;
  readonly world: World;
}

/** Nobody is let in without a session or a token. `start` sees to it that an unclaimed box has a claim code. */
export function createAccessControl({ users, synced, times, world }: AccessDeps): AccessControl & Part {
  const passwords = createPasswords();
  const time = createServiceClock(users.time, world.clock);
  const sessions = createSessions(users, time, world, times);
  const requests = createLimiter({ burst: BURST, everyMs: EVERY_MS, clock: world.clock });

  return {
    exposed: false,
    accounts: createAccounts({ users, sessions, time, passwords, world }),
    sessionMaxS: Math.round(times.maxMs / 1000),
    claimed: () => hasAdmin(users),
    identify({ authorization, session }) {
      if (authorization !== undefined) {
        const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
        return looksLikeToken(token) ? sessions.byToken(token) : { kind: 'nobody', rejected: true };
      }
      return session === undefined ? { kind: 'nobody', rejected: false } : sessions.bySession(session);
    },
    lasts: sessions.lasts,
    waitMs: (caller, client) => requests.take(bucketOf(caller, client)),
    spend: (caller, client, bytes) =>
      requests.spend(bucketOf(caller, client), Math.floor(bytes / BYTES_A_REQUEST)),
    synced,
    async start() {
      time.save();
      if (hasAdmin(users)) return;
      const hint = 'open the pages and enter the claim code; `webscada-edge reset-admin` makes a new one';
      const code = users.claim.get() ? undefined : await issueClaimCode(users, passwords);
      await synced();
      world.logger.warn('access.unclaimed', code === undefined ? { hint } : { claimCode: code, hint });
    },
    async stop() {
      time.save();
    },
  };
}

function bucketOf(caller: Caller, client: Client): string {
  if (caller.kind === 'user') return `session ${caller.session}`;
  if (caller.kind === 'token') return `token ${caller.id}`;
  return `address ${limitKey(client.address)}`;
}
