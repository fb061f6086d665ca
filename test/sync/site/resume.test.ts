/** The table of cases, and a model: whatever happens to site and centre, each record ends up there once and in order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_ENTRY } from '../../../src/sync/entry.ts';
import type { Centre } from '../../../src/sync/site/centre.ts';
import { type Entry, toEntry } from '../../../src/sync/site/entry.ts';
import { decide, resume, type Situation } from '../../../src/sync/site/resume.ts';
import { createModelCentre, createModelSite } from '../../support/resume-model.ts';

const USUAL: Situation = {
  last: { epoch: 2, seq: 50 },
  lastIsOurs: true,
  owner: 'me',
  maxEpoch: 2,
  epoch: 2,
  storeId: 'me',
  firstSeq: 1,
  lastSeq: 80,
  cursor: 50,
};

describe('decide', () => {
  test.each<[string, Partial<Situation>, ReturnType<typeof decide>]>([
    ['the usual reconnect', {}, { action: 'continue', after: 50 }],
    ['the answer to a batch was lost', { cursor: 40 }, { action: 'continue', after: 50 }],
    ['a fail-over lost entries', { cursor: 70 }, { action: 'continue', after: 50 }],
    [
      'the last record has expired here',
      { lastIsOurs: undefined, firstSeq: 60 },
      { action: 'continue', after: 50 },
    ],
    ['trimmed to nothing', { lastIsOurs: undefined }, { action: 'continue', after: 50 }],
    ['register lost, content proves it', { owner: undefined, cursor: 0 }, { action: 'continue', after: 50 }],
    [
      'fresh store, empty centre',
      { last: NO_ENTRY, lastIsOurs: undefined, owner: undefined, maxEpoch: 0, epoch: 1, cursor: 0 },
      { action: 'begin' },
    ],
    [
      'the centre lost everything',
      { last: NO_ENTRY, lastIsOurs: undefined, owner: undefined, maxEpoch: 0 },
      { action: 'begin' },
    ],
    [
      'our epoch is new',
      { last: { epoch: 1, seq: 99 }, lastIsOurs: undefined, owner: undefined, maxEpoch: 1 },
      { action: 'begin' },
    ],
    [
      'rebuilt: the epoch is another store’s',
      { owner: 'former' },
      { action: 'grow', epoch: 3, reason: 'epoch_of_another' },
    ],
    [
      'rebuilt, and the stream is further',
      { last: { epoch: 5, seq: 1 }, maxEpoch: 5, lastIsOurs: undefined },
      { action: 'grow', epoch: 6, reason: 'epoch_behind' },
    ],
    [
      'restored, the stream is ahead',
      { last: { epoch: 2, seq: 81 }, lastIsOurs: undefined },
      { action: 'grow', epoch: 3, reason: 'stream_ahead' },
    ],
    [
      'restored, and our log grew past the stream',
      { lastIsOurs: false },
      { action: 'grow', epoch: 3, reason: 'stream_differs' },
    ],
    [
      'nothing proves the stream ours',
      { owner: undefined, lastIsOurs: undefined, cursor: 0 },
      { action: 'grow', epoch: 3, reason: 'unproven' },
    ],
    [
      'the register knows a greater epoch',
      { owner: 'former', maxEpoch: 9 },
      { action: 'grow', epoch: 10, reason: 'epoch_of_another' },
    ],
  ])('%s', (_case, change, expected) => {
    expect(decide({ ...USUAL, ...change })).toEqual(expected);
  });
});

type Event =
  | { readonly do: 'append' | 'deliver' | 'failOver' | 'crash' | 'trim'; readonly count: number }
  | { readonly do: 'save' | 'connectAndSave' | 'restore' | 'reincarnate' | 'rebuild' };

type Model = { site: ReturnType<typeof createModelSite>; world: ReturnType<typeof createModelCentre> };

/** Connects and delivers at most `count` records in batches of `batch`, as the pump does. */
async function deliver({ site, world }: Model, count: number, batch: number): Promise<void> {
  let { last } = await resume(site.store, site.cursor, world.centre, () => {});
  for (let left = count; left > 0; left -= batch) {
    const records = site.store.log.readAfter(site.cursor.state().seq, Math.min(left, batch));
    const landed = records.at(-1);
    if (!landed) return;
    const appended = await world.centre.append(
      last,
      records.map((record) => toEntry(site.store.epoch(), record)),
    );
    expect(appended.asExpected).toBe(true);
    last = appended.last;
    site.cursor.advance(landed.seq);
  }
}

async function happen(model: Model, event: Event): Promise<void> {
  if (event.do === 'append') model.site.append(event.count);
  else if (event.do === 'deliver') await deliver(model, event.count, 3);
  else if (event.do === 'failOver') model.world.failOver(event.count);
  else if (event.do === 'crash') model.site.crash(event.count);
  else if (event.do === 'trim') model.world.trim(event.count);
  else if (event.do === 'connectAndSave') {
    await deliver(model, 0, 1);
    model.site.save();
  } else model.site[event.do]();
}

