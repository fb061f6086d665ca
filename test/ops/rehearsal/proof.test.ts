/** What a rehearsal proves and what it does not, and when it does not begin. */
import { expect, test } from 'vitest';
import { createLine } from '../../../src/model/line.ts';
import type { ReaderMark } from '../../../src/model/rehearsal.ts';
import { logChecks, lookThroughLog } from '../../../src/ops/rehearsal/log-proof.ts';
import { durationText } from '../../../src/ops/rehearsal/page.ts';
import { lookAhead } from '../../../src/ops/rehearsal/plan.ts';
import { readerChecks } from '../../../src/ops/rehearsal/reader-checks.ts';
import { createUiSite } from '../../support/ui-site.ts';
import { createTestWorld } from '../../support/world.ts';

const HOUR_MS = 3_600_000;

function siteWith(frames: readonly (readonly [device: string, fCnt: number])[]) {
  const site = createUiSite(createTestWorld());
  for (const [device, fCnt] of frames) site.hear(device, { t: 1 }, { fCnt });
  return site.deps.store.log;
}

const look = (log: ReturnType<typeof siteWith>, fromSeq: number, toSeq: number) =>
  lookThroughLog({ log, fromSeq, toSeq, pause: async () => true });

test('a log that has every frame once is proved, also over more than one piece', async () => {
  const log = siteWith(Array.from({ length: 700 }, (_, at) => [`d${at % 3}`, Math.floor(at / 3)]));
  const found = await look(log, 0, 700);
  expect(found).toMatchObject({ records: 700, missing: 0, doubled: 0, notHeard: 0 });
  expect(logChecks(found, { fromSeq: 0, toSeq: 700 }, true).map(({ outcome }) => outcome)).toEqual([
    ...['proved', 'proved', 'proved'],
  ]);
});

test('a frame twice fails, a number that is missing and a counter passed over are not proved', async () => {
  const log = siteWith([
    ['a', 1],
    ['a', 2],
    ['b', 9],
    ['a', 2],
    ['a', 5],
  ]);
  const found = await look(log, 0, 7);
  expect(found).toMatchObject({ records: 5, missing: 2, doubled: 1, notHeard: 2 });
  expect(logChecks(found, { fromSeq: 0, toSeq: 7 }, true).map(({ outcome }) => outcome)).toEqual([
    ...['unproved', 'failed', 'unproved'],
  ]);
});

test('a reader is proved when its account holds, it is far enough, and nothing was given up', () => {
  const before: ReaderMark = {
    ...{ name: 'centre', seq: 10, accepted: 12 },
    ...{ delivered: 9, pending: 2, quarantined: 0, expired: 1 },
  };
  const now: ReaderMark = { ...before, seq: 20, accepted: 20, delivered: 19, pending: 0 };
  const outcome = (reader: ReaderMark) => readerChecks([before], [reader], 20)[0]?.outcome;
  expect(outcome(now)).toBe('proved');
  expect(outcome({ ...now, delivered: 18 })).toBe('failed');
  expect(outcome({ ...now, delivered: 18, expired: 2 })).toBe('failed');
  expect(outcome({ ...now, seq: 19, delivered: 18, pending: 1 })).toBe('unproved');
  expect(outcome({ ...now, delivered: 18, quarantined: 1 })).toBe('unproved');
});

test('a line that was cut is whole at its time, whoever forgot it', () => {
  const world = createTestWorld();
  const line = createLine(world.clock);
  let cut = 0;
  const forget = line.onCut(() => {
    cut += 1;
  });
  line.cut(60_000);
  expect([line.isCut(), cut]).toEqual([true, 1]);
  world.setNow(0);
  world.advance(59_999);
  expect(line.isCut()).toBe(true);
  world.advance(1);
  expect(line.isCut()).toBe(false);
  forget();
  line.cut(1_000);
  expect(cut).toBe(1);
});

test('it does not begin on a line that is down, without a line, for too long, or where there is no room', () => {
  const { status } = createUiSite(createTestWorld());
  const facts = { status, recordsAnHour: 100, isUnderWay: false };
  const objections = (plan: object, more: object = {}) => lookAhead({ ...facts, plan, ...more }).objections;
  expect(objections({ centre: 2 * HOUR_MS })).toEqual([]);
  expect(lookAhead({ ...facts, plan: { centre: 2 * HOUR_MS } }).expectedRecords).toBe(200);
  expect(objections({})).toHaveLength(1);
  expect(objections({ centre: HOUR_MS }, { isUnderWay: true })).toHaveLength(1);
  expect(objections({ centre: 25 * HOUR_MS })[0]).toContain('24 h');
  expect(objections({ broker: 60_000 })[0]).toContain('this box itself');
  status.influx = { ...status.influx, state: 'down', detail: 'gone' };
  expect(objections({ influx: HOUR_MS })[0]).toContain('gone');
  status.centre = { ...status.centre, state: 'not_configured' };
  expect(objections({ centre: HOUR_MS })[0]).toContain('no line');
});

test('undelivered records that would not find room keep it from beginning', () => {
  const { status } = createUiSite(createTestWorld());
  status.store = { ...status.store, limitBytes: 1_000_000, freeBytes: 1e9 };
  const facts = { status, isUnderWay: false, plan: { influx: HOUR_MS } };
  expect(lookAhead({ ...facts, recordsAnHour: 1_000 }).objections).toEqual([]);
  expect(lookAhead({ ...facts, recordsAnHour: 2_000 }).objections[0]).toContain('shorter');
});

test('the broker of others is told to keep many messages', () => {
  const { status } = createUiSite(createTestWorld());
  status.broker = { ...status.broker, kind: 'external' };
  const facts = { status, isUnderWay: false, plan: { broker: HOUR_MS / 2 } };
  expect(lookAhead({ ...facts, recordsAnHour: 100 }).remarks).toEqual([]);
  expect(lookAhead({ ...facts, recordsAnHour: 4_000 }).remarks[0]).toContain('max_queued_messages');
});

test.each([
  [5_000, '5 s'],
  [90_000, '90 s'],
  [300_400, '5 min'],
  [7_201_000, '2 h'],
])('%d ms are %s', (ms, text) => expect(durationText(ms)).toBe(text));
