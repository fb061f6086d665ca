/** Questions to the box by the API's typed client, and their answers: what was asked for, or why not. */
import { type ClientResponse, hc } from 'hono/client';
import type { App } from '../routes/app.ts';

/** How long an answer may take, and that to a change. */
const ANSWER_MS = 10_000;
const CHANGE_MS = 20_000;

/** The API. Names in a path have to be encoded by the one who asks. */
export const api = hc<App>('/', {
  fetch: (input: string | URL | Request, init?: RequestInit) =>
    fetch(input, {
      ...init,
      signal: AbortSignal.timeout(init?.method === 'GET' ? ANSWER_MS : CHANGE_MS),
    }),
}).api.v1;

/** Why the box said no. `code` is the last part of the problem's type; 'unreachable' when it said nothing. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
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
export async function tell(asked: Promise<ClientResponse<unknown, number>>): Promise<Refusal | undefined> {
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
  const { type, detail, errors } = JSON.parse(await response.text()) as {
    type: string;
    detail: string;
    errors?: { detail: string; pointer?: string }[];
  };
  const [first] = errors ?? [];
  const wait = Number(response.headers.get('retry-after'));
  return {
    code: type.split(':').at(-1) ?? '',
    detail: first ? `${first.pointer?.slice(1) ?? ''} ${first.detail}`.trim() : detail,
    ...(wait > 0 ? { retryAfterS: wait } : {}),
  };
}
