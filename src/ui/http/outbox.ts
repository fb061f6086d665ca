/**
 * What pages of long lists hold in memory. One is made at a time, as large as there is room for beside those that are still on
 * their way: many callers who ask for large ones and take nothing get short ones, which go on behind their cursor, and nobody
 * is refused.
 */

/** The connection an answer goes to. */
export interface Recipient {
  /** Calls `listener` when the answer has gone out, or the connection has; at once when it is gone already. */
  onEnd(listener: () => void): void;
}

export interface Outbox {
  /** Runs `build` in its turn, with the bytes, about, that the page may have; they are kept until it has gone out. */
  page<T>(peer: Recipient, build: (maxBytes: number) => T | Promise<T>): Promise<T>;
}

const TOTAL_BYTES = 16 * 1024 * 1024;
const LARGEST_PAGE = 512 * 1024;
const SMALLEST_PAGE = 16 * 1024;
/** Of what is left, so that there is always something left. */
const SHARE = 8;

export function createOutbox(): Outbox {
  let held = 0;
  let last: Promise<unknown> = Promise.resolve();

  function make<T>(peer: Recipient, build: (maxBytes: number) => T | Promise<T>): T | Promise<T> {
    const room = Math.floor((TOTAL_BYTES - held) / SHARE);
    const bytes = Math.max(SMALLEST_PAGE, Math.min(LARGEST_PAGE, room));
    held += bytes;
    peer.onEnd(() => {
      held -= bytes;
    });
    return build(bytes);
  }

  return {
    page(peer, build) {
      const made = last.then(() => make(peer, build));
      last = made.catch(() => {});
      return made;
    },
  };
}
