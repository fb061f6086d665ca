/** One question to the box and its answer: what was asked for, or why not. Nothing here throws. */

const API = '/api/v1';
const ANSWER_MS = 20_000;

/** Why the box said no. `code` is the last part of the problem's type; 'unreachable' when it said nothing. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
  readonly retryAfterS?: number;
}

export type Outcome<T> =
  | { readonly value: T; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal };

/** Asks `path` of the API; an answer without a body gives undefined as its value. */
export async function call<T>(method: string, path: string, body?: object): Promise<Outcome<T>> {
  try {
    const response = await fetch(API + path, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) return { refusal: await readRefusal(response) };
    return { value: (response.status === 204 ? undefined : await response.json()) as T };
  } catch {
    return { refusal: { code: 'unreachable', detail: '' } };
  }
}

async function readRefusal(response: Response): Promise<Refusal> {
  const { type, detail, errors } = (await response.json()) as {
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
