/**
 * Who may ask at all, before access control: a Host header that names this box (against DNS rebinding), and no change of
 * state asked for by another site's page (against forged cross-site requests).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { type Document, problem } from './problem.ts';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The refusal, or undefined for a request that may pass. `names` are host names beside localhost, lower case. */
export function refusal(
  method: string,
  headers: IncomingHttpHeaders,
  names: readonly string[],
): Document | undefined {
  const host = headers.host ?? '';
  if (!isOurs(host, names)) {
    return problem({
      code: 'unknown-host',
      title: 'Host name not known here',
      status: 421,
      detail:
        'Ask by IP address or localhost, or add the host name you use to the settings of the web server.',
    });
  }
  if (READING.has(method) || isSameOrigin(host, headers)) return undefined;
  return problem({
    code: 'cross-origin',
    title: 'Change asked for by another site',
    status: 403,
    detail:
      'Changes are only taken from the pages of this box or from a program that sends no Origin header.',
  });
}

function isOurs(host: string, names: readonly string[]): boolean {
  const name = hostName(host);
  return name === 'localhost' || isIP(name) !== 0 || names.includes(name);
}

/** 'Box.local:8080' -> 'box.local', '[::1]:80' -> '::1'. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(host);
  if (bracketed) return bracketed[1] ?? '';
  return host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
}

function isSameOrigin(host: string, headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
