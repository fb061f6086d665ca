/** Heavy pieces of work one after the other, with all else that waits in between: nobody waits for more than one of them. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Gives what resolves when it is the caller's turn. */
export function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => nextTurn());
    return last;
  };
}
