/** The fixed header that all packets of MQTT begin with (MQTT 3.1.1 §2.2, MQTT 5 §2.1). Pure. */

export interface Header {
  readonly flags: number;
  /** Of itself. */
  readonly length: number;
  /** Of what follows it. */
  readonly bytes: number;
}

const MAX_LENGTH_BYTES = 4;

export function readHeader(chunk: Buffer, at: number): Header | 'incomplete' | 'malformed' {
  const bytes = readVarint(chunk, at + 1);
  if (typeof bytes === 'string') return bytes;
  return { flags: chunk[at] ?? 0, length: bytes.length + 1, bytes: bytes.value };
}

/** A number of one to four bytes; `length`: how many. */
export function readVarint(chunk: Buffer, at: number) {
  let value = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES; index++) {
    const byte = chunk[at + index];
    if (byte === undefined) return 'incomplete' as const;
    value += (byte & 0x7f) << (7 * index);
    if ((byte & 0x80) === 0) return { value, length: index + 1 };
  }
  return 'malformed' as const;
}
