/** What the engine cannot go through with is told of and holds up nothing: a record, or somebody who asks. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFollower, type Follower } from '../../src/alarms/follower.ts';
import { previewRule } from '../../src/alarms/preview.ts';
import {
  asRecord,
  createMemoryLog,
  eui,
  rule,
  START_MS,
  settled,
  siteOf,
  transitionsIn,
  uplink,
} from '../support/alarm-site.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const HIGH = rule('high', { condition: { kind: 'limit', field: 't', side: 'high', limit: 5 } });

let log: ReturnType<typeof createMemoryLog>;
let world: TestWorld;
let follower: Follower;

beforeEach(async () => {
  log = createMemoryLog();
  world = createTestWorld(START_MS);
  follower = createFollower({ store: log.store, world, site: () => siteOf([{}]), nowMs: world.clock.nowMs });
  await follower.start();
});
afterEach(() => follower.stop());

/** A loop gives others their turn by a timer of no length; after an error it waits a second. */
async function run(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) {
    world.advance(100);
    await settled();
  }
}

test('what cannot be told is refused to who tells it, and nobody else waits for ever', async () => {
  const failing = follower.tell(() => {
    throw new Error('not today');
  });
  const refused = expect(failing).rejects.toThrow('not today');
  const other = follower.tell(() => ({ do: 'put-rules', rules: [HIGH], by: 'test' }));
  await run();
  await refused;
  expect(await other).toBe(1);
});

test('a record that cannot be looked at is set aside and told of, once', async () => {
  void follower.tell(() => ({ do: 'put-rules', rules: [HIGH], by: 'test' }));
  await run();
  log.records.push({ seq: 2, kind: 'uplink', timeMs: START_MS, device: eui(1), body: '{' });
  log.append(uplink(eui(1), START_MS, { t: 6 }));
  await run();
  expect(transitionsIn(log.records)).toMatchObject([{ event: 'raised', rule: 'high' }]);
  const told = world.logged.filter(({ level }) => level === 'error');
  expect(told).toMatchObject([{ event: 'alarms.set_aside', fields: { seq: 2 } }]);
});

test('a preview of a rule that cannot be asked says so, and not that it would have been calm', async () => {
  const records = [1, 2, 3].map((seq) => asRecord(seq, uplink(eui(1), START_MS + seq, { t: 6 })));
  const preview = await previewRule(
    {
      ...{ lastSeq: () => 3, firstSeq: () => 1, timeAfter: (seq: number) => START_MS + seq + 1 },
      ...{ readAfter: () => [], eventsAfter: (after: number) => ({ events: [], to: after }) },
      ofDevice: (_, before) => records.filter(({ seq }) => seq < before).reverse(),
    },
    siteOf([{ fields: { t: { digits: 1_000 } } }]),
    ...([HIGH, START_MS, START_MS + 10] as const),
  );
  expect(preview).toMatchObject({ times: 0, readings: 3, problems: [{ code: 'failed' }] });
});
