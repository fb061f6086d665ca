/** Who we are to the box, and the calls that change it: claim, login, logout. */
import { computed, signal } from '@preact/signals';
import { type Role, reaches } from '../role.ts';
import type { AccessView } from '../shapes/access.ts';
import { api, ask, need, type Outcome, type Refusal, tell } from './call.ts';

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

/** Whether we may run the plant: send, acknowledge, take data along. */
export const mayOperate = computed(() => isAtLeast('operator'));
/** Whether we may set it up: devices, codecs, gateways. */
export const maySetUp = computed(() => isAtLeast('technician'));
/** Whether we may keep users and settings. */
export const mayAdminister = computed(() => isAtLeast('admin'));

function isAtLeast(role: Role): boolean {
  const now = access.value;
  return (
    now?.mode === 'open' || (now?.user !== null && now?.user !== undefined && reaches(now.user.role, role))
  );
}

/** Asks who we are. Rejects when the box does not answer. */
export async function askAccess(): Promise<AccessView> {
  const view = await need(api.access.$get());
  access.value = view;
  return view;
}

export async function claim(code: string, name: string, password: string): Promise<Refusal | undefined> {
  return enter(await ask(api.access.claim.$post({ json: { code, name, password } })));
}

export async function login(name: string, password: string): Promise<Refusal | undefined> {
  return enter(await ask(api.session.$post({ json: { name, password } })));
}

export async function logout(): Promise<void> {
  await tell(api.session.$delete());
  await askAccess().catch(() => {});
}

function enter({ value, refusal }: Outcome<AccessView>): Refusal | undefined {
  if (value) access.value = value;
  return refusal;
}
