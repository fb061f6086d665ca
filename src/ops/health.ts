/** Asks the box on this machine how it is, over the loopback address, where its certificate need not be trusted. */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

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

/** What is wrong with the box at `url`, undefined when it lives and can store readings. */
export async function healthProblem(url: string): Promise<string | undefined> {
  for (const path of ['/healthz', '/readyz']) {
    const answer = await askLocally(url + path);
    if (!answer) return `nobody answers at ${url}${path}`;
    if (answer.status !== 200) return `${path} answers ${answer.status}: ${answer.body.slice(0, 300)}`;
  }
  return undefined;
}
