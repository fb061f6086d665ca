/** Answers of a bucket, read by a thread that makes the backups: whatever it says, in one pass. */
import { expect, test } from 'vitest';
import { valuesIn } from '../../../src/ops/backups/away/s3-vault.ts';

test('what stands between each beginning and the next end', () => {
  const xml = '<L><Key>a</Key><Key>b\n&amp;</Key><Key></Key></L>';
  expect(valuesIn(xml, 'Key')).toEqual(['a', 'b\n&amp;', '']);
  expect(valuesIn(xml, 'Key', 1)).toEqual(['a']);
  expect(valuesIn(xml, 'Part')).toEqual([]);
  expect(valuesIn('</Key>x<Key>open', 'Key')).toEqual([]);
});

test('half a million beginnings without an end hold nothing up', () => {
  const xml = '<Contents>'.repeat(400_000);
  expect(valuesIn(xml, 'Contents')).toEqual([]);
  expect(valuesIn(`${xml}</Contents>`, 'Contents')).toHaveLength(1);
});
