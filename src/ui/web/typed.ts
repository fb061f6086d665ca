/**
 * For a field whose value is kept elsewhere and shown in a form of its own (a list, a number): while somebody types, it shows what
 * they typed, whatever the page around it draws anew meanwhile.
 */
import type { TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';

/** Props of an `<input>`; `take` is called at each key. */
export function useTyped(value: string, take: (text: string) => void) {
  const [typed, type] = useState<string>();
  return {
    value: typed ?? value,
    onInput({ currentTarget }: TargetedEvent<HTMLInputElement>): void {
      type(currentTarget.value);
      take(currentTarget.value);
    },
    onBlur(): void {
      type(undefined);
    },
  };
}
