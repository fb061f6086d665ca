/** Stands before every handler: turns a verdict into a problem that says what to do, and slows down who asks too much. */
import type { AccessControl } from '../access/access-control.ts';
import { type AccessRule, type Caller, judge } from '../access/access-rule.ts';
import { Problem } from './problem.ts';

/** Throws unless `caller` may. */
export function authorize(access: AccessControl, rule: AccessRule, caller: Caller): void {
  switch (judge(rule, caller, access.claimed())) {
    case 'yes':
      return;
    case 'unclaimed':
      throw unclaimed();
    case 'unknown':
      throw unknown(caller.kind === 'nobody' && caller.rejected);
    case 'forbidden':
      throw forbidden(rule, caller);
  }
}

function unclaimed(): Problem {
  return new Problem({
    code: 'unclaimed',
    title: 'This box has not been claimed',
    status: 403,
    detail:
      'Open its pages and enter the one-time claim code. It is in the log of the first start; `webscada-edge reset-admin` on the box makes a new one.',
  });
}

function unknown(rejected: boolean): Problem {
  return new Problem({
    code: 'unauthenticated',
    title: 'Who are you?',
    status: 401,
    detail: rejected
      ? 'The session or token is not, or no longer, good. Log in again, or use another token.'
      : 'Log in on the pages of the box, or send an API token: Authorization: Bearer wse_…',
    headers: { 'www-authenticate': rejected ? 'Bearer error="invalid_token"' : 'Bearer' },
  });
}

function forbidden(rule: AccessRule, caller: Caller): Problem {
  const scope = rule.who === 'public' ? null : rule.scope;
  const needed =
    caller.kind !== 'token'
      ? `This needs the role ${rule.who}.`
      : scope === null
        ? 'No token may do this, only somebody who has logged in.'
        : `This needs a token of the scope ${scope}.`;
  return new Problem({ code: 'forbidden', title: 'Not permitted', status: 403, detail: needed });
}

/** 429 with the time to wait, whole seconds. */
export function tryLater(title: string, waitMs: number): Problem {
  const seconds = Math.ceil(waitMs / 1000);
  return new Problem({
    code: 'too-many-requests',
    title,
    status: 429,
    detail: `Try again in ${seconds} s.`,
    values: { seconds },
    headers: { 'retry-after': String(seconds) },
  });
}
