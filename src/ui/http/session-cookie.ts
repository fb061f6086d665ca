/** The cookie that carries a session. Behind TLS its name begins with `__Host-`, so that no other host or plain page sets it. */
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

const NAME = 'wse-session';

/** The session's id, if the request carries one that could be. */
export function sessionOf(c: Context, secure: boolean): string | undefined {
  const value = secure ? getCookie(c, NAME, 'host') : getCookie(c, NAME);
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
}

/** Begins a session of at most `maxAgeS` seconds in the browser; without `id` it ends the one there is. */
export function setSession(c: Context, id: string, secure: boolean, maxAgeS: number): void {
  setCookie(c, NAME, id, {
    ...(secure ? { prefix: 'host', secure } : {}),
    path: '/',
    maxAge: maxAgeS,
    httpOnly: true,
    sameSite: 'Strict',
  });
}
