/**
 * The claim: whoever has the one-time code becomes administrator. After five wrong codes the claim locks for a minute,
 * then for two, four … up to an hour; the count is stored, so a restart begins with the lock it had earned.
 */
import type { World } from '../../model/world.ts';
import type { StoredUser, Users } from '../../store/tables/users.ts';
import type { Passwords } from './password.ts';
import { newClaimCode, plainClaimCode } from './secret.ts';

const FREE_TRIES = 5;
const FIRST_LOCK_MS = 60_000;
const LAST_LOCK_MS = 3_600_000;

export type ClaimResult = StoredUser | 'wrong' | 'busy' | { readonly waitMs: number };

export interface Claim {
  pending(): boolean;
  /** Puts the user if the code is right. */
  redeem(code: string, user: { readonly name: string; readonly password: string }): Promise<ClaimResult>;
}

export function createClaim(users: Users, passwords: Passwords, world: World): Claim {
  const { clock } = world;
  let lockedUntilMs = clock.monotonicMs() + lockMs(users.claim.get()?.tries ?? 0);
  let lockedHash = users.claim.get()?.hash;

  return {
    pending: () => users.claim.get() !== undefined,
    async redeem(code, { name, password }) {
      const pending = users.claim.get();
      if (!pending) return 'wrong';
      // A new code begins with new tries.
      if (pending.hash !== lockedHash) lockedUntilMs = 0;
      lockedHash = pending.hash;
      const waitMs = lockedUntilMs - clock.monotonicMs();
      if (waitMs > 0) return { waitMs };
      // Counted before it is looked at, so that many at once count as many.
      users.claim.countTry();
      lockedUntilMs = clock.monotonicMs() + lockMs(pending.tries + 1);
      const right = await passwords.verify(plainClaimCode(code), pending.hash);
      if (right !== true) return right === 'busy' ? 'busy' : 'wrong';
      const hash = await passwords.hash(password);
      if (hash === 'busy') return 'busy';
      const user = { name, role: 'admin', password: hash, createdMs: clock.nowMs() };
      return users.claim.redeem(pending.hash, user) ? user : 'wrong';
    },
  };
}

function lockMs(tries: number): number {
  return tries < FREE_TRIES ? 0 : Math.min(LAST_LOCK_MS, FIRST_LOCK_MS * 2 ** (tries - FREE_TRIES));
}

/** Makes a new claim code, which replaces the one pending. The result is shown once; only its hash is kept. */
export async function issueClaimCode(users: Users, passwords: Passwords): Promise<string> {
  const code = newClaimCode();
  users.claim.set(await passwords.hash(plainClaimCode(code)));
  return code;
}
