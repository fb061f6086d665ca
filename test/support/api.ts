/** The API of a made-up site, asked without a socket. */
import { createApp } from '../../src/ui/routes/app.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { createUiSite } from './ui-site.ts';
import { createTestWorld } from './world.ts';

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** Somebody on this machine. */
export const PEER = {
  address: '127.0.0.1',
  tls: false,
  isSending: () => false,
  isGone: () => false,
  onEnd: (listener: () => void) => listener(),
  cut: () => {},
};

export function makeApi(more: Partial<Services> = {}) {
  const world = createTestWorld();
  const site = createUiSite(world);
  const { app } = createApp({ ...site.deps, names: ['box.example'], ...more });
  async function ask(url: string, { method = 'GET', headers = {}, body }: Ask = {}) {
    const init = {
      method,
      headers: {
        host: 'localhost:8080',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
    const answer = await app.request(url, init, { peer: PEER });
    const text = await answer.text();
    const isJson = /[/+]json/.test(answer.headers.get('content-type') ?? '');
    const json = isJson && text !== '' ? JSON.parse(text) : undefined;
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text, json };
  }
  return { world, site, ask };
}
