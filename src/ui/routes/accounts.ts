/** What administrators keep: users and API tokens. Passwords and tokens never come out again. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { allow, type Caller, SCOPES } from '../access/access-rule.ts';
import type { Accounts, TokenView, UserChange } from '../access/accounts.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { ROLES } from '../role.ts';
import type { TokenView as TokenShape, UserView } from '../shapes/access.ts';
import { newPassword, userName } from '../shapes/credentials.ts';
import { text, whole } from '../shapes/inputs.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';
import { accountsOf, busy } from './session.ts';

const role = z.enum(ROLES);
const userPost = z.strictObject({ name: userName, password: newPassword, role });
const userPatch = z.strictObject({ password: z.optional(newPassword), role: z.optional(role) });
const tokenPost = z.strictObject({
  name: text(100),
  scopes: z.array(z.enum(SCOPES)).check(z.minLength(1), z.maxLength(SCOPES.length)),
  expiresInDays: z.optional(whole(1, 36_500)),
});

const gone = { 204: { description: 'Done' }, 404: { description: 'Not known' } };
const conflict = { 409: { description: 'Exists already, or is the last administrator' } };

export function accountRoutes(services: Services) {
  return new Hono<Env>().route('/', userRoutes(services)).route('/', tokenRoutes(services));
}

function userRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/users',
      operation({
        name: 'listUsers',
        summary: 'Users of the box',
        access: allow.admin('admin'),
        responses: { 200: { description: 'All users', pageOf: 'User' } },
      }),
      (c) => c.json({ items: userViews(accountsOf(services)) }),
    )
    .post(
      '/users',
      operation({
        name: 'createUser',
        summary: 'Adds a user',
        access: allow.admin('admin'),
        responses: { 201: { description: 'Added', shape: 'User' }, ...conflict },
      }),
      jsonBody(userPost),
      async (c) => {
        const accounts = accountsOf(services);
        const user = c.req.valid('json');
        c.var.tell({ name: user.name, role: user.role });
        succeed(await accounts.addUser(user));
        const added = userViews(accounts).find(({ name }) => name === user.name);
        if (!added) throw notChanged('unknown');
        return c.json(added, 201);
      },
    )
    .patch(
      '/users/:name',
      operation({
        name: 'changeUser',
        summary:
          'Gives a user another role, which below admin ends the API tokens they made, or another password, which ends the sessions',
        access: allow.admin('admin'),
        responses: { ...gone, ...conflict },
      }),
      jsonBody(userPatch),
      async (c) => {
        const change = c.req.valid('json');
        c.var.tell({
          ...(change.role === undefined ? {} : { role: change.role }),
          ...(change.password === undefined ? {} : { newPassword: true }),
        });
        succeed(await accountsOf(services).changeUser(c.req.param('name'), change));
        return c.body(null, 204);
      },
    )
    .delete(
      '/users/:name',
      operation({
        name: 'deleteUser',
        summary: 'Removes a user with the sessions and the API tokens they made',
        access: allow.admin('admin'),
        responses: { ...gone, ...conflict },
      }),
      (c) => {
        succeed(accountsOf(services).removeUser(c.req.param('name')));
        return c.body(null, 204);
      },
    );
}

function tokenRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/tokens',
      operation({
        name: 'listTokens',
        summary: 'API tokens, without the tokens themselves',
        access: allow.admin('admin'),
        responses: { 200: { description: 'All tokens', pageOf: 'Token' } },
      }),
      (c) => c.json({ items: accountsOf(services).tokens().map(tokenView) }),
    )
    .post(
      '/tokens',
      operation({
        name: 'createToken',
        summary: 'Makes an API token, which this answer alone shows',
        access: allow.admin('admin'),
        responses: { 201: { description: 'Made', shape: 'NewToken' }, ...conflict },
      }),
      jsonBody(tokenPost),
      (c) => {
        const { name, scopes, expiresInDays } = c.req.valid('json');
        const chosen = SCOPES.filter((scope) => scopes.includes(scope));
        const accounts = accountsOf(services);
        const made = accounts.addToken(ownerOf(accounts, c.var.caller), name, chosen, expiresInDays);
        if (made === 'too_many') throw notChanged(made);
        c.var.tell({ id: made.view.id, name, scopes: chosen });
        return c.json({ ...tokenView(made.view), token: made.token }, 201);
      },
    )
    .delete(
      '/tokens/:id',
      operation({
        name: 'revokeToken',
        summary: 'Revokes an API token',
        access: allow.admin('admin'),
        responses: gone,
      }),
      (c) => {
        succeed(accountsOf(services).removeToken(c.req.param('id')) ? 'done' : 'unknown');
        return c.body(null, 204);
      },
    );
}

function userViews(accounts: Accounts): UserView[] {
  return accounts.users().map(({ name, role, createdMs }) => ({
    name,
    role: ROLES.find((known) => known === role) ?? 'viewer',
    created: iso(createdMs),
  }));
}

/** Who a token made by `caller` belongs to: tokens make tokens of the same owner. */
function ownerOf(accounts: Accounts, caller: Caller): string | undefined {
  if (caller.kind === 'user') return caller.name;
  if (caller.kind !== 'token') return undefined;
  return accounts.tokens().find(({ id }) => id === caller.id)?.owner;
}

function tokenView({
  id,
  owner,
  name,
  scopes,
  createdMs,
  expiresMs,
  expired,
  usedMs,
}: TokenView): TokenShape {
  return {
    id,
    name,
    owner: owner ?? null,
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    created: iso(createdMs),
    expires: expiresMs === undefined ? null : iso(expiresMs),
    expired,
    lastUsed: usedMs > 0 ? iso(usedMs) : null,
  };
}

function succeed(result: UserChange): void {
  if (result !== 'done') throw notChanged(result);
}

function notChanged(result: Exclude<UserChange, 'done'>): Problem {
  switch (result) {
    case 'busy':
      return busy();
    case 'unknown':
      return new Problem({
        code: 'not-found',
        title: 'Not known',
        status: 404,
        detail: 'There is none of this name.',
      });
    case 'exists':
      return new Problem({
        code: 'exists',
        title: 'Exists already',
        status: 409,
        detail: 'There is a user of this name; names that differ in case only are one.',
      });
    case 'last_admin':
      return new Problem({
        code: 'last-admin',
        title: 'The last administrator',
        status: 409,
        detail: 'Make somebody else administrator first: without one the box would be unclaimed.',
      });
    case 'too_many':
      return new Problem({ code: 'too-many', title: 'Too many', status: 409, detail: 'Remove one first.' });
  }
}
