/**
 * Who may call a route: each route carries one of these rules, and everything else follows from it — the check, the
 * OpenAPI document, the table in the tests. A caller has a role (people) or scopes (tokens), never both.
 */

export const ROLES = ['viewer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Each scope includes those before it. */
export const SCOPES = ['metrics', 'read', 'write', 'admin'] as const;
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
  admin: (scope: Scope | null): AccessRule => ({ who: 'admin', scope }),
} as const satisfies Record<string, AccessRule | ((scope: Scope | null) => AccessRule)>;

export type Caller =
  /** Nobody in particular; `rejected` when what was shown is not, or no longer, good. */
  | { readonly kind: 'nobody'; readonly rejected: boolean }
  /** Anybody, where there is no access control. */
  | { readonly kind: 'anybody' }
  | { readonly kind: 'user'; readonly name: string; readonly role: Role; readonly session: string }
  | { readonly kind: 'token'; readonly id: string; readonly hash: string; readonly scopes: readonly Scope[] };

export type Verdict = 'yes' | 'unclaimed' | 'unknown' | 'forbidden';

/** Whether `caller` may. 'unknown': not without saying who it is; 'forbidden': not at all. */
export function judge(rule: AccessRule, caller: Caller, claimed: boolean): Verdict {
  if (caller.kind === 'anybody') return 'yes';
  if (rule.who === 'public') return claimed || rule.unclaimed ? 'yes' : 'unclaimed';
  if (!claimed) return 'unclaimed';
  switch (caller.kind) {
    case 'nobody':
      return 'unknown';
    case 'user':
      return ROLES.indexOf(caller.role) >= ROLES.indexOf(rule.who) ? 'yes' : 'forbidden';
    case 'token':
      return includes(caller.scopes, rule.scope) ? 'yes' : 'forbidden';
  }
}

function includes(scopes: readonly Scope[], wanted: Scope | null): boolean {
  return wanted !== null && scopes.some((scope) => SCOPES.indexOf(scope) >= SCOPES.indexOf(wanted));
}
