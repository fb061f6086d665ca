/** The decisions about time, by tables: which clock is believed, what dates a record, how a boot without a clock is placed. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type ClockEvidence,
  isSyncCurrent,
  judgeClock,
  type SyncQuestion,
} from '../../src/clock/clock-verdict.ts';
import { createGatewayTime } from '../../src/clock/gateway-time.ts';
import { createClockBook } from '../../src/model/clock-book.ts';
import { toLines } from '../../src/model/line-protocol.ts';
import type { ClockStamp, LogRecord, NewRecord } from '../../src/model/record.ts';
import { dateBoots, type OpenBoot, timeOf, utcOfGpsMs } from '../../src/model/time.ts';
import { openStore } from '../../src/store/store.ts';
import { uplinkRecord } from '../support/memory-store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const BUILT_MS = Date.UTC(2025, 0, 1);
const NOW_MS = Date.UTC(2026, 5, 1);
const HOUR_MS = 3_600_000;
const YEARS_MS = 50 * 365 * 24 * HOUR_MS;

describe('the wall clock is believed', () => {
  const evidence: ClockEvidence = {
    trust: 'auto',
    wallMs: NOW_MS,
    builtMs: BUILT_MS,
    newestMs: NOW_MS - HOUR_MS,
    daemon: 'none',
    syncCurrent: true,
  };
  const cases: readonly [string, Partial<ClockEvidence>, string][] = [
    ['nothing on the machine could tell', {}, 'steady'],
    ['no record yet', { newestMs: undefined }, 'steady'],
    ['in 1970', { wallMs: 1_000 }, 'unknown'],
    ['in 1970, a daemon insisting', { wallMs: 1_000, daemon: 'synchronized' }, 'unknown'],
    ['before the newest record', { newestMs: NOW_MS + HOUR_MS }, 'unknown'],
    ['put back by a second over a restart', { newestMs: NOW_MS + 1_000 }, 'steady'],
    [
      'a time server against the newest record',
      { newestMs: NOW_MS + YEARS_MS, daemon: 'synchronized' },
      'ntp',
    ],
    ['a time server', { daemon: 'synchronized' }, 'ntp'],
    ['a daemon without its server yet', { daemon: 'unsynchronized' }, 'unknown'],
    ['a clock with a battery', { daemon: 'unsynchronized', rtcMs: NOW_MS + 3_000 }, 'rtc'],
    ['a battery clock that shows something else', { rtcMs: NOW_MS - HOUR_MS }, 'unknown'],
    ['a flat battery', { wallMs: 5_000, rtcMs: 4_000 }, 'unknown'],
    ['a jump and nothing else', { expectedMs: NOW_MS - YEARS_MS }, 'unknown'],
    ['a jump that was undone', { expectedMs: NOW_MS - 2_000, daemon: 'unsynchronized' }, 'boot'],
    [
      'a jump by hand, the time server heard before it',
      { expectedMs: NOW_MS - YEARS_MS, daemon: 'synchronized', syncCurrent: false },
      'unknown',
    ],
    ['a jump by the time server', { expectedMs: NOW_MS - YEARS_MS, daemon: 'synchronized' }, 'ntp'],
    ['the operator says so', { trust: 'always', daemon: 'unsynchronized' }, 'setting'],
    ['the operator says so of 1970', { trust: 'always', wallMs: 0 }, 'unknown'],
    ['the operator wants proof', { trust: 'synced', rtcMs: NOW_MS }, 'unknown'],
    ['the operator wants proof and has it', { trust: 'synced', daemon: 'synchronized' }, 'ntp'],
    ['gateways say otherwise', { gatewayMs: NOW_MS + HOUR_MS }, 'gateway'],
    ['in 1970, gateways know better', { wallMs: 0, gatewayMs: NOW_MS }, 'gateway'],
    ['gateways live in 1970 as well', { wallMs: 0, gatewayMs: 1_000 }, 'unknown'],
    ['gateways against a time server', { gatewayMs: NOW_MS + HOUR_MS, daemon: 'synchronized' }, 'ntp'],
  ];
  test.each(cases)('%s', (_, changes, expected) => {
    const verdict = judgeClock({ ...evidence, ...changes });
    expect(verdict.time === 'wall' ? verdict.source : verdict.time).toBe(expected);
    if (verdict.time === 'unknown') expect(verdict.why).not.toBe('');
  });
});

describe('what a time daemon says is about the clock as it is', () => {
  const before = NOW_MS - YEARS_MS;
  test.each<[string, Partial<SyncQuestion>, boolean]>([
    ['synchronized a while ago', { syncedAtMs: NOW_MS - 600_000 }, true],
    ['synchronized before the machine booted', { syncedAtMs: before }, false],
    ['synchronized in the future', { syncedAtMs: NOW_MS + 600_000 }, false],
    ['never', { syncedAtMs: undefined }, false],
    ['by the jump itself, forwards', { syncedAtMs: NOW_MS - 1_000, expectedMs: before }, true],
    [
      'perhaps before the jump, backwards',
      { syncedAtMs: NOW_MS - 1_000, expectedMs: NOW_MS + HOUR_MS },
      false,
    ],
    [
      'as at the first look after the jump',
      { syncedAtMs: NOW_MS - 1_000, expectedMs: NOW_MS + HOUR_MS, staleMs: NOW_MS - 1_000 },
      false,
    ],
    [
      'again since the jump',
      { syncedAtMs: NOW_MS - 1_000, expectedMs: NOW_MS + HOUR_MS, staleMs: NOW_MS - 9_000 },
      true,
    ],
  ])('%s', (_, question, expected) => {
    expect(isSyncCurrent({ syncedAtMs: undefined, wallMs: NOW_MS, upMs: HOUR_MS, ...question })).toBe(
      expected,
    );
  });
});

describe('gateways are believed', () => {
  /** [gateway, our monotonic milliseconds, its time]. */
  type Word = readonly [string, number, number];
  const cases: readonly [string, readonly Word[], number | undefined][] = [
    ['not after one message', [['a', 0, NOW_MS]], undefined],
    [
      'after two that agree with the time between',
      [
        ['a', 0, NOW_MS],
        ['a', 30_000, NOW_MS + 30_000],
      ],
      NOW_MS,
    ],
    [
      'not when the clock stands',
      [
        ['a', 0, NOW_MS],
        ['a', 30_000, NOW_MS],
      ],
      undefined,
    ],
    [
      'not after two at once',
      [
        ['a', 0, NOW_MS],
        ['a', 10, NOW_MS + 10],
      ],
      undefined,
    ],
    [
      'by majority',
      (['a', 'b', 'c'] as const).flatMap((id, index): Word[] => {
        const startMs = index === 1 ? NOW_MS - YEARS_MS : NOW_MS;
        return [
          [id, 0, startMs],
          [id, 10_000, startMs + 10_000],
        ];
      }),
      NOW_MS,
    ],
    [
      'not when two are at odds',
      [
        ['a', 0, NOW_MS],
        ['a', 9_000, NOW_MS + 9_000],
        ['b', 0, NOW_MS + HOUR_MS],
        ['b', 9_000, NOW_MS + HOUR_MS + 9_000],
      ],
      undefined,
    ],
    [
      'after a queue has drained',
      [
        ['a', 60_000, NOW_MS],
        ['a', 90_000, NOW_MS + 90_000],
        ['a', 120_000, NOW_MS + 120_000],
      ],
      NOW_MS,
    ],
  ];
  test.each(cases)('%s', (_, words, expected) => {
    const gateways = createGatewayTime();
    for (const [id, monoMs, timeMs] of words) gateways.note(id, timeMs, monoMs, monoMs);
    expect(gateways.offsetMs()).toBe(expected);
    gateways.clear();
    expect(gateways.offsetMs()).toBeUndefined();
  });

  test('only with clocks of their own', () => {
    const gateways = createGatewayTime();
    for (const monoMs of [0, 30_000, 60_000])
      gateways.note('a', NOW_MS + monoMs, monoMs, NOW_MS + monoMs + 20);
    expect(gateways.offsetMs()).toBeUndefined();
  });

  test('and GPS time is 18 leap seconds ahead of UTC', () => {
    expect(utcOfGpsMs(1_343_572_681_383)).toBe(Date.UTC(2022, 7, 3, 14, 37, 43, 383));
  });
});

