/** What the pages of the radio do without a browser: lists worked in, reports without names, margins as sound. */
import { describe, expect, test } from 'vitest';
import { frameDetailView, frameView } from '../../../src/ui/shapes/frame-views.ts';
import type { ReadingView } from '../../../src/ui/shapes/records.ts';
import { isWanted, KEPT, withFrames } from '../../../src/ui/web/frames/frame-list.ts';
import { reportOf } from '../../../src/ui/web/frames/report.ts';
import { gradeOf, pitchOf, withReading } from '../../../src/ui/web/survey/margins.ts';
import { planName } from '../../../src/ui/web/survey/plan-name.ts';
import { createShownFrames, SHOWN_GATEWAY } from '../../support/shown-frames.ts';

const EUI = '70b3d57ed0000001';
const { frames } = createShownFrames(EUI, Date.UTC(2026, 10, 27));
const views = frames.after(0, 100).map((frame) => frameView(frames.run, frame));

describe('the list of frames', () => {
  test('is newest first, takes a new word about an old one, and is bounded', () => {
    const list = withFrames([], views);
    expect(list.map(({ id }) => Number(id.split('-')[1]))).toEqual([7, 6, 5, 4, 3, 2, 1]);
    const [first] = list;
    const again = withFrames(list, [{ ...first, refused: 'replay' } as (typeof views)[number]]);
    expect(again).toHaveLength(7);
    expect(again[0]?.refused).toBe('replay');
    const many = Array.from({ length: KEPT + 9 }, (_, n) => ({ ...views[0], id: `${frames.run}-${n + 1}` }));
    expect(withFrames([], many as typeof views)).toHaveLength(KEPT);
  });

  test('of a box that was started anew nothing old stays', () => {
    const anew = { ...views[0], id: `${frames.run + 1}-1` } as (typeof views)[number];
    expect(withFrames(views, [anew])).toEqual([anew]);
  });

  test('is looked through by kind, refusal and words', () => {
    const nameOf = (devEui: string) => (devEui === EUI ? 'Cold store' : devEui);
    const found = (only: Parameters<typeof isWanted>[1], search = '') =>
      views.filter((frame) => isWanted(frame, only, search, nameOf)).map(({ kind }) => kind);
    expect(found('join')).toEqual(['join-request']);
    expect(found('downlink')).toHaveLength(3);
    expect(found('refused')).toEqual(['join-request', 'uplink', 'other']);
    expect(found(undefined, 'cold STORE')).toHaveLength(6);
    expect(found('uplink', `${SHOWN_GATEWAY} wrong_mic`)).toEqual(['uplink']);
    expect(found(undefined, 'elsewhere')).toEqual([]);
  });
});

describe('a report of a frame', () => {
  const detail = (number: number) => {
    const found = frames.get(number);
    if (!found) throw new Error('not kept');
    return frameDetailView(frames.run, found);
  };

  test('has all there is, or no identifier anywhere, in no spelling', () => {
    for (const number of [1, 2, 3, 6]) {
      const whole = reportOf(detail(number), { identifiers: false, payload: false }, '1.0');
      expect(whole).toContain(detail(number).phyPayload);
      const without = reportOf(detail(number), { identifiers: true, payload: false }, '1.0');
      const reversed = (hex: string) => Buffer.from(Buffer.from(hex, 'hex').reverse()).toString('hex');
      for (const id of [EUI, SHOWN_GATEWAY, '49be7df1', '70b3d57ed00000000'.slice(0, 16), '01b3d57ed0000abc'])
        for (const text of [id, reversed(id)]) expect(without, `${number}: ${text}`).not.toContain(text);
    }
    expect(reportOf(detail(1), { identifiers: true, payload: false }, '1.0')).toMatch(
      /^PHYPayload 00·{32}8ef1·{8}$/m,
    );
  });

  test('without its payload, neither encrypted nor in clear', () => {
    const report = reportOf(detail(2), { identifiers: false, payload: true }, '1.0');
    expect(report).not.toContain('0167011e');
    expect(report).not.toContain('95437876');
    expect(report).toContain('LinkADRAns (5.2)');
    expect(report).toContain('FRMPayload (4.3.3): (left out)');
  });
});

describe('the survey', () => {
  const reading = (fCnt: number, snr: number, more: object = {}) =>
    ({
      ...{ id: `1-${fCnt}`, seq: fCnt, time: '2026-11-27T08:00:00.000Z', fCnt, dataRate: 'SF12BW125' },
      receptions: [{ gatewayId: SHOWN_GATEWAY, rssi: -110, snr }],
      ...more,
    }) as ReadingView;

  test('keeps the newest dots with what was missed between them', () => {
    let dots = withReading([], reading(7, -10));
    dots = withReading(dots, reading(7, -10));
    dots = withReading(dots, reading(10, 0));
    dots = withReading(dots, reading(2, 0));
    expect(dots.map(({ marginDb, missed }) => [marginDb, missed])).toEqual([
      [10, 0],
      [20, 2],
      [20, 0],
    ]);
    for (let n = 20; n < 60; n++) dots = withReading(dots, reading(n, 0));
    expect(dots).toHaveLength(20);
    expect(withReading([], reading(1, 0, { receptions: [] }))).toEqual([]);
  });

  test('a better frame sounds higher, within what one can hear', () => {
    const pitches = [-100, 0, 10, 20, 100].map(pitchOf);
    expect(pitches).toEqual([220, 440, 880, 1_760, 3_520]);
    expect([16, 12, 6, 2].map(gradeOf)).toEqual(['ample', 'good', 'weak', 'lost']);
  });

  test('a plan is named by what was typed', () => {
    expect(planName('  Erdgeschoß – Süd 2 ')).toBe('erdgeschoss-sud-2');
    expect(planName('///')).toBe('');
  });
});
