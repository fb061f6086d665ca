/**
 * The API asked from inside the box, without a socket, by a part that acts for somebody: the same checks, the same refusals, the
 * same promise that a change is on disk when it is answered.
 */
import type { Caller } from '../access/access-rule.ts';
import type { Peer } from '../http/env.ts';

export interface InsideAnswer {
  readonly status: number;
  /** undefined for an answer without a body. */
  readonly json: unknown;
}

export type AskInside = (
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
) => Promise<InsideAnswer>;

interface InsideApp {
  fetch(
    request: Request,
    env: { readonly peer: Peer; readonly caller: Caller },
  ): Response | Promise<Response>;
}

/** Nobody is at the other end: an answer is taken as soon as it is there. */
const PEER: Peer = {
  address: '',
  tls: true,
  isSending: () => false,
  isGone: () => false,
  onEnd: (listener) => listener(),
  cut: () => {},
};

/** `path` begins with /api. */
export function createAskInside(app: InsideApp, caller: Caller): AskInside {
  return async (method, path, body) => {
    const init = {
      method,
      headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const answer = await app.fetch(new Request(`http://localhost${path}`, init), { peer: PEER, caller });
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) };
  };
}