const stamped = (clock: ClockStamp, timeMs = BUILT_MS): NewRecord => {
  const record = uplinkRecord('70b3d57ed0000001', timeMs, { level: 1 });
  return { ...record, body: { ...record.body, clock } } as NewRecord;
};
const asRead = (seq: number, record: NewRecord): LogRecord => ({
  ...record,
  seq,
  body: JSON.stringify(record.body),
});
const clockSet = (boot: string, offsetMs: number, source = 'ntp'): NewRecord => ({
  kind: 'system',
  timeMs: NOW_MS,
  device: null,
  body: { event: 'clock_set', boot, offsetMs, source, uncertaintyMs: 1_000 },
});

describe('a record is dated', () => {
  /** What the log says before and after record 1, and when that happened. */
  const cases: readonly [
    string,
    ClockStamp | undefined,
    readonly NewRecord[],
    Partial<ReturnType<typeof timeOf>>,
  ][] = [
    [
      'as it is when the clock was right',
      undefined,
      [clockSet('b1', NOW_MS)],
      { timeMs: BUILT_MS, quality: 'measured', final: true },
    ],
    [
      'later, while nothing sets its boot',
      { boot: 'b1', monoMs: 500, source: 'wall' },
      [clockSet('b2', NOW_MS)],
      { timeMs: BUILT_MS, quality: 'estimated', final: false },
    ],
    [
      'by the first that sets its boot',
      { boot: 'b1', monoMs: 500, source: 'wall' },
      [clockSet('b1', NOW_MS), clockSet('b1', 0)],
      { timeMs: NOW_MS + 500, quality: 'corrected', final: true },
    ],
    [
      'by gateways',
      { boot: 'b1', monoMs: 500, source: 'boot' },
      [clockSet('b1', NOW_MS, 'gateway')],
      { timeMs: NOW_MS + 500, quality: 'gateway', final: true },
    ],
    [
      'from its neighbours',
      { boot: 'b1', monoMs: 500, source: 'boot' },
      [clockSet('b1', NOW_MS, 'estimated')],
      { timeMs: NOW_MS + 500, quality: 'estimated', final: true },
    ],
    [
      'as it is when nothing better is waited for',
      { boot: 'b1', monoMs: 500, source: 'assumed' },
      [clockSet('b1', NOW_MS)],
      { timeMs: BUILT_MS, quality: 'estimated', final: true },
    ],
    [
      'not by a gateway that is far off',
      { boot: 'b1', monoMs: 500, source: 'frame' },
      [clockSet('b1', NOW_MS)],
      { timeMs: NOW_MS + 500, quality: 'corrected', final: true },
    ],
    [
      'by its gateway when that is plausible',
      { boot: 'b1', monoMs: 500, source: 'frame' },
      [clockSet('b1', BUILT_MS + 60_000)],
      { timeMs: BUILT_MS, quality: 'gateway', final: true },
    ],
  ];
  test.each(cases)('%s', (_, stamp, later, expected) => {
    const record = stamp ? stamped(stamp) : uplinkRecord('70b3d57ed0000001', BUILT_MS, {});
    const book = createClockBook();
    for (const [index, one] of [record, ...later].entries()) book.note(index + 1, one);
    const dated = timeOf(asRead(1, record), book);
    expect(dated).toMatchObject({ ...expected, originalMs: BUILT_MS });
    expect(book.firstOpenSeq()).toBe(dated.final ? Number.POSITIVE_INFINITY : 1);
  });

  test('the same after its boot was in doubt again, and set again', () => {
    const book = createClockBook();
    const first = stamped({ boot: 'b1', monoMs: 10, source: 'wall' });
    const second = stamped({ boot: 'b1', monoMs: 90, source: 'wall' });
    book.note(1, first);
    book.note(2, clockSet('b1', NOW_MS));
    book.note(3, second);
    expect([book.firstOpenSeq(), timeOf(asRead(1, first), book).timeMs]).toEqual([3, NOW_MS + 10]);
    expect(timeOf(asRead(3, second), book).final).toBe(false);
    book.note(4, clockSet('b1', NOW_MS + 5));
    expect(timeOf(asRead(1, first), book).timeMs).toBe(NOW_MS + 10);
    expect(timeOf(asRead(3, second), book)).toMatchObject({ timeMs: NOW_MS + 95, final: true });
  });

  test.each(['{"clock":{', '{"clock":{"boot":1}}', '{"fields":{"x":"\\"clock\\":{"}}'])(
    'as it is when the body is %s',
    (body) => {
      const record: LogRecord = { seq: 1, timeMs: NOW_MS, device: null, kind: 'system', body };
      expect(timeOf(record, createClockBook())).toMatchObject({ timeMs: NOW_MS, quality: 'measured' });
    },
  );

  test('and its lines say how well the time is known, unless it was measured', () => {
    const record = asRead(1, uplinkRecord('70b3d57ed0000001', NOW_MS, { level: 1, time_quality: 'mine' }));
    expect(toLines(record, 's', '', 'reading', 'corrected').match(/time_quality="corrected" /g)).toHaveLength(
      2,
    );
    expect(toLines(record, 's', '', 'reading', 'corrected')).toContain('time_quality_="mine"');
    expect(toLines(record, 's', '')).not.toContain('time_quality=');
  });
});

