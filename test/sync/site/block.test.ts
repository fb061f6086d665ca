/** When a batch goes as a block: only where that is smaller and where its readers take it. */
import { expect, test } from 'vitest';
import { blockFields, ENTRY_LIMITS, formatId, readEntry } from '../../../src/sync/entry.ts';
import { blockOf } from '../../../src/sync/site/block.ts';
import { type OwnEntry, toEntry } from '../../../src/sync/site/entry.ts';

const body = (n: number) => JSON.stringify({ fields: { temperature_1: n }, data: '0167010f', fCnt: n });

function entries(seqs: readonly number[], text = body): OwnEntry[] {
  return seqs.map((seq) =>
    toEntry(3, {
      seq,
      timeMs: 1_767_225_600_000 + seq,
      kind: 'uplink',
      device: '00000000000000a1',
      body: text(seq),
    }),
  );
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test.each(['zstd', 'gzip'] as const)('a block in %s reads as the very records', (codec) => {
  const batch = entries(upTo(50));
  const block = blockOf(batch, codec);
  if (!block) throw new Error('no block');
  const read = readEntry(formatId(block.id), blockFields(block));
  expect(read).toMatchObject({ ok: true, firstSeq: 1, records: batch.map(({ record }) => record) });
});

test('what would be larger, has a hole, or holds a body that readers refuse goes one by one', () => {
  expect(blockOf([], 'zstd')).toBeUndefined();
  expect(blockOf(entries([1]), 'zstd')).toBeUndefined();
  expect(blockOf(entries([...upTo(20), 22]), 'zstd')).toBeUndefined();
  const large = (n: number) => JSON.stringify({ text: n === 2 ? 'x'.repeat(ENTRY_LIMITS.maxBodyBytes) : '' });
  expect(blockOf(entries(upTo(20), large), 'zstd')).toBeUndefined();
  expect(blockOf(entries(upTo(20)), 'zstd')).toBeDefined();
});

test('no block unpacks to more than its readers take', () => {
  const quotes = (n: number) => JSON.stringify({ n, text: '"'.repeat(100_000) });
  for (const count of [10, 20, 30]) {
    const block = blockOf(entries(upTo(count), quotes), 'gzip');
    if (block) expect(readEntry(formatId(block.id), blockFields(block))).toMatchObject({ ok: true });
  }
});
