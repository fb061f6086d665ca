/** What of the box is a fact for a rule. */
import { expect, test } from 'vitest';
import { createBoxFacts } from '../../src/alarms/box-facts.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

test('readings cannot be stored where they cannot, and not where the disk is nearly full or forgets', () => {
  const { status } = createUiSite(createTestWorld());
  const cannot = (store: Partial<typeof status.store>) =>
    createBoxFacts()
      .of({ ...status, store: { ...status.store, ...store } }, 0)
      .find(({ fact }) => fact === 'store')?.value;
  expect(cannot({})).toBe(false);
  expect(cannot({ state: 'degraded', detail: 'nearly full' })).toBe(false);
  expect(cannot({ state: 'degraded', takesReadings: false })).toBe(true);
  expect(cannot({ state: 'down', takesReadings: false })).toBe(true);
});
