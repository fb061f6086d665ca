/** The support bundle: which files are in it, each to be looked at first, and all as one archive. */
import { Hono } from 'hono';
import { allow } from '../access/access-rule.ts';
import { createDownloads } from '../http/download.ts';
import type { Env } from '../http/env.ts';
import { operation } from '../http/operation.ts';
import { notFound } from '../http/problem.ts';
import type { Services } from './services.ts';

const MAX_AT_ONCE = 1;

export function supportRoutes({ support, world }: Pick<Services, 'support' | 'world'>) {
  const downloads = createDownloads(world, MAX_AT_ONCE);
  return new Hono<Env>()
    .get(
      '/support',
      operation({
        name: 'listSupportFiles',
        summary: 'The files of the support bundle, by name',
        access: allow.technician('write'),
        responses: { 200: { description: 'Their names', pageOf: 'SupportFile' } },
      }),
      (c) => c.json({ items: support.names.map((name) => ({ name })) }),
    )
    .get(
      '/support/files/:name',
      operation({
        name: 'getSupportFile',
        summary: 'A file as it goes into the bundle, secrets taken out',
        access: allow.technician('write'),
        responses: {
          200: { description: 'The file', contentType: 'text/plain' },
          404: { description: 'Not known' },
        },
      }),
      async (c) => {
        const text = await support.text(c.req.param('name'));
        if (text === undefined) throw notFound();
        return c.text(text);
      },
    )
    .get(
      '/support/bundle',
      operation({
        name: 'getSupportBundle',
        summary: 'All files of the support bundle as one archive; nothing is written to the disk for it',
        access: allow.technician('write'),
        responses: {
          200: { description: 'The archive', contentType: 'application/gzip' },
          503: { description: 'Another one is being fetched' },
        },
      }),
      (c) =>
        downloads.send(c, {
          name: 'support.tar.gz',
          type: 'application/gzip',
          pieces: support.bundle(),
        }),
    );
}