describe('boots that never knew the time', () => {
  const open = (boot: string, seq: number, lastMonoMs: number, offsetMs: number | null = null): OpenBoot => ({
    boot,
    firstSeq: seq,
    lastSeq: seq + 1,
    firstMonoMs: 100,
    lastMonoMs,
    offsetMs,
  });
  const now = { boot: 'c', offsetMs: 1_000_000, source: 'ntp', uncertaintyMs: 5 } as const;

  test('end before the next begins, and not before what was dated last', () => {
    const offsets = dateBoots([open('a', 1, 2_000), open('b', 3, 50_000), open('c', 5, 9)], now, 900_000);
    expect(offsets).toEqual([
      { boot: 'a', offsetMs: 948_000, source: 'estimated', uncertaintyMs: 48_100 },
      { boot: 'b', offsetMs: 950_000, source: 'estimated', uncertaintyMs: 50_100 },
      now,
    ]);
  });

  test('keep what they knew earlier', () => {
    const offsets = dateBoots([open('a', 1, 2_000), open('b', 3, 50_000, 700_000)], now, undefined);
    expect(offsets).toMatchObject([
      { boot: 'a', offsetMs: 698_000, source: 'estimated', uncertaintyMs: null },
      { boot: 'b', offsetMs: 700_000, source: 'boot' },
      now,
    ]);
  });
});

