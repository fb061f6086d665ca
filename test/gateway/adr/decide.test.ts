/** The ADR algorithm: ChirpStack's cases, its limits in every region, and a device on a fixed path. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AdrQuestion, decideAdr, nextNbTrans, takeSteps } from '../../../src/gateway/adr/decide.ts';
import {
  ADR_HISTORY_LENGTH,
  type AdrHistory,
  lossPercent,
  withUplink,
} from '../../../src/gateway/adr/history.ts';
import { highestNarrowRate, requiredSnr } from '../../../src/gateway/region/rates.ts';
import type { Region } from '../../../src/gateway/region/region.ts';
import { REGIONS } from '../../../src/gateway/region/regions.ts';

const { EU868, US915, IN865 } = REGIONS;

function entry(fCnt: number, maxSnr = 0, txPowerIndex = 0) {
  return { fCnt, maxSnr, txPowerIndex, gatewayCount: 1 };
}

/** A full history without loss. */
function steady(maxSnr: number, txPowerIndex = 0): AdrHistory {
  return Array.from({ length: ADR_HISTORY_LENGTH }, (_, fCnt) => entry(fCnt, maxSnr, txPowerIndex));
}

function question(more: Partial<AdrQuestion>): AdrQuestion {
  return {
    region: EU868,
    dataRate: 0,
    txPowerIndex: 0,
    nbTrans: 1,
    minTxPowerIndex: 0,
    maxTxPowerIndex: 5,
    maxDataRate: 5,
    history: [],
    ...more,
  };
}

describe('takeSteps', () => {
  const limits = { maxDataRate: 5, minTxPowerIndex: 0, maxTxPowerIndex: 5 };

  test.each([
    ['nothing to do', 0, 1, 3, 1, 3],
    ['one step up in data rate', 1, 1, 4, 1, 5],
    ['one step down in power', 1, 1, 5, 2, 5],
    ['two steps up in data rate', 2, 1, 3, 1, 5],
    ['one each', 2, 1, 4, 2, 5],
    ['two steps down in power', 2, 1, 5, 3, 5],
    ['power at its lowest', 2, 5, 5, 5, 5],
    ['one step up in power', -1, 1, 5, 0, 5],
    ['power at its highest: data rate is not lowered', -1, 0, 4, 0, 4],
    ['ten steps down change no more than one could', -10, 0, 4, 0, 4],
  ])('%s', (_, steps, txPowerIndex, dataRate, expectedPower, expectedDataRate) => {
    const taken = takeSteps(steps, { dataRate, txPowerIndex }, limits);
    expect(taken).toEqual({ dataRate: expectedDataRate, txPowerIndex: expectedPower });
  });
});

describe('nextNbTrans', () => {
  test.each([
    [0, 1, 1],
    [4.99, 3, 2],
    [5, 1, 1],
    [9.99, 2, 2],
    [10, 1, 2],
    [29.9, 1, 2],
    [29.9, 2, 3],
    [30, 1, 3],
    [30, 3, 3],
    [0, 0, 1],
    [0, 15, 2],
  ])('%f %% lost and %i repetitions give %i', (percent, before, after) => {
    expect(nextNbTrans(before, percent)).toBe(after);
  });
});

describe('lossPercent', () => {
  test('counts the gaps of a full history', () => {
    const counters = Array.from(
      { length: 20 },
      (_, index) => index + (index >= 5 ? 1 : 0) + (index >= 10 ? 1 : 0),
    );
    expect(lossPercent(counters.map((fCnt) => entry(fCnt)))).toBe(10);
  });

  test('is 0 for a history that is not full, empty or of a device that counts anew', () => {
    expect(lossPercent([entry(0), entry(90)])).toBe(0);
    expect(lossPercent([])).toBe(0);
    expect(lossPercent([...steady(0).slice(0, 19), entry(0)])).toBe(0);
  });
});

describe('withUplink', () => {
  test('keeps the last twenty and counts a retransmission once', () => {
    let history: AdrHistory = [];
    for (let fCnt = 0; fCnt < 30; fCnt++) {
      history = withUplink(withUplink(history, entry(fCnt)), entry(fCnt, 99));
    }
    expect(history.map(({ fCnt }) => fCnt)).toEqual(Array.from({ length: 20 }, (_, index) => index + 10));
    expect(history.every(({ maxSnr }) => maxSnr === 0)).toBe(true);
  });
});

