/**
 * Large files brought to the box, a backup or an update, in pieces of a megabyte at most: each is a request of its own, and
 * one that was lost is sent again. (One request for all would have to end within the time a request may take.)
 */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { Told } from '../../model/said.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { notFound, Problem } from '../http/problem.ts';
import { uploadBody } from '../shapes/backups.ts';
import { about } from '../shapes/describe.ts';
import { number } from '../shapes/inputs.ts';
import type { Services } from './services.ts';

const MAX_PIECE = 1024 * 1024;

const pieceParams = z.object({
  offset: about(number(0, Number.MAX_SAFE_INTEGER), 'Where in the file the piece belongs'),
});

export function uploadRoutes({ uploads }: Pick<Services, 'uploads'>) {
  return new Hono<Env>()
    .post(
      '/uploads',
      operation({
        name: 'beginUpload',
        summary: 'Makes room for a file that is to be brought in pieces; one of the same kind is dropped',
        access: allow.admin('admin'),
        responses: {
          201: { description: 'Where to send the pieces', shape: 'Upload' },
          507: { description: 'There is no room for it, or it is too large' },
        },
      }),
      jsonBody(uploadBody),
      async (c) => {
        const { kind, name, size } = c.req.valid('json');
        const begun = await uploads.begin(kind, name, size);
        if ('said' in begun) throw new Problem({ code: 'no-room', title: 'No room', status: 507, ...begun });
        return c.json(begun, 201);
      },
    )
    .get(
      '/uploads/:id',
      operation({
        name: 'getUpload',
        summary: 'How much of a file is there',
        access: allow.admin('admin'),
        responses: { 200: { description: 'The upload', shape: 'Upload' }, 404: { description: 'Not known' } },
      }),
      (c) => {
        const upload = uploads.find(c.req.param('id'));
        if (!upload) throw notFound();
        return c.json(upload);
      },
    )
    .put(
      '/uploads/:id',
      operation({
        name: 'putUploadPiece',
        summary: 'Brings the next piece of a file, of a megabyte at most',
        access: allow.admin('admin'),
        takes: { description: 'The bytes', types: ['application/octet-stream'] },
        responses: {
          200: { description: 'How much is there now', shape: 'Upload' },
          404: { description: 'Not known' },
          409: { description: 'It belongs elsewhere: `received` says where the next piece begins' },
          422: { description: 'The file is none of its kind, or it could not be written; it was dropped' },
        },
      }),
      query(pieceParams),
      async (c) => {
        const id = c.req.param('id');
        if (!uploads.find(id)) throw notFound();
        // Not counted as requests by its bytes: the whole file would be a minute's worth of them.
        const bytes = await c.var.bodies.read(c.req.raw, MAX_PIECE);
        const taken = await uploads.take(id, c.req.valid('query').offset, bytes);
        if (taken.kind === 'unknown') throw notFound();
        if (taken.kind === 'refused') throw refused(taken.problem);
        if (taken.kind === 'elsewhere') throw elsewhere(taken.upload.received);
        return c.json(taken.upload);
      },
    )
    .delete(
      '/uploads/:id',
      operation({
        name: 'dropUpload',
        summary: 'Removes a file that was brought, or as much of it as is there',
        access: allow.admin('admin'),
        responses: { 204: { description: 'It is gone' }, 404: { description: 'Not known' } },
      }),
      async (c) => {
        if (!(await uploads.drop(c.req.param('id')))) throw notFound();
        return c.body(null, 204);
      },
    );
}

function refused({ detail, said }: Told): Problem {
  return new Problem({ code: 'upload-refused', title: 'The file was not taken', status: 422, detail, said });
}

function elsewhere(received: number): Problem {
  return new Problem({
    code: 'upload-offset',
    title: 'The piece belongs elsewhere',
    status: 409,
    detail: `The next piece begins at ${received}.`,
    members: { received },
  });
}
