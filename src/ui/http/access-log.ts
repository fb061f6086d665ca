/**
 * The access log: a line for each request that was answered, without query, headers and body, in which secrets may be. Bounded,
 * so that whoever asks a thousand times a second does not write the card full.
 */
import type { MiddlewareHandler } from 'hono';
import { cut } from '../../model/text.ts';
import type { World } from '../../model/world.ts';
import type { Caller } from '../access/access-rule.ts';
import type { Env } from './env.ts';

const MAX_LINES = 50;
const WINDOW_MS = 1_000;
const MAX_PATH = 200;
/** Asked every few seconds by whoever watches over the box. */
const UNTOLD: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/startupz']);

export function accessLog({ clock, logger }: World): MiddlewareHandler<Env> {
  let windowMs = clock.monotonicMs();
  let lines = 0;
  let leftOut = 0;
  function mayWrite(nowMs: number): boolean {
    if (nowMs - windowMs >= WINDOW_MS) {
      windowMs = nowMs;
      lines = 0;
    }
    lines += 1;
    if (lines <= MAX_LINES) return true;
    leftOut += 1;
    return false;
  }
  return async (c, next) => {
    const startMs = clock.monotonicMs();
    await next();
    const nowMs = clock.monotonicMs();
    if (UNTOLD.has(c.req.path) || !mayWrite(nowMs)) return;
    logger.info('http.request', {
      method: cut(c.req.method, 16),
      path: cut(c.req.path, MAX_PATH),
      status: c.res.status,
      ms: Math.round(nowMs - startMs),
      address: c.var.client?.address ?? c.env.peer.address,
      ...whoIs(c.var.caller),
      ...(leftOut > 0 ? { leftOut } : {}),
    });
    leftOut = 0;
  };
}

/** A field named `token` would be taken for a secret; the id is none. */
function whoIs(caller: Caller | undefined): Readonly<Record<string, string>> {
  if (caller?.kind === 'user') return { user: caller.name };
  if (caller?.kind === 'token') return { tokenId: caller.id };
  return caller?.kind === 'centre' ? { user: 'centre' } : {};
}
