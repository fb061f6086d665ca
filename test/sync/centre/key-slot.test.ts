/** Slots as the Cluster specification and CLUSTER KEYSLOT of a real Redis give them. */
import { expect, test } from 'vitest';
import { keySlot } from '../../../src/sync/centre/key-slot.ts';

test.each([
  ['123456789', 12_739],
  ['webscada:{hut}:log', keySlot('hut')],
  ['foo{}{bar}', 8_363],
  ['foo{{bar}}zap', keySlot('{bar')],
  ['foo{bar}{zap}', 5_061],
  ['', 0],
])('%s', (key, slot) => {
  expect(keySlot(key)).toBe(slot);
});
