/** Questions to the box by the API's typed client, and their answers: what was asked for, or why not. */
import { type ClientResponse, hc } from 'hono/client';
import type { Said } from '../../model/said.ts';
import type { App } from '../routes/app.ts';
import { takeEarly } from './early.ts';

/** How long an answer may take, and that to a change. */
const ANSWER_MS = 10_000;
const CHANGE_MS = 20_000;

/** The API. Names in a path have to be encoded by the one who asks. */
export const api = hc<App>('/', {
  fetch: (input: string | URL | Request, init?: RequestInit) =>
    takeEarly(String(input), init?.method) ??
    fetch(input, {
      ...init,
      signal: AbortSignal.timeout(init?.method === 'GET' ? ANSWER_MS : CHANGE_MS),
    }),
}).api.v1;

type Values = Readonly<Record<string, string | number>>;

/** One place of an input that is wrong. */
export interface Place {
  readonly name: string;
  readonly code: string;
  readonly detail: string;
  readonly values?: Values;
  readonly said?: readonly Said[];
}

/**
 * Why the box said no. `code` is the last part of the problem's type; 'unreachable' when it said nothing; 'between', and
 * 'between-too-large', when something on the way, such as a reverse proxy, answered in its place.
 */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
  /** What fills the words for `code`. */
  readonly values?: Values;
  /** The detail piece by piece. */
  readonly said?: readonly Said[];
  /** The first place of the input that is wrong. */
  readonly place?: Place;
  readonly retryAfterS?: number;
}

export type Outcome<T> =
  | { readonly value: T; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal };

/** What was asked for, or why not. Never rejects. */
export async function ask<T>(asked: Promise<ClientResponse<T, number, 'json'>>): Promise<Outcome<T>> {
  try {
    const response = await asked;
    return response.ok ? await readValue(response) : { refusal: await readRefusal(response) };
  } catch {
    return { refusal: { code: 'unreachable', detail: '' } };
  }
}

/** A page in place of an answer is of somebody else, who wants a login of their own perhaps. */
async function readValue<T>(response: ClientResponse<T, number, 'json'>): Promise<Outcome<T>> {
  try {
    return { value: await response.json() };
  } catch (error) {
    if (error instanceof SyntaxError) return { refusal: fromBetween(response.status) };
    throw error;
  }
}

/** Has something done that gives nothing back; the result is why not. Never rejects. */
export async function tell(
  asked: Promise<Pick<ClientResponse<unknown, number>, 'ok' | 'text' | 'headers' | 'status'>>,
): Promise<Refusal | undefined> {
  try {
    const response = await asked;
    return response.ok ? undefined : await readRefusal(response);
  } catch {
    return { code: 'unreachable', detail: '' };
  }
}

/** What was asked for; rejects when there is none. */
export async function need<T>(asked: Promise<ClientResponse<T, number, 'json'>>): Promise<T> {
  const response = await asked;
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return response.json();
}

const PROBLEM = 'urn:webscada-edge:problem:';

interface ProblemDocument {
  readonly type: string;
  readonly detail: string;
  readonly values?: Values;
  readonly said?: readonly Said[];
  readonly errors?: readonly (Omit<Place, 'name' | 'code'> & {
    readonly pointer?: string;
    readonly parameter?: string;
    readonly code?: string;
  })[];
}

/** undefined where it is nothing the box writes. */
function readProblem(text: string): ProblemDocument | undefined {
  try {
    const problem = JSON.parse(text) as ProblemDocument;
    return problem.type.startsWith(PROBLEM) ? problem : undefined;
  } catch {
    return undefined;
  }
}

function fromBetween(status: number): Refusal {
  const code = status === 413 ? 'between-too-large' : 'between';
  return { code, detail: '', values: { status: String(status) } };
}

async function readRefusal(response: Pick<Response, 'text' | 'headers' | 'status'>): Promise<Refusal> {
  const problem = readProblem(await response.text());
  if (!problem) return fromBetween(response.status);
  const { type, detail, values, said, errors } = problem;
  const first = errors?.find(({ pointer, parameter }) => (pointer ?? parameter) !== undefined);
  const wait = Number(response.headers.get('retry-after'));
  // A setting is named as it is in the settings.
  const name =
    first === undefined || first.code === 'sentence'
      ? ''
      : (first.pointer?.replace(/^\/(changes\/)?/, '') ?? first.parameter ?? '');
  return {
    code: type.slice(PROBLEM.length),
    detail: first ? `${name} ${first.detail}`.trim() : detail,
    ...(values === undefined ? {} : { values }),
    ...(said === undefined ? {} : { said }),
    ...(first ? { place: { name, code: '', ...first } } : {}),
    ...(wait > 0 ? { retryAfterS: wait } : {}),
  };
}
