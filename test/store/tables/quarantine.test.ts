/** The quarantine's own sums: reckoned as rows are written over, never summed up again for each. */
import { expect, test } from 'vitest';
import type { LogRecord } from '../../../src/model/record.ts';
import { migrate } from '../../../src/store/schema.ts';
import { openSqlite } from '../../../src/store/sqlite.ts';
import { createQuarantine } from '../../../src/store/tables/quarantine.ts';
import { createTestWorld } from '../../support/world.ts';

const record = (seq: number, chars: number): LogRecord => ({
  ...{ seq, kind: 'system', timeMs: 1, device: null },
  body: JSON.stringify({ event: 'x'.repeat(chars) }),
});

test('thousands of rows written over one by one cost no sum over all rows each', () => {
  const { logger } = createTestWorld();
  const db = openSqlite(':memory:');
  migrate(db);
  let sums = 0;
  const prepare = db.prepare.bind(db);
  db.prepare = ((sql: string) => {
    const statement = prepare(sql);
    if (!/^SELECT length.*FROM quarantine$/s.test(sql)) return statement;
    const iterate = statement.iterate.bind(statement);
    statement.iterate = (...given: unknown[]) => {
      sums++;
      return iterate(...given);
    };
    return statement;
  }) as typeof db.prepare;
  const quarantine = createQuarantine(db, logger);
  const items = (chars: number, reason: string) =>
    Array.from({ length: 300 }, (_, seq) => ({ record: record(seq + 1, chars + seq), reason }));
  quarantine.add('x', items(10, 'short'), 5);
  for (const item of items(400, 'a reason of more characters')) quarantine.add('x', [item], 6);
  quarantine.add('x', items(200, 'again'), 7);
  expect(sums).toBe(1);
  const reckoned = quarantine.use();
  expect(reckoned).toEqual(createQuarantine(db, logger).use());
  expect(sums).toBe(2);
  db.close();
});
