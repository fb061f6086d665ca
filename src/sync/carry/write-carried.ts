/**
 * Writes a carried export onto a stick: whole or not at all. A draft beside its place, synced, read back, and only then given
 * its name; a full stick or one that was pulled leaves nothing that could be taken for an export.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import { draftOf, removeAbandonedDrafts, removeIfPossible } from '../../files/draft.ts';
import type { LogRecord } from '../../model/record.ts';
import { type CarriedHeader, carriedLine, headerLine, type Seal, sealText } from './carried-file.ts';
import type { ExportKey } from './export-key.ts';
import { openCarried } from './read-carried.ts';

const CHUNK_CHARACTERS = 64 * 1024;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** File systems that know no sync of a folder (FAT), and folders that may be written and not read. */
const CANNOT_SYNC = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP']);

/** Resolves to the seal of what is on the stick. Rejects as node:fs does, and leaves nothing behind then. */
export async function writeCarried(
  file: string,
  header: CarriedHeader,
  records: Iterable<LogRecord>,
  key: ExportKey,
): Promise<Seal> {
  removeAbandonedDrafts(file);
  const draft = draftOf(file);
  try {
    const seal = await writeDraft(draft, header, records, key);
    const found = await openCarried(draft, key.publicKey);
    if ('fault' in found) throw new Error(`what was written reads back wrong: ${found.fault}`);
    await rename(draft, file);
    await syncFolder(dirname(file));
    return seal;
  } catch (error) {
    removeIfPossible(draft);
    throw error;
  }
}

async function writeDraft(
  draft: string,
  header: CarriedHeader,
  records: Iterable<LogRecord>,
  key: ExportKey,
): Promise<Seal> {
  const handle = await open(draft, NEW_FILE, 0o644);
  try {
    const head = Buffer.from(headerLine(header));
    const hash = createHash('sha256').update(head);
    await writeAll(handle, head);
    const counted = { records: 0, bodyBytes: 0 };
    for await (const chunk of compressed(chunks(records, counted))) {
      hash.update(chunk);
      counted.bodyBytes += chunk.length;
      await writeAll(handle, chunk);
    }
    const seal = { sha256: hash.digest('hex'), headBytes: head.length, ...counted };
    await writeAll(handle, Buffer.from(sealText(seal, key.privateKey)));
    await handle.sync();
    return seal;
  } finally {
    await handle.close();
  }
}

async function* compressed(texts: Iterable<string>): AsyncGenerator<Buffer> {
  const source = Readable.from(texts, { objectMode: false });
  const zstd = createZstdCompress();
  source.on('error', (error) => zstd.destroy(error));
  source.pipe(zstd);
  try {
    yield* zstd as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
    zstd.destroy();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}

/** Lines of many records in one text. */
function* chunks(records: Iterable<LogRecord>, counted: { records: number }): Generator<string> {
  let text = '';
  for (const record of records) {
    counted.records++;
    text += carriedLine(record);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = '';
  }
  yield text;
}

async function syncFolder(dir: string): Promise<void> {
  try {
    const folder = await open(dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && CANNOT_SYNC.has(String(error.code)))) throw error;
  }
}
