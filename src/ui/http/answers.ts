/**
 * What every answer of the web server has in common: headers for safety, the length (HEAD says it as well, and small answers
 * are not worth compressing), gzip, no caching unless a handler says otherwise, and the end of a connection whose caller goes
 * on sending what nobody will look at.
 */
import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { secureHeaders } from 'hono/secure-headers';
import type { Env } from './env.ts';

/** Smaller answers are not worth compressing, bytes. */
const MIN_COMPRESSED = 1_400;
const DAY_S = 86_400;

/** Nothing from outside, no inline script, no frame around the pages. */
const security = (hstsDays: number) =>
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
    xFrameOptions: 'DENY',
    permissionsPolicy: { camera: ['self'], geolocation: [], microphone: [] },
    // Only as asked for: with the box's own certificate a browser that was told so would let nobody go on.
    strictTransportSecurity: hstsDays > 0 ? `max-age=${hstsDays * DAY_S}` : false,
  });

/** In their order, the outermost first. `hstsDays`: how long browsers are to ask by HTTPS only. */
export function answers(hstsDays = 0): MiddlewareHandler<Env>[] {
  return [
    security(hstsDays),
    endUnread(),
    compress({ encoding: 'gzip', threshold: MIN_COMPRESSED }),
    length(),
  ];
}

function endUnread(): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    if (c.env.peer.isSending()) c.res.headers.set('connection', 'close');
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
  };
}

function length(): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    const { res } = c;
    if (!res.body || res.headers.has('content-length') || res.headers.has('transfer-encoding')) return;
    const body = new Uint8Array(await res.arrayBuffer());
    // Emptied first, or Hono would copy what is there once more.
    c.res = undefined;
    c.res = new Response(body, res);
    c.res.headers.set('content-length', String(body.length));
  };
}
