/** Marks in a history: downlinks once, joins, and readings whose time is not what it seems. */
import { expect, test } from 'vitest';
import type { RecordKind } from '../../../src/model/record.ts';
import type { TimeQuality } from '../../../src/model/time.ts';
import { type DatedRecord, MAX_MARKS, marksOf } from '../../../src/store/rollup/history-marks.ts';

let seq = 0;

function at(
  timeMs: number,
  kind: RecordKind = 'uplink',
  body: object = {},
  quality: TimeQuality = 'measured',
) {
  seq += 1;
  const dated = { timeMs, quality, originalMs: timeMs, final: true };
  return {
    record: { seq, timeMs, kind, device: 'd', body: JSON.stringify(body) },
    dated,
  } satisfies DatedRecord;
}

test('readings in their order leave no mark', () => {
  expect(marksOf([at(1_000), at(2_000), at(2_000), at(61_000)])).toEqual([]);
});

test('late readings one after another are one mark, by the time they were measured', () => {
  const records = [at(100_000), at(10_000), at(30_000), at(20_000), at(110_000), at(40_000)];
  expect(marksOf(records)).toEqual([
    { kind: 'late', timeMs: 10_000, toMs: 30_000, count: 3 },
    { kind: 'late', timeMs: 40_000, toMs: 40_000, count: 1 },
  ]);
});

test('a second between gateways is not late', () => {
  expect(marksOf([at(10_000), at(9_000)])).toEqual([]);
  expect(marksOf([at(10_000), at(8_999)])).toHaveLength(1);
});

test('a time put right afterwards is told, and the reading after it is not', () => {
  const records = [at(5_000, 'uplink', {}, 'corrected'), at(6_000, 'uplink', {}, 'estimated'), at(7_000)];
  expect(marksOf(records)).toEqual([{ kind: 'redated', timeMs: 5_000, toMs: 6_000, count: 2 }]);
});

test('a downlink is marked once, where it got to; another by itself', () => {
  const records = [
    at(1_000, 'downlink', { id: 'a', step: 'queued' }),
    at(2_000, 'downlink', { id: 'b', step: 'queued' }),
    at(3_000, 'join'),
    at(4_000, 'downlink', { id: 'a', step: 'device_ack' }),
  ];
  expect(marksOf(records)).toEqual([
    { kind: 'downlink', step: 'queued', timeMs: 2_000, toMs: 2_000, count: 1 },
    { kind: 'join', timeMs: 3_000, toMs: 3_000, count: 1 },
    { kind: 'downlink', step: 'device_ack', timeMs: 4_000, toMs: 4_000, count: 1 },
  ]);
});

test('of very many the newest are left', () => {
  const marks = marksOf(Array.from({ length: MAX_MARKS + 5 }, (_, n) => at(n * 1_000, 'join')));
  expect(marks).toHaveLength(MAX_MARKS);
  expect(marks.at(-1)?.timeMs).toBe((MAX_MARKS + 4) * 1_000);
});

test('an alarm is a bar from when it came until it was over; one that is not over reaches to the newest record', () => {
  const alarm = (timeMs: number, event: string, name: string): DatedRecord =>
    at(timeMs, 'alarm', { event, alarm: name, message: `${name}!` });
  expect(
    marksOf([
      alarm(1_000, 'raised', 'a'),
      alarm(2_000, 'acknowledged', 'a'),
      alarm(3_000, 'raised', 'b'),
      alarm(4_000, 'cleared', 'a'),
      alarm(5_000, 'cleared', 'never-raised-here'),
      alarm(6_000, 'rule-changed', 'c'),
      alarm(7_000, 'raised', 'a'),
      alarm(7_500, 'ended', 'a'),
      at(9_000, 'join'),
    ]),
  ).toEqual([
    { kind: 'alarm', message: 'a!', timeMs: 1_000, toMs: 4_000, count: 1 },
    { kind: 'alarm', message: 'b!', timeMs: 3_000, toMs: 9_000, count: 1 },
    { kind: 'alarm', message: 'a!', timeMs: 7_000, toMs: 7_500, count: 1 },
    { kind: 'join', timeMs: 9_000, toMs: 9_000, count: 1 },
  ]);
});