describe('the store', () => {
  test('keeps the clock book over a restart, and makes it again from the log where it is missing', async () => {
    const folder = temporaryFolder();
    const open = () => openStore({ dir: folder.path, world: createTestWorld(), commitMaxDelayMs: 0 });
    const first = stamped({ boot: 'b1', monoMs: 10, source: 'wall' });
    let store = open();
    const stored = store.commit({
      records: [first, clockSet('b1', NOW_MS), stamped({ boot: 'b2', monoMs: 7, source: 'boot' }, 107)],
    });
    store.flush();
    await stored;
    const open1 = store.clocks.open();
    expect(open1).toEqual([
      { boot: 'b2', firstSeq: 3, lastSeq: 3, firstMonoMs: 7, lastMonoMs: 7, offsetMs: 100 },
    ]);
    await store.close();
    store = open();
    expect(store.clocks.open()).toEqual(open1);
    expect(store.clocks.setFor('b1', 1)).toEqual({
      seq: 2,
      boot: 'b1',
      offsetMs: NOW_MS,
      source: 'ntp',
      uncertaintyMs: 1_000,
    });
    await store.close();
    const { openSqlite } = await import('../../src/store/sqlite.ts');
    const db = openSqlite(join(folder.path, 'edge.db'));
    db.exec('DELETE FROM boots; DELETE FROM clock_sets');
    db.close();
    store = open();
    expect(store.clocks.open()).toEqual(open1);
    expect(store.clocks.setFor('b1', 1)?.seq).toBe(2);
    await store.close();
    folder.remove();
  });
});
