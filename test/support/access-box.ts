/** A box with access control for tests: the API over a site in memory, users in a real file, requests as plain calls. */

import type { SyncData } from '../../src/store/log/wal-sync.ts';
import { openUsers } from '../../src/store/tables/users-file.ts';
import { createAccessControl } from '../../src/ui/access/access-control.ts';
import type { SessionTimes } from '../../src/ui/access/sessions.ts';
import { createApp } from '../../src/ui/routes/app.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { createDesks } from './desks.ts';
import { createUiSite } from './ui-site.ts';
import { createTestWorld, type TestWorld } from './world.ts';

export const HOUR_MS = 3_600_000;
export const PASSWORD = 'correct horse battery';

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  /** A body that is not JSON. */
  readonly text?: string;
  /** What follows the '?'. */
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  readonly token?: string;
  readonly address?: string;
  readonly secure?: boolean;
}

export interface AccessBoxOptions {
  readonly dir: string;
  readonly world?: TestWorld;
  readonly times?: SessionTimes;
  /** Brings a change of the users to disk, instead of the system. */
  readonly syncData?: SyncData;
  /** Instead of those in memory. */
  readonly services?: Partial<Services>;
}

export type AccessBox = Awaited<ReturnType<typeof createAccessBox>>;

/** Opens the users in `dir` and starts access control over them; `stop` when done. */
export async function createAccessBox(options: AccessBoxOptions) {
  const { dir, world = createTestWorld(), syncData } = options;
  const { times = { idleMs: 24 * HOUR_MS, maxMs: 720 * HOUR_MS } } = options;
  const { users, synced, close } = openUsers(dir, { byHand: syncData ? { syncData } : {} });
  const access = createAccessControl({ users, synced, times, world });
  const site = createUiSite(world);
  const services = { ...site.deps, ...createDesks(site.deps), access, maxStreams: 4, ...options.services };
  const { app, close: closeStreams } = createApp(services);
  await access.start();

  const ask = (path: string, what?: Ask) => askApp(app, path, what);

  /** The code in the log of the start. */
  function claimCode(): string {
    const line = world.logged.findLast(
      ({ event, fields }) => event === 'access.unclaimed' && 'claimCode' in fields,
    );
    return String(line?.fields.claimCode);
  }

  /** Claims the box; the result is the administrator's cookie. */
  async function claim(name = 'ada'): Promise<string> {
    const body = { code: claimCode(), name, password: PASSWORD };
    return cookieOf(await ask('/api/v1/access/claim', { method: 'POST', body }));
  }

  async function login(name: string, password = PASSWORD, address?: string) {
    const where = address === undefined ? {} : { address };
    return ask('/api/v1/session', { method: 'POST', body: { name, password }, ...where });
  }

  return {
    world,
    users,
    access,
    app,
    site,
    ask,
    claimCode,
    claim,
    login,
    async stop() {
      closeStreams();
      await access.stop();
      close();
    },
  };
}

/** Asks as a client at another machine would. */
async function askApp(
  app: ReturnType<typeof createApp>['app'],
  path: string,
  { method = 'GET', body, text: sent, search = '', address = '192.0.2.7', secure = false, ...who }: Ask = {},
) {
  const headers = {
    host: '192.0.2.1',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(who.cookie === undefined ? {} : { cookie: who.cookie }),
    ...(who.token === undefined ? {} : { authorization: `Bearer ${who.token}` }),
    ...who.headers,
  };
  const content = sent ?? (body === undefined ? undefined : JSON.stringify(body));
  const init = { method, headers, ...(content === undefined ? {} : { body: content }) };
  const peer = {
    address,
    tls: secure,
    isSending: () => false,
    isGone: () => false,
    onEnd: (listener: () => void) => listener(),
    cut: () => {},
  };
  const answer = await app.request(search === '' ? path : `${path}?${search}`, init, { peer });
  return readAnswer(answer);
}

/** The whole of an answer; of one that goes on, only its head. */
async function readAnswer(answer: Response) {
  const { status } = answer;
  const headers: Record<string, string> = Object.fromEntries(answer.headers);
  if (headers['content-type'] === 'text/event-stream') {
    await answer.body?.cancel();
    return { status, headers, json: undefined, text: '' };
  }
  const text = await answer.text();
  const json = /[/+]json/.test(headers['content-type'] ?? '') && text !== '' ? JSON.parse(text) : undefined;
  return { status, headers, json, text };
}

/** What a browser sends back. */
export function cookieOf({ headers }: { readonly headers: Readonly<Record<string, string>> }): string {
  return headers['set-cookie']?.split(';')[0] ?? '';
}
