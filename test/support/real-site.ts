/**
 * A whole site for proofs by the pages: a real Mosquitto, the appliance as it is shipped, people with their roles. It can be
 * restarted, frozen, and cut off from its broker.
 */
import { type ApplianceProcess, type Program, startAppliance, writeSettings } from './appliance-process.ts';
import { startMosquitto } from './mosquitto.ts';
import { freePort, temporaryFolder } from './process.ts';

export const ADMIN = { name: 'ada', password: 'a long enough password' } as const;
export const ROLES = ['viewer', 'operator', 'technician'] as const;

type Settings = Readonly<Record<string, unknown>>;

export interface RealSite {
  readonly url: string;
  readonly broker: Awaited<ReturnType<typeof startMosquitto>>;
  readonly folder: string;
  appliance(): ApplianceProcess;
  /** The one of the first start. */
  claimCode(): string;
  /** Claims the box for ADMIN, and lets in a user of each other role, with its role as name and ADMIN's password. */
  claim(): Promise<void>;
  /** Asks the API as the administrator, or `as` another. */
  ask(
    path: string,
    init?: { method?: string; body?: unknown; as?: string; headers?: Record<string, string> },
  ): Promise<Response>;
  stopBox(signal?: NodeJS.Signals): Promise<void>;
  /** `changes` stay for later starts. */
  startBox(changes?: Settings): Promise<void>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts it, unclaimed; `settings` by sections, as in a settings file. */
export async function startRealSite(settings: Settings = {}, program?: Program): Promise<RealSite> {
  const folder = temporaryFolder();
  const broker = await startMosquitto();
  const httpPort = await freePort();
  let given: Settings = {
    http: { port: httpPort },
    access: { mode: 'required' },
    mqtt: { mode: 'external', url: broker.url },
    store: { dir: `${folder.path}/data` },
    ...settings,
  };
  let box = await begin();
  const first = box;
  const cookies = new Map<string, string>();

  function begin(): Promise<ApplianceProcess> {
    return startAppliance(writeSettings(folder.path, given), httpPort, {}, program);
  }

  async function post(path: string, body: unknown, cookie = ''): Promise<Response> {
    const headers = { 'content-type': 'application/json', cookie };
    const answer = await fetch(box.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async function cookieOf(name: string): Promise<string> {
    const known = cookies.get(name);
    if (known !== undefined) return known;
    const answer = await post('/api/v1/session', { name, password: ADMIN.password });
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    cookies.set(name, cookie);
    return cookie;
  }

  const claimCode = (): string => /"claimCode":"([^"]+)"/.exec(first.output())?.[1] ?? '';
  return {
    url: box.url,
    broker,
    folder: folder.path,
    appliance: () => box,
    claimCode,
    async claim() {
      await post('/api/v1/access/claim', { code: claimCode(), ...ADMIN });
      for (const role of ROLES) {
        const cookie = await cookieOf(ADMIN.name);
        await post('/api/v1/users', { name: role, password: ADMIN.password, role }, cookie);
      }
    },
    async ask(path, { method = 'GET', body, as = ADMIN.name, headers: more = {} } = {}) {
      const headers = { 'content-type': 'application/json', cookie: await cookieOf(as), ...more };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      return fetch(box.url + path, { method, headers, ...content });
    },
    stopBox: (signal) => box.stop(signal),
    async startBox(changes = {}) {
      given = { ...given, ...changes };
      box = await begin();
    },
    freeze: () => void box.process.kill('SIGSTOP'),
    thaw: () => void box.process.kill('SIGCONT'),
    async stop() {
      box.process.kill('SIGCONT');
      await box.stop();
      await broker.stop();
      folder.remove();
    },
  };
}
