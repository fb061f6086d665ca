/**
 * Who may ask at all, before access control: a Host header that names this box (against DNS rebinding), and no change of
 * state asked for by another site's page (against forged cross-site requests). Hono's own `csrf` looks at what a form can
 * send only; here no body of any kind is taken from elsewhere.
 */
import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { Problem } from './problem.ts';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Of what a caller names, signs. */
const MAX_SHOWN = 100;

/** `isOurs` tells the Host headers this box is asked by. */
export function sameOrigin(isOurs: (host: string) => boolean): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    if (!isOurs(host)) throw unknownHost();
    const origin = c.req.header('origin');
    const isSame = isSameOrigin(host, c.req.header('sec-fetch-site'), origin);
    if (!READING.has(c.req.method) && !isSame) throw crossOrigin(host, origin);
    await next();
  };
}

/** Whether it could name a host at all. */
export function isHost(host: string): boolean {
  return URL.canParse(`http://${host}/`) && /^[^/?#@\\]*$/.test(host);
}

export function unknownHost(): Problem {
  return new Problem({
    code: 'unknown-host',
    title: 'Host name not known here',
    status: 421,
    detail: 'Ask by IP address or localhost, or add the host name you use to the settings (http.names).',
  });
}

/** Most often it is the operator's own reverse proxy, which asks by a Host header of its own. */
function crossOrigin(host: string, from = '-'): Problem {
  const origin = from.slice(0, MAX_SHOWN);
  return new Problem({
    code: 'cross-origin',
    title: 'Change asked for by another site',
    status: 403,
    detail: `Changes are only taken from the pages of this box, or from a program that sends no Origin header. The page is one of ${origin}, and this box was asked as ${host}. If both are this box behind a reverse proxy, let the proxy hand on the Host header it is asked by (docs/access.md).`,
    values: { origin, host },
  });
}

/** Tells a Host header that names this box: by `names`, as localhost, or by an address. */
export function createHostCheck(names: readonly string[]): (host: string) => boolean {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return (host) => {
    const name = hostName(host);
    return known.has(name) || isIP(name) !== 0;
  };
}

/** 'Box.local:8080' -> 'box.local', '[::1]:80' -> '::1'. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(host);
  if (bracketed) return bracketed[1] ?? '';
  return host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
}

function isSameOrigin(host: string, site: string | undefined, origin: string | undefined): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
