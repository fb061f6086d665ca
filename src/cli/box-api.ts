/** The API of the running box as the verbs ask it: on the address in the settings, with a token from a file or the environment. */
import { readFile } from 'node:fs/promises';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Given, type LoadedConfig, type Option } from './verb.ts';

/** The options of every verb that asks the box. */
export const BOX_OPTIONS = {
  ...SETTINGS_OPTIONS,
  url: { type: 'string', value: 'URL', summary: 'address of the box (from the settings if not given)' },
  'token-file': {
    type: 'string',
    value: 'FILE',
    summary: 'file with an API token (else WSE_TOKEN in the environment, if set)',
  },
} as const satisfies Readonly<Record<string, Option>>;

/** Longer than any answer takes: a whole quarantine may be written again meanwhile. */
const TIMEOUT_MS = 600_000;

export interface Box {
  readonly config: LoadedConfig['config'];
  readonly url: string;
  /** The answer as JSON; 'unreachable' when nothing listens. An error answer of the box is `problem`, in words. */
  ask(path: string, body?: unknown): Promise<BoxAnswer>;
  /** The same for files: `file` is sent as it is, if there is one, and the answer is text. */
  exchange(path: string, file?: string): Promise<FileAnswer>;
}

export type BoxAnswer = { readonly ok: true; readonly json: unknown } | Failure;

export type FileAnswer = { readonly ok: true; readonly text: string } | Failure;

export interface Failure {
  readonly ok: false;
  readonly code: number;
  readonly problem: string;
  readonly unreachable: boolean;
}

interface Body {
  readonly type: string;
  readonly text: string;
}

/** The box of the settings, or the exit code when these are wrong, told on standard error. */
export async function findBox(given: Given, world: CliWorld): Promise<Box | number> {
  const loaded = await loadSettings(given, world);
  if (typeof loaded === 'number') return loaded;
  const token = await readToken(given, world);
  if (typeof token === 'number') return token;
  const { host, port } = loaded.config.http;
  const url = (given.text('url') ?? `http://${askable(host)}:${port}`).replace(/\/+$/, '');
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  return {
    config: loaded.config,
    url,
    ask: (path, body) => ask(url + path, headers, body),
    exchange: (path, file) =>
      exchange(url + path, headers, file === undefined ? undefined : { type: 'text/plain', text: file }),
  };
}

async function readToken(given: Given, world: CliWorld): Promise<string | number> {
  const file = given.text('token-file');
  if (file === undefined) return world.env.WSE_TOKEN?.trim() ?? '';
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    world.stderr.write(`webscada-edge: ${file} cannot be read (${code})\n`);
    return code === 'EACCES' ? EXIT.permission : EXIT.usage;
  }
}

/** An address to connect to, for one that is listened on. */
function askable(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function ask(url: string, headers: Record<string, string>, body: unknown): Promise<BoxAnswer> {
  const sent = body === undefined ? undefined : { type: 'application/json', text: JSON.stringify(body) };
  const answer = await exchange(url, headers, sent);
  if (!answer.ok) return answer;
  const json = parse(answer.text);
  if (json !== undefined) return { ok: true, json };
  return { ok: false, code: EXIT.failure, problem: `${url}: the answer is not JSON`, unreachable: false };
}

async function exchange(
  url: string,
  headers: Record<string, string>,
  body: Body | undefined,
): Promise<FileAnswer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: body === undefined ? headers : { ...headers, 'content-type': body.type },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: body.text }),
    });
    text = await response.text();
  } catch {
    return { ok: false, code: EXIT.unavailable, problem: `${url}: nobody answers`, unreachable: true };
  }
  if (response.ok) return { ok: true, text };
  const code =
    response.status === 401 || response.status === 403
      ? EXIT.permission
      : response.status === 503
        ? EXIT.temporary
        : EXIT.failure;
  return {
    ok: false,
    code,
    problem: wordsOf(parse(text)) ?? `status ${response.status}`,
    unreachable: false,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A problem document as one line for each thing that is wrong. */
function wordsOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { title, detail, errors } = json as { title?: unknown; detail?: unknown; errors?: unknown };
  const places = Array.isArray(errors)
    ? errors.map(
        ({ pointer = '', parameter = '', detail: what = '' }) => `\n  ${pointer}${parameter} ${what}`,
      )
    : [];
  return `${String(title)}. ${String(detail)}${places.join('')}`;
}
