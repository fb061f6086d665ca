/**
 * Reads a carried export: first the whole file against its seal and the seal against the key of the site, then, and only then,
 * the records, one after the other in bounded memory.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { createZstdDecompress } from 'node:zlib';
import type { LogRecord } from '../../model/record.ts';
import {
  type CarriedHeader,
  isSigned,
  MAX_HEADER_BYTES,
  MAX_LINE_BYTES,
  MAX_TAIL_BYTES,
  parseCarriedLine,
  parseHeader,
  parseTail,
  type Seal,
  type Tail,
} from './carried-file.ts';

export type CarriedFault =
  | 'no_export'
  | 'cut_short'
  | 'damaged'
  | 'signed_by_another'
  | 'bad_key'
  | 'bad_record';

export interface Carried {
  readonly file: string;
  readonly header: CarriedHeader;
  readonly seal: Seal;
}

export type OpenedCarried = Carried | { readonly fault: CarriedFault; readonly header?: CarriedHeader };

/** A damaged record inside a file whose seal fits: its writer was at fault. */
export class BadCarriedRecord extends Error {
  override readonly name = 'BadCarriedRecord';
}

/** The header alone, unproven: to look up whose key is to be asked for. Rejects as node:fs does. */
export async function readCarriedHeader(file: string): Promise<CarriedHeader | undefined> {
  const handle = await open(file, 'r');
  try {
    return (await headOf(handle))?.header;
  } finally {
    await handle.close();
  }
}

/** The whole file checked; `publicKey` as registered for the site. Rejects as node:fs does. */
export async function openCarried(file: string, publicKey: string): Promise<OpenedCarried> {
  const handle = await open(file, 'r');
  let head: Awaited<ReturnType<typeof headOf>>;
  let tail: Tail | undefined;
  let size: number;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { fault: 'no_export' };
    size = stat.size;
    head = await headOf(handle);
    tail = await tailOf(handle, size);
  } finally {
    await handle.close();
  }
  if (!head) return { fault: 'no_export' };
  const { header } = head;
  if (!tail) return { fault: 'cut_short', header };
  const { seal } = tail;
  if (seal.headBytes !== head.bytes || seal.headBytes + seal.bodyBytes + tail.bytes !== size)
    return { fault: 'damaged', header };
  const signed = isSigned(tail, publicKey);
  if (signed !== true) return { fault: signed === 'bad_key' ? 'bad_key' : 'signed_by_another', header };
  const digest = await digestOf(file, seal.headBytes + seal.bodyBytes);
  return digest === seal.sha256 ? { file, header, seal } : { fault: 'damaged', header };
}

async function headOf(handle: FileHandle): Promise<{ header: CarriedHeader; bytes: number } | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
  if (end < 0) return undefined;
  const header = parseHeader(buffer.toString('utf8', 0, end));
  return header && { header, bytes: end + 1 };
}

async function tailOf(handle: FileHandle, size: number): Promise<Tail | undefined> {
  const length = Math.min(MAX_TAIL_BYTES, size);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  return parseTail(buffer.subarray(0, bytesRead));
}

async function digestOf(file: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { end: bytes - 1, highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * The records of a file that was checked, ascending by seq, from behind `after`. Throws BadCarriedRecord for what cannot have been
 * written by an honest site.
 */
export async function* carriedRecords({ file, header, seal }: Carried, after = 0): AsyncGenerator<LogRecord> {
  const { headBytes, bodyBytes } = seal;
  let before = header.first - 1;
  let count = 0;
  if (bodyBytes === 0) throw new BadCarriedRecord('there are no records in it');
  const stream = createReadStream(file, { start: headBytes, end: headBytes + bodyBytes - 1 });
  for await (const line of linesOf(stream)) {
    const record = parseCarriedLine(line);
    count++;
    if (!record || record.seq <= before || record.seq > header.last || count > seal.records)
      throw new BadCarriedRecord(`line ${count} is no record that may stand there`);
    before = record.seq;
    if (record.seq > after) yield record;
  }
  if (count !== seal.records || before !== header.last)
    throw new BadCarriedRecord(`it holds ${count} records up to ${before}, and says otherwise`);
}

async function* linesOf(compressed: ReturnType<typeof createReadStream>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  const zstd = createZstdDecompress();
  compressed.on('error', (error) => zstd.destroy(error));
  compressed.pipe(zstd);
  let rest = '';
  try {
    for await (const chunk of zstd as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_BYTES) throw new BadCarriedRecord('a line is too long to be a record');
      yield* lines;
    }
  } finally {
    compressed.destroy();
    zstd.destroy();
  }
  if (rest !== '') throw new BadCarriedRecord('the last line has no end');
}
