/** Asks the box on this machine how it is, over the loopback address, where its certificate need not be trusted. */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { type Told, tell } from '../model/said.ts';
import { cut } from '../model/text.ts';

export interface HealthAnswer {
  readonly status: number;
  readonly body: string;
}

const ANSWER_MS = 5_000;
const MAX_BODY = 1_000_000;

/** GET of `url`, undefined when there is no answer in time. Only for addresses of this machine. */
export function askLocally(url: string): Promise<HealthAnswer | undefined> {
  return new Promise((resolve) => {
    const { protocol } = new URL(url);
    const options = { timeout: ANSWER_MS, agent: false, headers: { accept: 'application/json' } };
    const request =
      protocol === 'https:'
        ? requestTls(url, { ...options, rejectUnauthorized: false })
        : requestPlain(url, options);
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BODY) response.destroy();
      });
      response.once('close', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
    request.end();
  });
}

export type Health =
  /** `version`: as the running process gives it; older versions do not. */
  | { readonly healthy: true; readonly version: string | undefined }
  | { readonly healthy: false; readonly problem: Told };

/** Whether the box at `url` lives and can store readings, and which version it is. */
export async function askHealth(url: string): Promise<Health> {
  let version: string | undefined;
  for (const path of ['/healthz', '/readyz']) {
    const answer = await askLocally(url + path);
    if (!answer) return { healthy: false, problem: tell('watch.nobody', { url: url + path }) };
    if (answer.status !== 200) {
      const values = { path, status: String(answer.status), body: cut(answer.body, 300) };
      return { healthy: false, problem: tell('watch.answers', values) };
    }
    version ??= versionIn(answer.body);
  }
  return { healthy: true, version };
}

function versionIn(body: string): string | undefined {
  try {
    const { version } = JSON.parse(body) as { version?: unknown };
    return typeof version === 'string' ? cut(version, 100) : undefined;
  } catch {
    return undefined;
  }
}
