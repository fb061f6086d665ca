/** The sums a site gives of its log are those the centre works out of the same records. */
import { expect, test } from 'vitest';
import { sumByHour } from '../../../../src/sync/centre/record-sum.ts';
import { sumLog } from '../../../../src/sync/site/commands/log-sums.ts';
import { createMemoryStore, uplinkRecord } from '../../../support/memory-store.ts';

const HOUR_MS = 3_600_000;

function filled(count: number, everyMs: number) {
  const store = createMemoryStore();
  const records = Array.from({ length: count }, (_, i) =>
    uplinkRecord('70b3d57ed0000000', i * everyMs, { t: i }),
  );
  store.append(records);
  return { log: store.log, epoch: () => 3 };
}

test('the same as the centre’s, of a range in the middle', async () => {
  const store = filled(2_000, 7_000);
  const { toSeq, hours, epoch } = await sumLog(store, 'hut', 101, 1_500);
  const records = store.log.readAfter(100, 1_400).map((record) => ({ ...record, site: 'hut', epoch: 3 }));
  expect([epoch, toSeq]).toEqual([3, 1_500]);
  expect(hours).toEqual(sumByHour(records).map(({ hourMs, count, sum }) => [hourMs, count, sum]));
  expect(hours.reduce((all, [, count]) => all + count, 0)).toBe(1_400);
});

test('a range longer than the log, and one of too many hours: it says how far it came', async () => {
  expect(await sumLog(filled(10, 1), 'hut', 5, 400)).toMatchObject({ fromSeq: 5, toSeq: 10 });
  const { toSeq, hours } = await sumLog(filled(300, HOUR_MS), 'hut', 1, 300);
  expect([toSeq, hours.length]).toEqual([200, 200]);
});