const events = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom('append' as const, 'deliver' as const, 'failOver' as const, 'crash' as const),
      count: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ do: fc.constantFrom('save' as const, 'restore' as const, 'rebuild' as const) }),
  ),
  { maxLength: 40 },
);

/**
 * Backups of a box that has been at the centre, put back by the program, and a stream that is trimmed behind whoever reads it, all
 * but its last entry.
 */
const trimmedAndRestored = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom('append' as const, 'deliver' as const, 'crash' as const, 'trim' as const),
      count: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ do: fc.constantFrom('connectAndSave' as const, 'reincarnate' as const, 'rebuild' as const) }),
  ),
  { maxLength: 40, size: 'max' },
);

/** The times of entries are the model's names of records. */
const names = (entries: readonly Entry[]) => entries.map(({ record }) => record?.timeMs ?? 0);

describe('resume', () => {
  test.each([1_000, Number.MAX_SAFE_INTEGER - 1])(
    'an epoch %i above ours is not followed (S8)',
    async (above) => {
      for (const where of ['stream', 'register']) {
        const site = createModelSite();
        const { centre } = createModelCentre();
        const theirs = site.store.epoch() + above;
        const hostile: Centre = {
          ...centre,
          ...(where === 'stream'
            ? { last: async () => ({ id: { epoch: theirs, seq: 1 } }) }
            : {
                register: async () => ({
                  ends: new Map(),
                  owners: new Map([
                    [1, 'another'],
                    [theirs, 'another'],
                  ]),
                }),
              }),
        };
        await expect(resume(site.store, site.cursor, hostile, () => {})).rejects.toMatchObject({
          code: 'EPOCH',
        });
        expect(site.store.epoch()).toBe(1);
      }
    },
  );

  test('an epoch less than a thousand above ours is followed (S8)', async () => {
    const site = createModelSite();
    const { centre } = createModelCentre();
    const ahead: Centre = { ...centre, last: async () => ({ id: { epoch: 1_000, seq: 1 } }) };
    await resume(site.store, site.cursor, ahead, () => {});
    expect(site.store.epoch()).toBe(1_001);
  });

  test('every record of the store at hand is at the centre exactly once and in order, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (history) => {
        const model = { site: createModelSite(), world: createModelCentre() };
        for (const event of history) await happen(model, event);
        await deliver(model, Number.POSITIVE_INFINITY, 7);
        const own = model.site.records().map(({ timeMs }) => timeMs);
        const there = names(model.world.entries());
        expect(there.filter((name) => own.includes(name))).toEqual(own);
        expect(new Set(there).size).toBe(there.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test('within an epoch the entries count without a gap and belong to one store', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (history) => {
        const model = { site: createModelSite(), world: createModelCentre() };
        for (const event of history) await happen(model, event);
        await deliver(model, Number.POSITIVE_INFINITY, 7);
        const entries = model.world.entries();
        for (const [index, { id }] of entries.entries()) {
          const next = entries[index + 1]?.id;
          if (next?.epoch === id.epoch) expect(next.seq).toBe(id.seq + 1);
          else if (next) expect(next.epoch).toBeGreaterThan(id.epoch);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each(['once', 'often'] as const)(
    'backups put back %s, a trimmed stream: nothing is left out, and nothing goes again where that is known',
    async (serve) => {
      await fc.assert(
        fc.asyncProperty(trimmedAndRestored, async (history) => {
          const model = { site: createModelSite(serve), world: createModelCentre() };
          for (const event of history) await happen(model, event);
          await deliver(model, Number.POSITIVE_INFINITY, 7);
          const there = names(model.world.ever());
          const own = model.site.records().map(({ timeMs }) => timeMs);
          expect(own.filter((name) => !there.includes(name))).toEqual([]);
          if (serve === 'once') expect(new Set(there).size).toBe(there.length);
        }),
        { numRuns: 1_000 },
      );
    },
  );

  test('without backups, trimming costs nothing either: what was read before it is not repeated', async () => {
    const noBackups = events.map((history) => history.filter(({ do: what }) => what !== 'restore'));
    await fc.assert(
      fc.asyncProperty(noBackups, fc.integer({ min: 0, max: 5 }), async (history, keep) => {
        const model = { site: createModelSite(), world: createModelCentre() };
        for (const event of history) await happen(model, event);
        await deliver(model, Number.POSITIVE_INFINITY, 7);
        const read = names(model.world.entries());
        model.world.trim(keep);
        model.site.append(4);
        await deliver(model, Number.POSITIVE_INFINITY, 7);
        const fresh = names(model.world.entries()).filter((name) => !read.includes(name));
        const own = model.site.records().map(({ timeMs }) => timeMs);
        expect(fresh).toEqual(own.slice(-4));
        expect(names(model.world.entries())).toHaveLength(Math.min(keep, read.length) + 4);
      }),
      { numRuns: 500 },
    );
  });
});
