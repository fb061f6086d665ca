/** Writes down who did what: every change by the API that was done, and what was refused to whom. One place for all routes. */
import type { MiddlewareHandler } from 'hono';
import type { AuditDeed } from '../../model/audit.ts';
import { cut } from '../../model/text.ts';
import type { World } from '../../model/world.ts';
import type { Caller } from '../access/access-rule.ts';
import { createLimiter } from '../access/limiter.ts';
import type { Env } from './env.ts';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Refusals kept: strangers who try passwords do not push out what was done. */
const REFUSALS = { burst: 30, everyMs: 60_000 };
const MAX_ON = 200;

/** `note` keeps an entry; without, nothing is written down. */
export function audited(
  note: ((deed: AuditDeed) => void) | undefined,
  { clock }: Pick<World, 'clock'>,
): MiddlewareHandler<Env> {
  const refusals = createLimiter({ ...REFUSALS, clock });
  return async (c, next) => {
    let detail: AuditDeed['detail'];
    c.set('tell', (more) => {
      detail = { ...detail, ...more };
    });
    await next();
    const { operation, caller, client } = c.var;
    if (!note || !operation || !(operation.audited ?? !READING.has(c.req.method))) return;
    const { status } = c.res;
    const isRefused = status === 403;
    if (status >= 400 && !(isRefused && refusals.take('all') === 0)) return;
    note({
      who: callerName(caller),
      from: client.address,
      what: operation.name,
      on: cut(decodeURIComponent(c.req.path.replace(/^\/api\/v1\//, '')), MAX_ON),
      ...(isRefused ? { refused: true } : {}),
      ...(detail ? { detail } : {}),
    });
  };
}

/** As the audit trail names a caller. */
export function callerName(caller: Caller): string {
  switch (caller.kind) {
    case 'user':
      return `user ${caller.name}`;
    case 'token':
      return `token ${caller.id}`;
    default:
      return caller.kind;
  }
}
