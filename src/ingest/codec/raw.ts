/** The codec of a device nobody has described: the reading keeps its bytes (`data`, hex) and has no fields. */
import type { Decoded } from './codec.ts';

export function decodeRaw(): Decoded {
  return { fields: {} };
}
