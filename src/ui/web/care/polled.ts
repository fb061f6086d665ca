/** Something the box does for a while, asked for now and then while the page that shows it is open. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Outcome, Refusal } from '../call.ts';
import { after } from '../screen-clock.ts';

export interface Polled<T> {
  readonly value: Signal<T | undefined>;
  readonly refusal: Signal<Refusal | undefined>;
  /** Asks at once. */
  readonly look: () => void;
}

/** `isBusy`: whether it changes by itself, and is to be asked for often. */
export function usePolled<T>(
  fetchIt: () => Promise<Outcome<T>>,
  isBusy: (value: T | undefined) => boolean,
  { busyMs = 1_000, idleMs = 15_000 } = {},
): Polled<T> {
  const value = useSignal<T | undefined>(undefined);
  const refusal = useSignal<Refusal | undefined>(undefined);
  const look = useSignal(() => {});
  useEffect(() => {
    let isOpen = true;
    let cancel = (): void => {};
    const ask = async (): Promise<void> => {
      cancel();
      const answer = await fetchIt();
      if (!isOpen) return;
      if (answer.value !== undefined) value.value = answer.value;
      refusal.value = answer.refusal;
      cancel();
      cancel = after(isBusy(value.peek()) ? busyMs : idleMs, () => void ask());
    };
    look.value = () => void ask();
    void ask();
    return () => {
      isOpen = false;
      cancel();
    };
  }, []);
  return { value, refusal, look: () => look.peek()() };
}
