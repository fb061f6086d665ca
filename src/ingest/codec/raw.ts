/** The codec of a device nobody has described: the reading keeps its bytes (`data`, hex) and has no fields. */
import type { Fields } from '../../model/record.ts';

export function decodeRaw(): { readonly fields: Fields } {
  return { fields: {} };
}
