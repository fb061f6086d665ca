/** Stands before every handler: turns a verdict into an answer that says what to do, and slows down who asks too much. */
import { type Answer, problem } from '../http/problem.ts';
import type { AccessControl } from './access-control.ts';
import { type AccessRule, type Caller, judge } from './access-rule.ts';
import type { Client } from './client.ts';

export interface Authorizer {
  /** The answer to a caller who may not, undefined for one who may. */
  refusal(rule: AccessRule, caller: Caller): Answer | undefined;
  /** The answer to a caller who asks too often. */
  tooMany(caller: Caller, client: Client): Answer | undefined;
}

export function createAuthorizer(access: AccessControl): Authorizer {
  return {
    refusal(rule, caller) {
      switch (judge(rule, caller, access.claimed())) {
        case 'yes':
          return undefined;
        case 'unclaimed':
          return unclaimed();
        case 'unknown':
          return unknown(caller.kind === 'nobody' && caller.rejected);
        case 'forbidden':
          return forbidden(rule, caller);
      }
    },
    tooMany(caller, client) {
      const waitMs = access.waitMs(caller, client);
      return waitMs > 0 ? tryLater('Too many requests', waitMs) : undefined;
    },
  };
}

function unclaimed(): Answer {
  return problem({
    code: 'unclaimed',
    title: 'This box has not been claimed',
    status: 403,
    detail:
      'Open its pages and enter the one-time claim code. It is in the log of the first start; `webscada-edge reset-admin` on the box makes a new one.',
  });
}

function unknown(rejected: boolean): Answer {
  return problem({
    code: 'unauthenticated',
    title: 'Who are you?',
    status: 401,
    detail: rejected
      ? 'The session or token is not, or no longer, good. Log in again, or use another token.'
      : 'Log in on the pages of the box, or send an API token: Authorization: Bearer wse_…',
    headers: { 'www-authenticate': rejected ? 'Bearer error="invalid_token"' : 'Bearer' },
  });
}

function forbidden(rule: AccessRule, caller: Caller): Answer {
  const scope = rule.who === 'public' ? null : rule.scope;
  const needed =
    caller.kind !== 'token'
      ? `This needs the role ${rule.who}.`
      : scope === null
        ? 'No token may do this, only somebody who has logged in.'
        : `This needs a token of the scope ${scope}.`;
  return problem({ code: 'forbidden', title: 'Not permitted', status: 403, detail: needed });
}

/** 429 with the time to wait, whole seconds. */
export function tryLater(title: string, waitMs: number): Answer {
  const seconds = Math.ceil(waitMs / 1000);
  return problem({
    code: 'too-many-requests',
    title,
    status: 429,
    detail: `Try again in ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  });
}
