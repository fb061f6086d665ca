/**
 * The InfluxDB writer against an InfluxDB that answers anything at random, without sockets and in simulated time: in the
 * end every record is there exactly once or in quarantine, and the books balance after every step.
 */

import { setImmediate as otherEvents } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InfluxClient } from '../../src/ingest/influx/client.ts';
import type { Answer } from '../../src/ingest/influx/outcome.ts';
import { createInfluxWriter, type InfluxWriter } from '../../src/ingest/influx/writer.ts';
import { createQuarantineService } from '../../src/ingest/quarantine-service.ts';
import { DEFAULTS } from '../support/config.ts';
import { createInfluxFake, type InfluxFake, type Step } from '../support/influx-fake.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../support/memory-store.ts';
import { createTestWorld } from '../support/world.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** A client that hands `fake` the body and is late, cut off or aborted as the real one would be. */
function clientOf(fake: InfluxFake, after: (ms: number, task: () => void) => void): InfluxClient {
  return {
    write(lines, signal) {
      return new Promise<Answer>((resolve) => {
        signal.addEventListener('abort', () => resolve({ failure: 'aborted' }));
        const answer = fake.receive(lines);
        if (answer === 'silence') after(10_000, () => resolve({ failure: 'timeout' }));
        else if (answer === 'nothing') resolve({ failure: 'cut' });
        else
          after(answer.slowMs ?? 0, () => resolve({ ...answer, retryAfter: answer.headers['retry-after'] }));
      });
    },
    close: () => undefined,
  };
}

const statuses = fc.constantFrom(201, 400, 401, 404, 413, 422, 429, 500, 502, 503, 504);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Step>('healthy') },
  {
    weight: 4,
    arbitrary: fc.record({ status: statuses, writes: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ slowMs: fc.integer({ min: 1, max: 8_000 }) }) },
  { weight: 1, arbitrary: fc.record({ cut: fc.constant(true as const), writes: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ silent: fc.constant(true as const), writes: fc.boolean() }) },
);

const actions = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ kind: fc.constant('flap' as const), script: fc.array(steps, { maxLength: 12, size: 'max' }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(5, 50, 200, 3_000, 70_000) }),
  fc.record({ kind: fc.constant('rewind' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant('crash' as const) }),
  fc.record({
    kind: fc.constant('mend' as const),
    action: fc.constantFrom('drop' as const, 'retry' as const),
  }),
  fc.record({ kind: fc.constant('save' as const) }),
);

