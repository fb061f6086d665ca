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

/** Why the box said no. `code` is the last part of the problem's type; 'unreachable' when it said nothing. */
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
    return response.ok ? { value: await response.json() } : { refusal: await readRefusal(response) };
  } catch {
    return { refusal: { code: 'unreachable', detail: '' } };
  }
}

/** Has something done that gives nothing back; the result is why not. Never rejects. */
export async function tell(
  asked: Promise<Pick<ClientResponse<unknown, number>, 'ok' | 'text' | 'headers'>>,
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

async function readRefusal(response: Pick<Response, 'text' | 'headers'>): Promise<Refusal> {
  const { type, detail, values, said, errors } = JSON.parse(await response.text()) as {
    type: string;
    detail: string;
    values?: Values;
    said?: readonly Said[];
    errors?: (Omit<Place, 'name' | 'code'> & { pointer?: string; parameter?: string; code?: string })[];
  };
  const first = errors?.find(({ pointer, parameter }) => (pointer ?? parameter) !== undefined);
  const wait = Number(response.headers.get('retry-after'));
  // A setting is named as it is in the settings.
  const name =
    first === undefined || first.code === 'sentence'
      ? ''
      : (first.pointer?.replace(/^\/(changes\/)?/, '') ?? first.parameter ?? '');
  return {
    code: type.split(':').at(-1) ?? '',
    detail: first ? `${name} ${first.detail}`.trim() : detail,
    ...(values === undefined ? {} : { values }),
    ...(said === undefined ? {} : { said }),
    ...(first ? { place: { name, code: '', ...first } } : {}),
    ...(wait > 0 ? { retryAfterS: wait } : {}),
  };
}
