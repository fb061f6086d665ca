/** Messages that were handed on and are not acknowledged yet: how many, and what they hold together, has a limit. */

export interface InFlight {
  /** Counts a message until what it returns is called, which tells whether that was the first time. */
  add(message: { readonly bytes: number; readonly counts: boolean }): () => boolean;
  /** Whether no more should be read for now. */
  isFull(): boolean;
  /** Calls `task` once, as soon as there is room. */
  whenRoom(task: () => void): void;
}

/** `maxMessages`: of those that count, which are those with a sender that waits. `maxBytes`: of all. */
export function createInFlight(maxMessages: number, maxBytes: number): InFlight {
  let messages = 0;
  let held = 0;
  let waiting: (() => void)[] = [];
  const isFull = () => messages >= maxMessages || held >= maxBytes;
  return {
    add({ bytes, counts }) {
      let isOpen = true;
      held += bytes;
      if (counts) messages++;
      return () => {
        if (!isOpen) return false;
        isOpen = false;
        held -= bytes;
        if (counts) messages--;
        if (waiting.length > 0 && !isFull()) {
          const tasks = waiting;
          waiting = [];
          for (const task of tasks) task();
        }
        return true;
      };
    },
    isFull,
    whenRoom(task) {
      if (isFull()) waiting.push(task);
      else task();
    },
  };
}
