/** The cookie that carries a session. Behind TLS its name begins with `__Host-`, so that no other host or plain page sets it. */
import type { IncomingHttpHeaders } from 'node:http';

const NAME = 'wse-session';
const SECURE_NAME = `__Host-${NAME}`;

/** The session's id, if the request carries one that could be. */
export function sessionOf(headers: IncomingHttpHeaders, secure: boolean): string | undefined {
  const wanted = secure ? SECURE_NAME : NAME;
  for (const pair of headers.cookie?.split(';') ?? []) {
    const [name = '', value = ''] = pair.trim().split('=');
    if (name === wanted && /^[\w-]{43}$/.test(value)) return value;
  }
  return undefined;
}

/** The Set-Cookie header that begins a session of at most `maxAgeS` seconds; without `id` it ends the one there is. */
export function sessionCookie(
  id: string,
  secure: boolean,
  maxAgeS: number,
): Readonly<Record<string, string>> {
  const parts = [
    `${secure ? SECURE_NAME : NAME}=${id}`,
    'Path=/',
    `Max-Age=${maxAgeS}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(secure ? ['Secure'] : []),
  ];
  return { 'set-cookie': parts.join('; ') };
}
