/**
 * The codecs by name: how a device's payload becomes fields. A codec never throws and never refuses a reading: what it
 * cannot decode is a `problem` beside the fields it could, and the bytes are kept anyway.
 */
import type { CodecName } from '../../model/device.ts';
import type { Fields } from '../../model/record.ts';
import { type Said, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import { decodeCayenne } from './cayenne.ts';
import { asProblem, quotable } from './problem.ts';
import { decodeRaw } from './raw.ts';

export interface Decoded {
  readonly fields: Fields;
  /** Why the payload, or the rest of it, could not be decoded, in words. */
  readonly problem?: string;
  /** The problem piece by piece, where it is not in the words of a script. */
  readonly said?: readonly Said[];
}

export type Codec = (fPort: number | null, data: Uint8Array) => Decoded;

const byName: ReadonlyMap<CodecName, Codec> = new Map<CodecName, Codec>([
  ['raw', decodeRaw],
  ['cayenne', (_fPort, data) => decodeCayenne(data)],
]);

/** The names a device may give as its codec. */
export const CODECS: readonly CodecName[] = [...byName.keys()];

/** Decodes an application payload; an unknown codec is a problem, not an error. */
export function decodePayload(codec: CodecName, fPort: number | null, data: Uint8Array): Decoded {
  const decode = byName.get(codec);
  if (decode) return decode(fPort, data);
  return { fields: {}, ...asProblem(tell('codec.unknown', { codec: quotable(cut(codec, 64)) })) };
}
