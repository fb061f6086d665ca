/**
 * Bytes that come in pieces, gathered into one buffer that grows: pieces kept as they come would cost hundreds of bytes
 * each, however small. What is gathered beyond a small free part is taken from a budget, which many may share.
 */

/** What all who share it may hold together. */
export interface ByteBudget {
  /** False, and nothing taken, when there is not enough left. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function createByteBudget(bytes: number): ByteBudget {
  let left = bytes;
  return {
    take(wanted) {
      if (wanted > left) return false;
      left -= wanted;
      return true;
    },
    give(returned) {
      left += returned;
    },
  };
}

export interface Gathering {
  /** How many bytes are wanted in all; may be raised as more becomes known. */
  want(bytes: number): void;
  /** Takes what is wanted from `chunk` on from `at`; returns how much that was, or undefined when the budget is used up. */
  add(chunk: Buffer, at: number): number | undefined;
  complete(): boolean;
  size(): number;
  /** What has been gathered. */
  view(): Buffer;
  /** Begins anew, in a new buffer. The old one counts until `release`. */
  reset(): void;
  /** What was gathered before the last `reset` has been let go of. */
  release(): void;
}

/** Outside the budget, so that those who take little are not shut out by those who take much. */
const FREE_BYTES = 64 * 1024;
const FIRST_BYTES = 512;
/** From here on all that is wanted is allocated at once: every buffer outgrown is garbage that is collected late. */
const DOUBLED_UNTIL_BYTES = 16 * 1024;

export function createGathering(budget?: ByteBudget): Gathering {
  let buffer = Buffer.alloc(0);
  let size = 0;
  let wanted = 0;
  /** Taken from the budget. */
  let taken = 0;

  const beyondFree = (bytes: number): number => Math.max(0, bytes - FREE_BYTES);

  function grow(needed: number): boolean {
    const doubled = Math.max(needed, 2 * buffer.length, FIRST_BYTES);
    const capacity = doubled > DOUBLED_UNTIL_BYTES ? wanted : Math.min(wanted, doubled);
    const more = beyondFree(capacity) - beyondFree(buffer.length);
    if (budget && more > 0 && !budget.take(more)) return false;
    taken += more;
    const grown = Buffer.allocUnsafeSlow(capacity);
    buffer.copy(grown, 0, 0, size);
    buffer = grown;
    return true;
  }

  return {
    want(bytes) {
      wanted = bytes;
    },
    add(chunk, at) {
      const count = Math.min(wanted - size, chunk.length - at);
      if (size + count > buffer.length && !grow(size + count)) return undefined;
      chunk.copy(buffer, size, at, at + count);
      size += count;
      return count;
    },
    complete: () => size === wanted,
    size: () => size,
    view: () => buffer.subarray(0, size),
    reset() {
      buffer = Buffer.alloc(0);
      size = 0;
    },
    release() {
      const old = taken - beyondFree(buffer.length);
      if (old <= 0) return;
      budget?.give(old);
      taken -= old;
    },
  };
}
