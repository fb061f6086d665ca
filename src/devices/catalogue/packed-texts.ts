/**
 * Many small texts by key, compressed, in few large pieces of memory: a buffer of its own for each would keep the piece it was cut
 * from, several times its size.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const SLAB_BYTES = 1024 * 1024;

interface Place {
  readonly slab: Buffer;
  readonly from: number;
  readonly end: number;
}

export interface PackedTexts {
  put(key: string, bytes: Uint8Array): void;
  get(key: string): string | undefined;
  keys(): Iterable<string>;
  /** So far: texts, bytes as they came, bytes they take. */
  readonly count: number;
  readonly bytes: number;
  readonly heldBytes: number;
}

/** Texts of at most `maxBytes` each. */
export function createPackedTexts(maxBytes: number): PackedTexts {
  const places = new Map<string, Place>();
  let slab = Buffer.alloc(0);
  let used = 0;
  let bytesIn = 0;
  let held = 0;
  return {
    put(key, bytes) {
      const packed = deflateRawSync(bytes, { level: 1 });
      if (used + packed.length > slab.length) {
        slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, packed.length));
        used = 0;
        held += slab.length;
      }
      packed.copy(slab, used);
      places.set(key, { slab, from: used, end: used + packed.length });
      used += packed.length;
      bytesIn += bytes.length;
    },
    get(key) {
      const place = places.get(key);
      if (!place) return undefined;
      return inflateRawSync(place.slab.subarray(place.from, place.end), {
        maxOutputLength: maxBytes,
      }).toString('utf8');
    },
    keys: () => places.keys(),
    get count() {
      return places.size;
    },
    get bytes() {
      return bytesIn;
    },
    get heldBytes() {
      return held;
    },
  };
}
