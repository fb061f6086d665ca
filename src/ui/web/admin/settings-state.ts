/** The settings on the screen: fetched, changed, saved, tried. Changes are kept until they are saved or thrown away. */
import { type Signal, signal } from '@preact/signals';
import type { SettingsView, SettingView } from '../../shapes/settings.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { after } from '../screen-clock.ts';
import { learnDescriptions } from './described.ts';

export type Value = NonNullable<SettingView['value']>;
/** What the box does: nothing, begin anew, or it has, and the settings were kept or taken back. */
export type Phase = 'idle' | 'saving' | 'restarting' | 'kept' | 'reverted';

const LOOK_MS = 1_000;

export const settings: Signal<SettingsView | undefined> = signal(undefined);
/** By path; null gives a setting back. */
export const changes: Signal<ReadonlyMap<string, Value | null>> = signal(new Map());
export const refusal: Signal<Refusal | undefined> = signal(undefined);
export const phase: Signal<Phase> = signal('idle');

export async function fetchSettings(): Promise<void> {
  const [found] = await Promise.all([ask(api.settings.$get()), learnDescriptions()]);
  if (found.value) settings.value = found.value;
  refusal.value = found.refusal;
}

export function change(path: string, value: Value | null | undefined): void {
  const next = new Map(changes.peek());
  if (value === undefined) next.delete(path);
  else next.set(path, value);
  changes.value = next;
}

/** Saves the changes, has the box begin anew with them, and says that they are good once it answers here again. */
export async function saveAndRestart(): Promise<void> {
  const now = settings.peek();
  if (!now) return;
  phase.value = 'saving';
  const given = [...changes.peek()].map(([path, value]) => [path, value as string | null] as const);
  if (given.length > 0) {
    const json = { revision: now.revision, changes: Object.fromEntries(given) };
    const saved = await ask(api.settings.$put({ json }));
    refusal.value = saved.refusal;
    if (!saved.value) {
      phase.value = 'idle';
      return;
    }
    settings.value = saved.value;
    changes.value = new Map();
  }
  const refused = await tell(api.settings.apply.$post());
  refusal.value = refused;
  phase.value = refused ? 'idle' : 'restarting';
  if (!refused) await untilBack(settings.peek()?.reverted?.at);
}

/** The page still reaches the box by the way it had: whatever was tried has not cut it off. */
async function untilBack(revertedBefore: string | undefined): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => void after(LOOK_MS, resolve));
    const { value } = await ask(api.settings.$get());
    if (!value) continue;
    if (value.reverted && value.reverted.at !== revertedBefore) {
      phase.value = 'reverted';
      settings.value = value;
      return;
    }
    if (value.trial || !value.settings.some(({ next }) => next !== undefined)) {
      if (value.trial) await keep();
      else settings.value = value;
      phase.value = 'kept';
      return;
    }
  }
}

/** The settings on trial are good. */
export async function keep(): Promise<void> {
  const kept = await ask(api.settings.keep.$post());
  if (kept.value) settings.value = kept.value;
  refusal.value = kept.refusal;
  if (kept.value) phase.value = 'kept';
}

/** Throws away what is saved and not in force, and what is not saved. */
export async function discard(): Promise<void> {
  changes.value = new Map();
  const found = await ask(api.settings.next.$delete());
  if (found.value) settings.value = found.value;
  refusal.value = found.refusal;
}

/** Where the box answers with what is changed, if that is elsewhere. */
export function newAddress(now: SettingsView, given: ReadonlyMap<string, Value | null>): string | undefined {
  const willBe = (path: string): unknown => {
    const setting = now.settings.find((one) => one.path === path);
    const next = setting?.next ? setting.next.value : setting?.value;
    return given.has(path) ? (given.get(path) ?? setting?.beneath ?? setting?.default) : next;
  };
  const [port, tls] = [Number(willBe('http.port')), willBe('http.tls')];
  const scheme = tls === 'off' ? 'http:' : tls === 'auto' ? location.protocol : 'https:';
  if (
    String(port) === (location.port || (location.protocol === 'https:' ? '443' : '80')) &&
    scheme === location.protocol
  )
    return undefined;
  const was = now.settings.find((one) => one.path === 'http.port');
  // Behind a proxy or a mapped port the page's own port says nothing of the box's.
  if (was?.value === port && scheme === location.protocol) return undefined;
  return `${scheme}//${location.hostname}:${port}/#/settings`;
}
