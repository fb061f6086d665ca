/**
 * Requests that a reverse proxy hands on which the operator has named nowhere. Where access is open because only this machine is
 * to come in, the proxy would let in everybody who reaches it: they are refused. Elsewhere the log says, once, that all who
 * come by it count as one. A proxy that adds no header (nginx without settings of its own) cannot be told from a program here.
 */
import type { MiddlewareHandler } from 'hono';
import type { World } from '../../model/world.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { Env } from './env.ts';
import { Problem } from './problem.ts';

const HANDED_ON = ['x-forwarded-for', 'forwarded'] as const;

export function unknownProxy(
  access: Pick<AccessControl, 'accounts' | 'onlyHere'>,
  isTrusted: (peer: string) => boolean,
  { logger }: World,
): MiddlewareHandler<Env> {
  let isTold = false;
  return async (c, next) => {
    const { address } = c.env.peer;
    if (HANDED_ON.some((name) => c.req.header(name) !== undefined) && !isTrusted(address)) {
      if (access.onlyHere) throw notForOthers();
      if (access.accounts && !isTold) {
        isTold = true;
        const hint =
          'all who come by it count as one client, in limits and in the audit trail: add its address to http.trusted_proxies, if it is yours';
        logger.warn('http.proxy_unknown', { address, hint });
      }
    }
    await next();
  };
}

function notForOthers(): Problem {
  return new Problem({
    code: 'proxy-unknown',
    title: 'By a reverse proxy that is not known here',
    status: 403,
    detail:
      'Nobody has to log in here, since only this machine was to come in, and a reverse proxy lets in others. Add its address to http.trusted_proxies, and people log in; or set access.mode = "open".',
  });
}
