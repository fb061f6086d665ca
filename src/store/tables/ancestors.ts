/**
 * The epochs that were this store's at the centre, and up to which seq the log has the records that had these numbers in them. So
 * a store put back from a backup does not send again what went before it was made, also when the stream has been trimmed since.
 *
 * An epoch is entered when the centre knows it as ours: two restored from one backup take the same number, and one that never
 * got a line must not take what the other sent for its own.
 */
import type { Ancestor } from '../contract.ts';
import type { Meta } from './meta.ts';

/** Its key in the small state. */
export const ANCESTORS = 'ancestors';
const MAX_KEPT = 8;

/** What was kept; nothing for what cannot be read. */
export function ancestorsIn(value: unknown): readonly Ancestor[] {
  return Array.isArray(value) ? value.filter(isAncestor) : [];
}

function isAncestor(value: unknown): value is Ancestor {
  const { epoch, seq } = (value ?? {}) as Partial<Ancestor>;
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq);
}

/** With `epoch` as one of ours that has not ended. */
export function withClaim(before: readonly Ancestor[], epoch: number): readonly Ancestor[] {
  return before.some((each) => each.epoch === epoch)
    ? before
    : [...before, { epoch, seq: 0 }].slice(-MAX_KEPT);
}

/** When `epoch` ends and the log, up to `seq`, goes on in another one. One that was never ours stays unknown. */
export function withEnd(before: readonly Ancestor[], epoch: number, seq: number): readonly Ancestor[] {
  return before.map((each) => (each.epoch === epoch ? { epoch, seq } : each));
}

/** Before the epoch of `meta` grows. */
export function noteEnd(meta: Pick<Meta, 'get' | 'set' | 'epoch'>, seq: number): void {
  meta.set(ANCESTORS, withEnd(ancestorsIn(meta.get(ANCESTORS)), meta.epoch(), seq));
}

export function noteClaim(meta: Pick<Meta, 'get' | 'set' | 'epoch'>): void {
  const before = ancestorsIn(meta.get(ANCESTORS));
  const after = withClaim(before, meta.epoch());
  if (after !== before) meta.set(ANCESTORS, after);
}
