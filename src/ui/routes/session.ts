/** The way in and out: what a stranger may know, the claim, login, logout, the own password. */
import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { allow, type Caller } from '../access/access-rule.ts';
import type { Accounts, Refused, SignedIn } from '../access/accounts.ts';
import { tryLater } from '../http/authorize.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { setSession } from '../http/session-cookie.ts';
import type { AccessView } from '../shapes/access.ts';
import { newPassword, password, userName } from '../shapes/credentials.ts';
import type { Services } from './services.ts';

const claimBody = z.strictObject({
  code: z.string().check(z.maxLength(64)),
  name: userName,
  password: newPassword,
});
const loginBody = z.strictObject({ name: z.string().check(z.trim(), z.maxLength(64)), password });
const passwordBody = z.strictObject({ current: password, new: newPassword });

const tooMany = { 429: { description: 'Too many attempts; Retry-After says how long to wait' } };
const signedIn = { 200: { description: 'Logged in; the session is in the cookie', shape: 'Access' } };

export function accessRoutes(services: Services) {
  return new Hono<Env>().route('/', claimRoutes(services)).route('/', sessionRoutes(services));
}

function claimRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/access',
      operation({
        name: 'getAccess',
        summary: 'Who the caller is here, and whether the box is claimed',
        access: allow.always,
        responses: { 200: { description: 'What everybody may know', shape: 'Access' } },
      }),
      (c) => c.json(accessView(services, c.var.caller)),
    )
    .post(
      '/access/claim',
      operation({
        name: 'claim',
        summary: 'Makes the bearer of the one-time code an administrator and logs in',
        access: allow.always,
        responses: { ...signedIn, 403: { description: 'Not the code' }, ...tooMany },
      }),
      jsonBody(claimBody),
      async (c) => {
        const { code, ...user } = c.req.valid('json');
        c.var.tell({ name: user.name });
        const result = await accountsOf(services).claim(code, user, c.var.client);
        return c.json(enter(services, c, result, notTheCode));
      },
    );
}

function sessionRoutes(services: Services) {
  return new Hono<Env>()
    .post(
      '/session',
      operation({
        name: 'login',
        summary: 'Logs in',
        access: allow.everyone,
        responses: { ...signedIn, 403: { description: 'Unknown name or wrong password' }, ...tooMany },
      }),
      jsonBody(loginBody),
      async (c) => {
        const { name, password } = c.req.valid('json');
        // What is no name here may be a password in the wrong field.
        c.var.tell({ name: accountsOf(services).hasUser(name) ? name : '?' });
        const result = await accountsOf(services).login(name, password, c.var.client);
        return c.json(enter(services, c, result, wrongPassword));
      },
    )
    .delete(
      '/session',
      operation({
        name: 'logout',
        summary: 'Ends the session',
        access: allow.viewer(null),
        responses: { 204: { description: 'Logged out' } },
      }),
      (c) => {
        const accounts = accountsOf(services);
        const { caller, client } = c.var;
        if (caller.kind === 'user') accounts.logout(caller.session);
        setSession(c, '', client.secure, 0);
        return c.body(null, 204);
      },
    )
    .put(
      '/session/password',
      operation({
        name: 'changePassword',
        summary: 'Changes the own password; other sessions end',
        access: allow.viewer(null),
        responses: {
          204: { description: 'Changed' },
          403: { description: 'The current password is wrong' },
          ...tooMany,
        },
      }),
      jsonBody(passwordBody),
      async (c) => {
        const accounts = accountsOf(services);
        const { caller, client } = c.var;
        if (caller.kind !== 'user') throw accessIsOpen();
        const { current, new: next } = c.req.valid('json');
        const result = await accounts.changePassword(caller.name, caller.session, current, next, client);
        if (result !== 'done') throw refused(result, wrongPassword);
        return c.body(null, 204);
      },
    );
}

/** The accounts, which there are none of where access is open. */
export function accountsOf({ access }: Services): Accounts {
  if (!access.accounts) throw accessIsOpen();
  return access.accounts;
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

/** Hands the session to the browser; the result is what it may know from now on. */
function enter(
  services: Services,
  c: Context<Env>,
  result: SignedIn | Refused,
  wrong: () => Problem,
): AccessView {
  if (typeof result === 'string' || 'waitMs' in result) throw refused(result, wrong);
  const { access } = services;
  setSession(c, result.sessionId, c.var.client.secure, access.sessionMaxS);
  return accessView(services, access.identify({ session: result.sessionId }));
}

function refused(result: Refused, wrong: () => Problem): Problem {
  if (result === 'wrong') return wrong();
  if (result === 'busy') return busy();
  return tryLater('Too many attempts', result.waitMs);
}

// 403 and not 401: a 401 would have to name a way of authentication that the browser would offer by itself.
function wrongPassword(): Problem {
  return new Problem({
    code: 'wrong-password',
    title: 'Name or password wrong',
    status: 403,
    detail: 'No user of this name has this password.',
  });
}

function notTheCode(): Problem {
  return new Problem({
    code: 'wrong-code',
    title: 'Not the claim code',
    status: 403,
    detail: 'The code is not, or no longer, the one. `webscada-edge reset-admin` on the box makes a new one.',
  });
}

/** Too many passwords to work out at once. */
export function busy(): Problem {
  return new Problem({
    code: 'busy',
    title: 'Busy',
    status: 503,
    detail: 'Too many passwords to work out at once. Try again in a moment.',
    headers: { 'retry-after': '3' },
  });
}

function accessIsOpen(): Problem {
  return new Problem({
    code: 'access-open',
    title: 'There are no accounts',
    status: 409,
    detail: 'Access to this box is open to everybody who reaches it; see access.mode in the settings.',
  });
}
