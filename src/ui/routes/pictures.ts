/** Pictures people put on the box: of devices and gateways, floor plans, drawings. */
import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import {
  isPictureName,
  MAX_PICTURE_BYTES,
  PICTURE_KINDS,
  type PictureKind,
  type Pictures,
} from '../../store/pictures.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { query, takeBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { notFound, Problem } from '../http/problem.ts';
import { maybe } from '../shapes/describe.ts';
import type { PictureView } from '../shapes/pictures.ts';
import type { Services } from './services.ts';

const listParams = z.object({
  kind: maybe(z.enum(PICTURE_KINDS), 'Only of these'),
  of: maybe(z.string().check(z.maxLength(64)), 'Only of this EUI or name'),
});

const missing = { 404: { description: 'There is none' } };

const WHY = {
  not_a_picture: {
    code: 'not-a-picture',
    status: 422,
    detail: 'It is no PNG, JPEG, WebP or SVG, or it is cut off.',
  },
  too_many_pixels: {
    code: 'too-many-pixels',
    status: 422,
    detail: 'It has more than 25 million pixels: make it smaller first.',
  },
  full: {
    code: 'full',
    status: 409,
    detail: 'All pictures together have 64 MB, or there are 1 000: remove some first.',
  },
  disk_full: { code: 'disk-full', status: 503, detail: 'The disk is full.' },
} as const;

export function pictureRoutes({ pictures }: Pick<Services, 'pictures'>) {
  return new Hono<Env>()
    .get(
      '/pictures',
      operation({
        name: 'listPictures',
        summary: 'Which pictures there are; of one device, gateway, plan or sheet where it is named',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All of them', pageOf: 'Picture' } },
      }),
      query(listParams),
      async (c) => {
        const { kind, of } = c.req.valid('query');
        return c.json({ items: await listed(pictures, kind, of) });
      },
    )
    .get(
      '/pictures/:kind/:of',
      operation({
        name: 'getPicture',
        summary: 'A picture: of a device or gateway by its EUI, of a floor plan or sheet by its name',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The picture', contentType: 'image/*' }, ...missing },
      }),
      async (c) => {
        const { kind, of } = named(c);
        const found = await pictures.get(kind, of);
        if (!found) throw notFound();
        const etag = `"${createHash('sha256').update(found.body).digest('base64url').slice(0, 22)}"`;
        // Shown within a page only: opened by itself it is a file to keep, so that nothing in an SVG runs.
        const headers = {
          etag,
          'cache-control': 'private, no-cache',
          'content-type': found.type,
          'content-disposition': 'attachment',
        };
        if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
        return c.body(found.body, 200, headers);
      },
    )
    .put(
      '/pictures/:kind/:of',
      operation({
        name: 'putPicture',
        summary: 'Puts a picture there, in the place of the one before',
        access: allow.technician('write'),
        takes: {
          description: 'At most 2 MB and 25 million pixels',
          types: ['image/png', 'image/jpeg', 'image/webp', 'image/svg+xml'],
        },
        responses: {
          204: { description: 'It is there' },
          409: { description: 'No room for more pictures' },
          413: { description: 'Too large' },
          422: { description: 'It is no picture' },
        },
      }),
      async (c) => {
        const { kind, of } = named(c);
        const refused = await pictures.put(kind, of, await takeBody(c, MAX_PICTURE_BYTES));
        if (refused) throw notTaken(refused);
        return c.body(null, 204);
      },
    )
    .delete(
      '/pictures/:kind/:of',
      operation({
        name: 'deletePicture',
        summary: 'Removes a picture',
        access: allow.technician('write'),
        responses: { 204: { description: 'Removed' }, ...missing },
      }),
      async (c) => {
        const { kind, of } = named(c);
        if (!(await pictures.remove(kind, of))) throw notFound();
        return c.body(null, 204);
      },
    );
}

async function listed(
  pictures: Pictures,
  kind: PictureKind | undefined,
  of: string | undefined,
): Promise<PictureView[]> {
  const found = (await pictures.list()).filter(
    (one) => (kind ?? one.kind) === one.kind && (of?.toLowerCase() ?? one.of) === one.of,
  );
  return found.map(({ changedMs, ...one }) => ({ ...one, changed: new Date(changedMs).toISOString() }));
}

function named(c: Context<Env, '/pictures/:kind/:of'>): { readonly kind: PictureKind; readonly of: string } {
  const kind = PICTURE_KINDS.find((one) => one === c.req.param('kind'));
  const of = c.req.param('of').toLowerCase();
  if (!kind || !isPictureName(of)) throw notFound();
  return { kind, of };
}

function notTaken(why: keyof typeof WHY): Problem {
  return new Problem({ title: 'Not taken', ...WHY[why] });
}
