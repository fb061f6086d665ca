/** The API of the running box as the verbs ask it: on the address in the settings, with a token from a file or the environment. */
import { readFile } from 'node:fs/promises';
import { type BoxRequest, ownCertificate, requestBox } from './box-request.ts';
import { localUrl } from './box-url.ts';
import { failToRead } from './fail.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Given, type LoadedConfig, type Option } from './verb.ts';

/** Where a page may hold nothing (readings of a log without any) the box would be asked for ever. */
const MAX_PAGES = 100;

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

export interface Box {
  readonly config: LoadedConfig['config'];
  readonly url: string;
  /** The answer as JSON; 'unreachable' when nothing listens. An error answer of the box is `problem`, in words. */
  ask(path: string, body?: unknown): Promise<BoxAnswer>;
  /** The same for files: `file` is sent as it is, if there is one, and the answer is text. */
  exchange(path: string, file?: string): Promise<FileAnswer>;
  /** A question that is answered in its own time. */
  follow(path: string, wait: Pick<BoxRequest, 'signal' | 'take'>): Promise<FileAnswer>;
}

export type BoxAnswer = { readonly ok: true; readonly json: unknown } | Failure;

export type FileAnswer = { readonly ok: true; readonly text: string } | Failure;

export interface Failure {
  readonly ok: false;
  readonly code: number;
  readonly problem: string;
  readonly unreachable: boolean;
  /** Of an answer of the box: its status, and what it says for programs. */
  readonly status?: number;
  readonly json?: unknown;
}

/**
 * The box of the settings, or the exit code when these are wrong, told on standard error. It may be silent for `limitMs`;
 * `headers` go with each question.
 */
export async function findBox(
  given: Given,
  world: CliWorld,
  limitMs?: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Box | number> {
  const loaded = await loadSettings(given, world);
  if (typeof loaded === 'number') return loaded;
  const token = await readToken(given, world);
  if (typeof token === 'number') return token;
  const named = given.text('url');
  const url = (named ?? localUrl(loaded.config)).replace(/\/+$/, '');
  const ours = {
    headers: token === '' ? headers : { ...headers, authorization: `Bearer ${token}` },
    certificate: named === undefined ? ownCertificate(loaded.config) : undefined,
    limitMs,
  };
  return {
    config: loaded.config,
    url,
    ask: (path, body) => ask(url + path, ours, body),
    exchange: (path, file) =>
      exchange(url + path, {
        ...ours,
        body: file === undefined ? undefined : { type: 'text/plain', text: file },
      }),
    follow: (path, wait) => exchange(url + path, { ...ours, ...wait, body: undefined }),
  };
}

async function readToken(given: Given, world: CliWorld): Promise<string | number> {
  const file = given.text('token-file');
  if (file === undefined) return world.env.WSE_TOKEN?.trim() ?? '';
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    return failToRead(world, file, error);
  }
}

async function ask(url: string, ours: Omit<BoxRequest, 'body'>, json: unknown): Promise<BoxAnswer> {
  const body = json === undefined ? undefined : { type: 'application/json', text: JSON.stringify(json) };
  const answer = await exchange(url, { ...ours, body });
  if (!answer.ok) return answer;
  const parsed = parse(answer.text);
  if (parsed !== undefined) return { ok: true, json: parsed };
  return { ok: false, code: EXIT.failure, problem: `${url}: the answer is not JSON`, unreachable: false };
}

async function exchange(url: string, request: BoxRequest): Promise<FileAnswer> {
  const answer = await requestBox(url, request);
  if (!answer) {
    return { ok: false, code: EXIT.unavailable, problem: `${url}: nobody answers`, unreachable: true };
  }
  const { status, text } = answer;
  if (status >= 200 && status < 300) return { ok: true, text };
  const code =
    status === 401 || status === 403 ? EXIT.permission : status === 503 ? EXIT.temporary : EXIT.failure;
  const json = parse(text);
  return { ok: false, code, problem: wordsOf(json) ?? `status ${status}`, unreachable: false, status, json };
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

/** The items of a collection, page by page until there are `most`, or what of them is in so many pages as are read. */
export async function itemsOf<T>(
  box: Pick<Box, 'ask'>,
  path: string,
  query: Readonly<Record<string, string>> = {},
  most = Number.POSITIVE_INFINITY,
): Promise<readonly T[] | Failure> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const words = new URLSearchParams({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    const answer = await box.ask(words.size === 0 ? path : `${path}?${words}`);
    if (!answer.ok) return answer;
    const page = answer.json as { readonly items: readonly T[]; readonly nextCursor?: string };
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined || items.length >= most) break;
  }
  return items;
}
