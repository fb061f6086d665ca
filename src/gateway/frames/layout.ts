/**
 * How the bytes of a frame's parts are cut into bits, as data: a part is a row of little-endian numbers of whole bytes, each cut
 * from its most significant bit downwards. Pure.
 */
import type { FrameField } from '../../model/frame.ts';

/** Name, bits, what the number means (the number itself without), and the clause where it is not the part's. */
export type BitField = readonly [
  name: string,
  bits: number,
  meaning?: (value: number) => string,
  clause?: string,
];

/** One number: its bytes, and its fields from the most significant bit on. */
export interface ByteGroup {
  readonly bytes: number;
  readonly fields: readonly BitField[];
}

/** A number of whole bytes. */
export function number(name: string, bytes: number, meaning?: (value: number) => string): ByteGroup {
  return { bytes, fields: [meaning ? [name, bytes * 8, meaning] : [name, bytes * 8]] };
}

/** A byte that is cut into bits. */
export function byte(...fields: readonly BitField[]): ByteGroup {
  return { bytes: 1, fields };
}

export const RFU = (bits: number): BitField => ['RFU', bits];

export function lengthOf(groups: readonly ByteGroup[]): number {
  return groups.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The fields of `bytes`, which must be as long as the groups. */
export function fieldsOf(groups: readonly ByteGroup[], bytes: Uint8Array): FrameField[] {
  const fields: FrameField[] = [];
  let at = 0;
  for (const group of groups) {
    const value = littleEndian(bytes.subarray(at, at + group.bytes));
    at += group.bytes;
    let left = group.bytes * 8;
    for (const [name, width, meaning = String, clause] of group.fields) {
      left -= width;
      // Not by `>>` and `&`: a number of four bytes is not negative.
      const part = Math.floor(value / 2 ** left) % 2 ** width;
      fields.push({
        name,
        ...(width < 8 ? { bits: part.toString(2).padStart(width, '0') } : {}),
        value: meaning(part),
        ...(clause === undefined ? {} : { clause }),
      });
    }
  }
  return fields;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, one) => value * 256 + one, 0);
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Hex of a little-endian number, the most significant byte first. */
export function reversedHexOf(bytes: Uint8Array): string {
  return hexOf(Uint8Array.from(bytes).reverse());
}