describe('decideAdr', () => {
  test.each<[string, Partial<AdrQuestion>, { dataRate: number; txPowerIndex: number; nbTrans: number }]>([
    [
      'lowers a data rate above the limit',
      { dataRate: 5, maxDataRate: 4, history: [entry(0)] },
      { dataRate: 4, txPowerIndex: 0, nbTrans: 1 },
    ],
    [
      'raises the data rate without the installation margin',
      { installationMarginDb: 0, history: [entry(0, -15)] },
      { dataRate: 1, txPowerIndex: 0, nbTrans: 1 },
    ],
    ['keeps 10 dB in reserve', { history: [entry(0, -7.1)] }, { dataRate: 0, txPowerIndex: 0, nbTrans: 1 }],
    ['raises it with 13 dB', { history: [entry(0, -7)] }, { dataRate: 1, txPowerIndex: 0, nbTrans: 1 }],
    [
      'goes to the fastest rate and then down in power',
      { history: [entry(0, 12)] },
      { dataRate: 5, txPowerIndex: 2, nbTrans: 1 },
    ],
    [
      'does not raise power before the history is full at it',
      { dataRate: 5, txPowerIndex: 3, history: [...steady(-2, 3).slice(1), entry(20, -2, 2)] },
      { dataRate: 5, txPowerIndex: 3, nbTrans: 1 },
    ],
    [
      'raises it then',
      { dataRate: 5, txPowerIndex: 3, history: steady(-2, 3) },
      { dataRate: 5, txPowerIndex: 2, nbTrans: 1 },
    ],
    [
      'keeps to the powers a device has shown to know',
      { dataRate: 5, txPowerIndex: 2, minTxPowerIndex: 1, history: steady(-20, 2) },
      { dataRate: 5, txPowerIndex: 1, nbTrans: 1 },
    ],
    ['changes nothing without history', {}, { dataRate: 0, txPowerIndex: 0, nbTrans: 1 }],
    [
      'repeats where frames are lost',
      { dataRate: 5, history: steady(2.5).map((one) => ({ ...one, fCnt: one.fCnt * 2 })) },
      { dataRate: 5, txPowerIndex: 0, nbTrans: 3 },
    ],
    [
      'stays at 125 kHz even if more is allowed',
      { region: US915, maxDataRate: 4, maxTxPowerIndex: null, history: [entry(0, 0)] },
      { dataRate: 1, txPowerIndex: 0, nbTrans: 1 },
    ],
    [
      'uses all the powers of the region',
      { region: IN865, dataRate: 5, maxTxPowerIndex: null, history: [entry(0, 60)] },
      { dataRate: 5, txPowerIndex: 10, nbTrans: 1 },
    ],
  ])('%s', (_, more, expected) => {
    expect(decideAdr(question(more))).toEqual(expected);
  });

  test('stays within the limits of the region and the device, and takes no step with nothing to gain', () => {
    const histories = fc.array(
      fc.record({
        fCnt: fc.nat(100_000),
        maxSnr: fc.double({ min: -50, max: 50, noNaN: true }),
        txPowerIndex: fc.nat(15),
        gatewayCount: fc.nat(9),
      }),
      { maxLength: ADR_HISTORY_LENGTH },
    );
    const state = fc.record({ dataRate: fc.nat(7), txPowerIndex: fc.nat(15), nbTrans: fc.nat(15) });
    const limits = fc.record({ maxDataRate: fc.nat(15), maxTxPowerIndex: fc.option(fc.nat(15)) });
    const region = fc.constantFrom(...Object.values(REGIONS));
    fc.assert(
      fc.property(region, histories, state, limits, (area, history, now, most) => {
        const decided = decideAdr({ region: area, minTxPowerIndex: 0, history, ...now, ...most });
        const limit = Math.min(most.maxDataRate, highestNarrowRate(area));
        expect(decided.dataRate).toBeLessThanOrEqual(Math.max(limit, 0));
        expect(decided.dataRate).toBeGreaterThanOrEqual(Math.min(now.dataRate, limit));
        const weakest = Math.min(area.maxTxPowerIndex, most.maxTxPowerIndex ?? 15);
        expect(decided.txPowerIndex).toBeLessThanOrEqual(Math.max(weakest, now.txPowerIndex));
        expect(decided.txPowerIndex).toBeGreaterThanOrEqual(0);
        expect(decided.nbTrans).toBeGreaterThanOrEqual(1);
        expect(decided.nbTrans).toBeLessThanOrEqual(3);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a device on a path of constant loss', () => {
  /** What the device has after so many uplinks, each decision obeyed; and after how many it last changed. */
  function settle(region: Region, snrAtFullPower: number, uplinks: number) {
    let now = { dataRate: 0, txPowerIndex: 0, nbTrans: 1 };
    let history: AdrHistory = [];
    let lastChange = 0;
    for (let fCnt = 0; fCnt < uplinks; fCnt++) {
      const maxSnr = snrAtFullPower - 2 * now.txPowerIndex;
      history = withUplink(history, entry(fCnt, maxSnr, now.txPowerIndex));
      const limits = { minTxPowerIndex: 0, maxTxPowerIndex: null, maxDataRate: region.adrDataRates[1] };
      const next = decideAdr({ region, history, ...limits, ...now });
      if (next.dataRate === now.dataRate && next.txPowerIndex === now.txPowerIndex) continue;
      [now, history, lastChange] = [next, [], fCnt];
    }
    return { ...now, lastChange };
  }

  test('settles within a few uplinks, with the margin kept and not wasted', () => {
    const region = fc.constantFrom(...Object.values(REGIONS));
    fc.assert(
      fc.property(region, fc.integer({ min: -40, max: 100 }), (area, tenths) => {
        const snr = tenths / 4;
        const settled = settle(area, snr, 300);
        expect(settled.lastChange).toBeLessThan(100);
        const margin = snr - 2 * settled.txPowerIndex - requiredSnr(area, settled.dataRate) - 10;
        const fastest = settled.dataRate === highestNarrowRate(area);
        const weakest = settled.txPowerIndex === area.maxTxPowerIndex;
        if (!(fastest && weakest)) expect(margin).toBeLessThan(3);
        if (settled.txPowerIndex > 0) expect(margin).toBeGreaterThan(-3);
      }),
    );
  });

  test.each([
    [-15, 0, 0],
    [-7, 1, 0],
    [-4.5, 2, 0],
    [2.5, 4, 0],
    [10, 5, 3],
    [20, 5, 7],
    [100, 5, 7],
  ])('in EU868 with %f dB comes to DR%i and power index %i', (snr, dataRate, txPowerIndex) => {
    expect(settle(EU868, snr, 100)).toMatchObject({ dataRate, txPowerIndex });
  });
});
