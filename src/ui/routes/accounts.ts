/** What administrators keep: users and API tokens. Passwords and tokens never come out again. */

import { allow, ROLES, SCOPES } from '../access/access-rule.ts';
import type { Accounts, TokenView, UserChange } from '../access/accounts.ts';
import { defineRoute, type Route } from '../http/operation.ts';
import { type Answer, json, noContent, problem } from '../http/problem.ts';
import { tokenPostSchema, userPatchSchema, userPostSchema } from '../shapes/access-inputs.ts';
import type { TokenView as TokenShape, UserView } from '../shapes/schemas.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';
import { busy, withAccounts } from './session.ts';

const gone = { 204: { description: 'Done' }, 404: { description: 'Not known' } };
const conflict = { 409: { description: 'Exists already, or is the last administrator' } };

export function accountRoutes(deps: Services): Route[] {
  return [...userRoutes(deps), ...tokenRoutes(deps)];
}

function userRoutes(deps: Services): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/users',
      name: 'listUsers',
      summary: 'Users of the box',
      access: allow.admin('admin'),
      responses: { 200: { description: 'All users', pageOf: 'User' } },
      handle: withAccounts(deps, (_, accounts) => json({ items: userViews(accounts) })),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/users',
      name: 'createUser',
      summary: 'Adds a user',
      access: allow.admin('admin'),
      body: userPostSchema,
      responses: { 201: { description: 'Added', shape: 'User' }, ...conflict },
      handle: withAccounts(deps, async ({ body }, accounts) => {
        const result = await accounts.addUser(body);
        if (result !== 'done') return notChanged(result);
        return json(
          userViews(accounts).find(({ name }) => name === body.name),
          201,
        );
      }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/v1/users/{name}',
      name: 'changeUser',
      summary: 'Gives a user another role, or another password, which ends the sessions',
      access: allow.admin('admin'),
      body: userPatchSchema,
      responses: { ...gone, ...conflict },
      handle: withAccounts(deps, async ({ path, body }, accounts) =>
        changed(await accounts.changeUser(path.name ?? '', body)),
      ),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/users/{name}',
      name: 'deleteUser',
      summary: 'Removes a user and ends the sessions',
      access: allow.admin('admin'),
      responses: { ...gone, ...conflict },
      handle: withAccounts(deps, ({ path }, accounts) => changed(accounts.removeUser(path.name ?? ''))),
    }),
  ];
}

function tokenRoutes(deps: Services): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/tokens',
      name: 'listTokens',
      summary: 'API tokens, without the tokens themselves',
      access: allow.admin('admin'),
      responses: { 200: { description: 'All tokens', pageOf: 'Token' } },
      handle: withAccounts(deps, (_, accounts) => json({ items: accounts.tokens().map(tokenView) })),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/tokens',
      name: 'createToken',
      summary: 'Makes an API token, which this answer alone shows',
      access: allow.admin('admin'),
      body: tokenPostSchema,
      responses: { 201: { description: 'Made', shape: 'NewToken' }, ...conflict },
      handle: withAccounts(deps, ({ body: { name, scopes, expiresInDays } }, accounts) => {
        const made = accounts.addToken(
          name,
          SCOPES.filter((scope) => scopes.includes(scope)),
          expiresInDays,
        );
        if (made === 'too_many') return notChanged(made);
        return json({ ...tokenView(made.view), token: made.token }, 201);
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/tokens/{id}',
      name: 'revokeToken',
      summary: 'Revokes an API token',
      access: allow.admin('admin'),
      responses: gone,
      handle: withAccounts(deps, ({ path }, accounts) =>
        accounts.removeToken(path.id ?? '') ? noContent() : notChanged('unknown'),
      ),
    }),
  ];
}

function userViews(accounts: Accounts): UserView[] {
  return accounts.users().map(({ name, role, createdMs }) => ({
    name,
    role: ROLES.find((known) => known === role) ?? 'viewer',
    created: iso(createdMs),
  }));
}

function tokenView({ id, name, scopes, createdMs, expiresMs, expired, usedMs }: TokenView): TokenShape {
  return {
    id,
    name,
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    created: iso(createdMs),
    expires: expiresMs === undefined ? null : iso(expiresMs),
    expired,
    lastUsed: usedMs > 0 ? iso(usedMs) : null,
  };
}

function changed(result: UserChange): Answer {
  return result === 'done' ? noContent() : notChanged(result);
}

function notChanged(result: Exclude<UserChange, 'done'>): Answer {
  switch (result) {
    case 'busy':
      return busy();
    case 'unknown':
      return problem({
        code: 'not-found',
        title: 'Not known',
        status: 404,
        detail: 'There is none of this name.',
      });
    case 'exists':
      return problem({
        code: 'exists',
        title: 'Exists already',
        status: 409,
        detail: 'There is a user of this name; names that differ in case only are one.',
      });
    case 'last_admin':
      return problem({
        code: 'last-admin',
        title: 'The last administrator',
        status: 409,
        detail: 'Make somebody else administrator first: without one the box would be unclaimed.',
      });
    case 'too_many':
      return problem({ code: 'too-many', title: 'Too many', status: 409, detail: 'Remove one first.' });
  }
}
