/** What is due when: a short list in order of time, behind a single timer of the simulator. */

export interface Agenda<T> {
  add(dueMs: number, item: T): void;
  /** Takes the earliest item if it is due at `nowMs`. */
  take(nowMs: number): T | undefined;
  /** When the next item is due. */
  nextMs(): number | undefined;
  clear(): void;
}

/** Made for some hundred items: adding shifts the later ones. Items due at the same time come in the order added. */
export function createAgenda<T>(): Agenda<T> {
  let entries: { readonly dueMs: number; readonly item: T }[] = [];
  return {
    add(dueMs, item) {
      let low = 0;
      let high = entries.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((entries[middle]?.dueMs ?? 0) <= dueMs) low = middle + 1;
        else high = middle;
      }
      entries.splice(low, 0, { dueMs, item });
    },
    take(nowMs) {
      const first = entries[0];
      if (!first || first.dueMs > nowMs) return undefined;
      entries.shift();
      return first.item;
    },
    nextMs: () => entries[0]?.dueMs,
    clear() {
      entries = [];
    },
  };
}
