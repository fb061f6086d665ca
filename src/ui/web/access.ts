/** Who we are to the box, and the calls that change it: claim, login, logout. */
import { computed, signal } from '@preact/signals';
import type { AccessView } from '../api/schemas.ts';

const API = '/api/v1';
const ANSWER_MS = 20_000;

/** What the box says of us; undefined before it has answered. */
export const access = signal<AccessView | undefined>(undefined);

/** A login is known, but a claim was chosen. */
export const claiming = signal(false);

/** What stands between us and the pages. */
export const entrance = computed((): 'claim' | 'login' | undefined => {
  const now = access.value;
  if (!now || now.mode === 'open' || now.user) return undefined;
  return !now.claimed || (claiming.value && now.claimPending) ? 'claim' : 'login';
});

/** Why the box said no. `code` is the last part of the problem's type; 'unreachable' when it said nothing. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
  readonly retryAfterS?: number;
}

/** Asks who we are. Rejects when the box does not answer. */
export async function askAccess(): Promise<AccessView> {
  const response = await fetch(`${API}/access`, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`/access answered ${response.status}`);
  const view = (await response.json()) as AccessView;
  access.value = view;
  return view;
}

export function claim(code: string, name: string, password: string): Promise<Refusal | undefined> {
  return send('POST', '/access/claim', { code, name, password });
}

export function login(name: string, password: string): Promise<Refusal | undefined> {
  return send('POST', '/session', { name, password });
}

export async function logout(): Promise<void> {
  await send('DELETE', '/session');
  await askAccess().catch(() => {});
}

async function send(method: string, path: string, body?: object): Promise<Refusal | undefined> {
  let response: Response;
  try {
    response = await fetch(API + path, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    if (response.ok) {
      if (response.status === 200) access.value = (await response.json()) as AccessView;
      return undefined;
    }
    return await refusal(response);
  } catch {
    return { code: 'unreachable', detail: '' };
  }
}

async function refusal(response: Response): Promise<Refusal> {
  const { type, detail, errors } = (await response.json()) as {
    type: string;
    detail: string;
    errors?: { detail: string; pointer?: string }[];
  };
  const [first] = errors ?? [];
  const wait = Number(response.headers.get('retry-after'));
  return {
    code: type.split(':').at(-1) ?? '',
    detail: first ? `${first.pointer?.slice(1) ?? ''} ${first.detail}` : detail,
    ...(wait > 0 ? { retryAfterS: wait } : {}),
  };
}
