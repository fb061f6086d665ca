/** The files of the pages: unchanged ones are not sent again, and those with a hash in their name are kept for ever. */
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import { allow } from '../access/access-rule.ts';
import type { Asset } from './assets.ts';
import type { Env } from './env.ts';
import { operation } from './operation.ts';
import { notFound, Problem } from './problem.ts';

/** Names with a hash of the content in them never change what they mean. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

export function pages(asset: (path: string) => Asset | undefined): Hono<Env> {
  return new Hono<Env>().get(
    '/:file?',
    operation({
      name: 'getPage',
      summary: 'A file of the pages',
      access: allow.always,
      responses: {},
      hidden: true,
    }),
    etag(),
    (c) => {
      const { path } = c.req;
      const file = asset(path);
      if (!file) throw path === '/' ? pagesMissing() : notFound();
      return c.body(file.body, 200, {
        'content-type': file.contentType,
        etag: file.etag,
        'cache-control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
    },
  );
}

function pagesMissing(): Problem {
  return new Problem({
    code: 'pages-missing',
    title: 'The pages are not built',
    status: 404,
    detail: 'Run `npm run build`; the API under /api/v1 works without.',
  });
}
