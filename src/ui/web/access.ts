/** Who we are to the box, and the calls that change it: claim, login, logout. */
import { computed, signal } from '@preact/signals';
import type { AccessView } from '../shapes/access.ts';
import { call, type Refusal } from './call.ts';

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

/** Whether we may change things; a viewer only looks. */
export const mayChange = computed(() => {
  const now = access.value;
  return now !== undefined && (now.mode === 'open' || now.user?.role === 'admin');
});

/** Asks who we are. Rejects when the box does not answer. */
export async function askAccess(): Promise<AccessView> {
  const response = await fetch('/api/v1/access', { signal: AbortSignal.timeout(ANSWER_MS) });
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
  const { value, refusal } = await call<AccessView | undefined>(method, path, body);
  if (value && 'mode' in value) access.value = value;
  return refusal;
}