/** The seqs that the log says were dropped. */
function droppedIn(store: MemoryStore): number[] {
  return store.log
    .readAfter(0, store.log.lastSeq())
    .filter(({ kind }) => kind === 'system')
    .map(({ body }) => JSON.parse(body) as { event: string; seqs: string })
    .filter(({ event }) => event === 'quarantine_dropped')
    .flatMap(({ seqs }) => seqs.split(','))
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

type Action = typeof actions extends fc.Arbitrary<infer A> ? A : never;

/** Whether InfluxDB refuses the record: every eleventh. Its index is its seq less one. */
const isBad = (index: number): boolean => index % 11 === 4;

/** A site with its writer; whatever happens to it, its books balance. */
async function createFlappingSite() {
  const world = createTestWorld(START_MS);
  const fake = createInfluxFake();
  fake.refuse = ({ fields }) => (fields.bad === true ? 'beyond repair' : undefined);
  let store: MemoryStore = createMemoryStore();
  let writer: InfluxWriter = await boot();
  async function boot(): Promise<InfluxWriter> {
    const config = { ...DEFAULTS.influx, url: 'http://fake', bucket: 'b', org: 'o' };
    const made = createInfluxWriter({
      store,
      world,
      config: { ...config, batchMaxRecords: 16, batchMaxAgeMs: 100 },
      site: 's',
      deviceName: () => '',
      connect: () => Promise.resolve(clientOf(fake, (ms, task) => world.clock.after(ms, task))),
    });
    await made.start();
    return made;
  }
  function checkBalance(): void {
    const { accepted, delivered, pending, quarantined, expired } = writer.status();
    expect(accepted).toBe(delivered + pending + quarantined + expired);
    expect(Math.min(delivered, pending, quarantined, expired)).toBeGreaterThanOrEqual(0);
    expect(accepted).toBe(store.log.lastSeq());
  }
  async function settle(ms: number): Promise<void> {
    for (let part = 0; part < 10; part += 1) {
      world.advance(ms / 10);
      for (let turn = 0; turn < 3; turn += 1) await otherEvents();
      checkBalance();
    }
  }
  return {
    fake,
    store: () => store,
    writer: () => writer,
    checkBalance,
    settle,
    /** Has everything in quarantine dropped or written again. */
    async mend(action: 'drop' | 'retry'): Promise<void> {
      const desk = createQuarantineService({ store, world, sinks: { influx: writer.replay } });
      let done = false;
      const acting = desk.act('influx', {}, { action }, { by: 'test' }).then(() => {
        done = true;
      });
      while (!done) await settle(1_000);
      await acting;
    },
    async crash(): Promise<void> {
      await writer.stop();
      store = store.reopen();
      writer = await boot();
    },
  };
}

type FlappingSite = Awaited<ReturnType<typeof createFlappingSite>>;

async function happen(site: FlappingSite, action: Action): Promise<void> {
  const store = site.store();
  switch (action.kind) {
    case 'append': {
      const from = store.log.lastSeq();
      const indexes = Array.from({ length: action.count }, (_, n) => from + n);
      store.append(
        indexes.map((index) =>
          uplinkRecord((index - from) % 2 ? 'a' : 'b', START_MS, { index, bad: isBad(index) }),
        ),
      );
      return;
    }
    case 'flap':
      site.fake.script.push(...action.script);
      return;
    case 'pass':
      return site.settle(action.ms);
    case 'mend':
      return site.mend(action.action);
    case 'save':
      return store.savePlaces();
    case 'rewind': {
      const cursor = store.cursor('influx');
      expect(cursor.rewind(Math.floor(cursor.state().seq * action.part))).toBe(cursor.state().seq);
      return site.writer().wake();
    }
    case 'crash':
      return site.crash();
  }
}

async function live(life: readonly Action[]): Promise<void> {
  const site = await createFlappingSite();
  for (const action of life) {
    await happen(site, action);
    site.checkBalance();
  }
  // A good record at the end: without one that is accepted nothing proves that the others are the bad ones.
  const store = site.store();
  store.append([uplinkRecord('c', START_MS, { index: store.log.lastSeq(), bad: false })]);
  for (let round = 0; round < 400 && site.writer().status().pending > 0; round += 1)
    await site.settle(70_000);
  await site.writer().stop();
  checkEnd(site);
}

/** Every record is in InfluxDB once, in quarantine, or was dropped from there. */
function checkEnd({ fake, ...site }: FlappingSite): void {
  const store = site.store();
  const writer = site.writer();
  const total = store.log.lastSeq();
  const written = [...fake.points.values()].filter(({ measurement }) => measurement === 'reading');
  const landed = new Set(written.map(({ fields }) => fields.index));
  const aside = new Set(store.quarantine.list('influx', 0, total).map(({ seq }) => seq - 1));
  expect(writer.status()).toMatchObject({ pending: 0, accepted: total });
  expect(landed.size).toBe(written.length);
  const indexes = store.log
    .readAfter(0, total)
    .filter(({ kind }) => kind === 'uplink')
    .map(({ seq }) => seq - 1);
  const hopeless = indexes.slice(0, -1).filter(isBad);
  expect(writer.status().quarantined).toBe(store.quarantine.count('influx'));
  const dropped = new Set(droppedIn(store).map((seq) => seq - 1));
  const isGone = (index: number) => aside.has(index) || dropped.has(index);
  expect(hopeless.filter((index) => !isGone(index) || landed.has(index))).toEqual([]);
  for (const index of indexes) {
    expect(landed.has(index) || isGone(index), `record ${index} is lost`).toBe(true);
  }
}

test('whatever InfluxDB answers and wherever we crash, every record lands once or is in quarantine', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { minLength: 3, maxLength: 25, size: 'max' }), (life) => live(life)),
    { numRuns: 150 },
  );
}, 120_000);
