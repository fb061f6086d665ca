/** The way in and out: what a stranger may know, the claim, login, logout, the own password. */

import { allow, type Caller } from '../access/access-rule.ts';
import type { Accounts, Refused, SignedIn } from '../access/accounts.ts';
import { tryLater } from '../access/authorize.ts';
import type { Client } from '../access/client.ts';
import { sessionCookie } from '../access/cookie.ts';
import { defineRoute, type Input, type Route } from '../http/operation.ts';
import { type Answer, type Document, json, noContent, problem } from '../http/problem.ts';
import { claimSchema, loginSchema, passwordSchema } from '../shapes/access-inputs.ts';
import type { AccessView } from '../shapes/schemas.ts';
import type { Services } from './services.ts';

const tooMany = { 429: { description: 'Too many attempts; Retry-After says how long to wait' } };
const signedIn = { 200: { description: 'Logged in; the session is in the cookie', shape: 'Access' } };

export function accessRoutes(deps: Services): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/access',
      name: 'getAccess',
      summary: 'Who the caller is here, and whether the box is claimed',
      access: allow.always,
      responses: { 200: { description: 'What everybody may know', shape: 'Access' } },
      handle: ({ caller }) => json(accessView(deps, caller)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/access/claim',
      name: 'claim',
      summary: 'Makes the bearer of the one-time code an administrator and logs in',
      access: allow.always,
      body: claimSchema,
      responses: { ...signedIn, 403: { description: 'Not the code' }, ...tooMany },
      handle: withAccounts(deps, async ({ body: { code, ...user }, query: { client } }, accounts) =>
        entered(deps, await accounts.claim(code, user, client), client, notTheCode),
      ),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/session',
      name: 'login',
      summary: 'Logs in',
      access: allow.everyone,
      body: loginSchema,
      responses: { ...signedIn, 403: { description: 'Unknown name or wrong password' }, ...tooMany },
      handle: withAccounts(deps, async ({ body: { name, password }, query: { client } }, accounts) =>
        entered(deps, await accounts.login(name, password, client), client, wrongPassword),
      ),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/session',
      name: 'logout',
      summary: 'Ends the session',
      access: allow.viewer(null),
      responses: { 204: { description: 'Logged out' } },
      handle: withAccounts(deps, ({ caller, query: { client } }, accounts) => {
        if (caller.kind === 'user') accounts.logout(caller.session);
        return withHeaders(noContent(), sessionCookie('', client.secure, 0));
      }),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/v1/session/password',
      name: 'changePassword',
      summary: 'Changes the own password; other sessions end',
      access: allow.viewer(null),
      body: passwordSchema,
      responses: {
        204: { description: 'Changed' },
        403: { description: 'The current password is wrong' },
        ...tooMany,
      },
      handle: withAccounts(deps, async ({ caller, body, query: { client } }, accounts) => {
        if (caller.kind !== 'user') return accessIsOpen();
        const { name, session } = caller;
        const result = await accounts.changePassword(name, session, body.current, body.new, client);
        return result === 'done' ? noContent() : refused(result, wrongPassword);
      }),
    }),
  ];
}

/** A handler that needs accounts, which there are none of where access is open. */
export function withAccounts<P, B>(
  { access }: Services,
  handle: (input: Input<P, B>, accounts: Accounts) => Answer | Promise<Answer>,
): (input: Input<P, B>) => Answer | Promise<Answer> {
  return (input) => (access.accounts ? handle(input, access.accounts) : accessIsOpen());
}

function accessView({ access, tls }: Services, caller: Caller): AccessView {
  return {
    mode: access.accounts ? 'required' : 'open',
    exposed: access.exposed,
    claimed: access.claimed(),
    claimPending: access.accounts?.claimPending() ?? false,
    user: caller.kind === 'user' ? { name: caller.name, role: caller.role } : null,
    ...(tls ? { fingerprint: tls.fingerprint() } : {}),
  };
}

function entered(deps: Services, result: SignedIn | Refused, client: Client, wrong: () => Answer): Answer {
  if (typeof result === 'string' || 'waitMs' in result) return refused(result, wrong);
  const caller = deps.access.identify({ cookie: cookiePair(result.sessionId, client) }, client);
  return json(
    accessView(deps, caller),
    200,
    sessionCookie(result.sessionId, client.secure, deps.access.sessionMaxS),
  );
}

/** What the browser will send from now on. */
function cookiePair(id: string, { secure }: Client): string {
  return sessionCookie(id, secure, 0)['set-cookie']?.split(';')[0] ?? '';
}

function refused(result: Refused, wrong: () => Answer): Answer {
  if (result === 'wrong') return wrong();
  if (result === 'busy') return busy();
  return tryLater('Too many attempts', result.waitMs);
}

function withHeaders(document: Document, headers: Readonly<Record<string, string>>): Document {
  return { ...document, headers: { ...document.headers, ...headers } };
}

// 403 and not 401: a 401 would have to name a way of authentication that the browser would offer by itself.
function wrongPassword(): Answer {
  return problem({
    code: 'wrong-password',
    title: 'Name or password wrong',
    status: 403,
    detail: 'No user of this name has this password.',
  });
}

function notTheCode(): Answer {
  return problem({
    code: 'wrong-code',
    title: 'Not the claim code',
    status: 403,
    detail: 'The code is not, or no longer, the one. `webscada-edge reset-admin` on the box makes a new one.',
  });
}

/** Too many passwords to work out at once. */
export function busy(): Answer {
  return problem({
    code: 'busy',
    title: 'Busy',
    status: 503,
    detail: 'Too many passwords to work out at once. Try again in a moment.',
    headers: { 'retry-after': '3' },
  });
}

function accessIsOpen(): Answer {
  return problem({
    code: 'access-open',
    title: 'There are no accounts',
    status: 409,
    detail: 'Access to this box is open to everybody who reaches it; see access.mode in the settings.',
  });
}
