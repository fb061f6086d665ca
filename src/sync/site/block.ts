/** Whether a batch goes as one compressed block: only where that is smaller, and where its readers will take it. Pure. */
import { type Block, type BlockCodec, ENTRY_LIMITS, formatId, toBlock } from '../entry.ts';
import type { OwnEntry } from './entry.ts';

/** Well below what readers refuse, and what the reply to "what is your last entry" may hold. */
const MAX_BLOCK_BYTES = 1024 * 1024;
/** What the names, numbers and lengths of a block take beside its body. */
const BLOCK_OVERHEAD_BYTES = 150;
/** The lengths and line ends around the five arguments of a record. */
const RECORD_OVERHEAD_BYTES = 30;

/** undefined when the records had better go one by one. */
export function blockOf(entries: readonly OwnEntry[], codec: BlockCodec): Block | undefined {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last || entries.length > ENTRY_LIMITS.maxRecords) return undefined;
  // What a hole in the log parts (records expired) is no block.
  if (last.id.seq - first.id.seq + 1 !== entries.length) return undefined;
  // One record that readers refuse would take its whole block with it.
  const bodies = entries.map(({ record }) => Buffer.byteLength(record.body));
  if (bodies.some((bytes) => bytes > ENTRY_LIMITS.maxBodyBytes)) return undefined;
  // Quotes in a body are escaped once more: at most twice its length.
  const unpackedBytes = bodies.reduce((sum, bytes) => sum + 2 * bytes + 128, 0);
  if (unpackedBytes > ENTRY_LIMITS.maxUnpackedBytes) return undefined;
  const block = toBlock(
    first.id.epoch,
    entries.map(({ record }) => record),
    codec,
  );
  if (block.body.length > MAX_BLOCK_BYTES) return undefined;
  return block.body.length + BLOCK_OVERHEAD_BYTES < plainBytes(entries) ? block : undefined;
}

/** About what the records take on the line one by one. */
function plainBytes(entries: readonly OwnEntry[]): number {
  return entries.reduce((sum, { id, record: { timeMs, kind, device, body } }) => {
    const texts = [formatId(id), String(timeMs), kind, device ?? '', body];
    return sum + texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), RECORD_OVERHEAD_BYTES);
  }, 0);
}
