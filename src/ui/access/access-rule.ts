/**
 * Who may call a route: each route carries one of these rules, and everything else follows from it — the check, the
 * OpenAPI document, the table in the tests. A caller has a role (people) or scopes (tokens), never both.
 */

import { type Role, reaches } from '../role.ts';

/** Each includes those before it; from `read` on they stand for the roles, `write` for the technician. */
export const SCOPES = ['metrics', 'records', 'read', 'operate', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export type AccessRule =
  | { readonly who: 'public' /** Also before the box is claimed. */; readonly unclaimed: boolean }
  | { readonly who: Role /** What a token needs; null: no token may. */; readonly scope: Scope | null };

/** The rules, as routes spell them. */
export const allow = {
  /** Everybody at any time, also before the box is claimed: health, and the way in. */
  always: { who: 'public', unclaimed: true },
  /** Everybody once the box is claimed. */
  everyone: { who: 'public', unclaimed: false },
  viewer: (scope: Scope | null): AccessRule => ({ who: 'viewer', scope }),
  operator: (scope: Scope | null): AccessRule => ({ who: 'operator', scope }),
  technician: (scope: Scope | null): AccessRule => ({ who: 'technician', scope }),
  admin: (scope: Scope | null): AccessRule => ({ who: 'admin', scope }),
} as const satisfies Record<string, AccessRule | ((scope: Scope | null) => AccessRule)>;

export type Caller =
  /** Nobody in particular; `rejected` when what was shown is not, or no longer, good. */
  | { readonly kind: 'nobody'; readonly rejected: boolean }
  /** Anybody, where there is no access control. */
  | { readonly kind: 'anybody' }
  /** The centre, by a command: what a token of the scope `write` may. Never by way of HTTP. */
  | { readonly kind: 'centre' }
  | { readonly kind: 'user'; readonly name: string; readonly role: Role; readonly session: string }
  | { readonly kind: 'token'; readonly id: string; readonly hash: string; readonly scopes: readonly Scope[] };

export type Verdict = 'yes' | 'unclaimed' | 'unknown' | 'forbidden';

/** Whether `caller` may. 'unknown': not without saying who it is; 'forbidden': not at all. */
export function judge(rule: AccessRule, caller: Caller, claimed: boolean): Verdict {
  if (caller.kind === 'anybody') return 'yes';
  if (rule.who === 'public') return claimed || rule.unclaimed ? 'yes' : 'unclaimed';
  if (caller.kind === 'centre') return includes(['write'], rule.scope) ? 'yes' : 'forbidden';
  if (!claimed) return 'unclaimed';
  switch (caller.kind) {
    case 'nobody':
      return 'unknown';
    case 'user':
      return reaches(caller.role, rule.who) ? 'yes' : 'forbidden';
    case 'token':
      return includes(caller.scopes, rule.scope) ? 'yes' : 'forbidden';
  }
}

function includes(scopes: readonly Scope[], wanted: Scope | null): boolean {
  return wanted !== null && scopes.some((scope) => SCOPES.indexOf(scope) >= SCOPES.indexOf(wanted));
}
