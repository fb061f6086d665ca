/** An update from a file: brought by an upload, its signature shown, then carried out as the command line does it. */

import { Hono } from 'hono';
import type { UpdateState } from '../../model/care.ts';
import type { ProblemCode } from '../../model/problem-codes.ts';
import type { Told } from '../../model/said.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { checkUpdateBody, type UpdateView, updateBody } from '../shapes/update.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';

export function updateRoutes({ updates }: Pick<Services, 'updates'>) {
  return new Hono<Env>()
    .get(
      '/update',
      operation({
        name: 'getUpdate',
        summary: 'The version that runs, whether it can be exchanged from here, and the one that was brought',
        access: allow.admin('admin'),
        responses: { 200: { description: 'How it is', shape: 'Update' } },
      }),
      (c) => c.json(updateView(updates.state())),
    )
    .post(
      '/update/check',
      operation({
        name: 'checkUpdate',
        summary: 'Checks the signature of a file that was brought; nothing is run or changed',
        access: allow.admin('admin'),
        responses: {
          200: { description: 'What it is', shape: 'Update' },
          422: { description: 'It is refused, and removed' },
        },
      }),
      jsonBody(checkUpdateBody),
      async (c) => {
        const { upload, signature } = c.req.valid('json');
        const found = await updates.check(upload, signature);
        if ('said' in found) throw refused('update-refused', 422, found);
        return c.json(updateView(updates.state()));
      },
    )
    .post(
      '/update',
      operation({
        name: 'beginUpdate',
        summary:
          'Puts the checked version in place; the one before comes back by itself when the box is not well with it',
        access: allow.admin('admin'),
        responses: {
          202: { description: 'It has begun; the box starts anew', shape: 'Update' },
          409: { description: 'Why not; nothing was changed' },
        },
      }),
      jsonBody(updateBody),
      (c) => {
        const { sha256, allowOlder = false } = c.req.valid('json');
        const objection = updates.begin(sha256, allowOlder);
        if (objection !== undefined) throw refused('not-updated', 409, objection);
        return c.json(updateView(updates.state()), 202);
      },
    );
}

function updateView({ place, last, ...rest }: UpdateState): UpdateView {
  const { candidate, pending, ...plain } = rest;
  return {
    ...plain,
    place: place.kind,
    ...(place.kind === 'system' && place.byRequest ? { byRequest: true } : {}),
    ...(candidate ? { candidate: { ...candidate } } : {}),
    ...(pending ? { pending: { from: pending.from, to: pending.to } } : {}),
    ...(last ? { last: lastView(last) } : {}),
  };
}

function lastView({ endedMs, ...last }: NonNullable<UpdateState['last']>) {
  return { ...last, ended: iso(endedMs) };
}

function refused(code: ProblemCode, status: 409 | 422, { detail, said }: Told): Problem {
  return new Problem({ code, title: 'Not done', status, detail, said });
}
