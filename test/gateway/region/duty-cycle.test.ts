/** The airtime ledger: by example, and against a plain list of all that was sent. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDutyCycle, dutySubBand } from '../../../src/gateway/region/duty-cycle.ts';
import { EU868 } from '../../../src/gateway/region/eu868.ts';
import { US915 } from '../../../src/gateway/region/us915.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const RX2 = { gatewayId: 'a', frequency: 869_525_000 };
const RX1 = { gatewayId: 'a', frequency: 868_100_000 };

describe('dutySubBand', () => {
  test.each([
    [863_500_000, 0.001],
    [867_100_000, 0.01],
    [868_100_000, 0.01],
    [868_650_000, undefined],
    [869_000_000, 0.001],
    [869_525_000, 0.1],
    [869_680_000, undefined],
    [869_850_000, 0.01],
  ])('of %i Hz allows %s', (frequency, share) => {
    expect(dutySubBand(EU868, frequency)?.share).toBe(share);
  });
});

describe('createLedger', () => {
  test('allows 36 s an hour at 1 %, to the millisecond, and counts sub-bands and gateways apart', () => {
    const ledger = createDutyCycle(EU868);
    ledger.record({ ...RX1, nowMs: 0, airtimeMs: 35_000 });
    expect(ledger.canSend({ ...RX1, nowMs: 1, airtimeMs: 1_000 })).toBe(true);
    expect(ledger.canSend({ ...RX1, nowMs: 1, airtimeMs: 1_001 })).toBe(false);
    expect(ledger.canSend({ ...RX1, frequency: 868_500_000, nowMs: 1, airtimeMs: 1_001 })).toBe(false);
    expect(ledger.canSend({ ...RX2, nowMs: 1, airtimeMs: 360_000 })).toBe(true);
    expect(ledger.canSend({ ...RX1, gatewayId: 'b', nowMs: 1, airtimeMs: 36_000 })).toBe(true);
    expect(ledger.usedShare({ ...RX1, nowMs: 1 })).toBeCloseTo(35 / 36);
  });

  test('forgets after an hour, at the latest a minute later', () => {
    const ledger = createDutyCycle(EU868);
    ledger.record({ ...RX1, nowMs: 10 * MINUTE, airtimeMs: 36_000 });
    expect(ledger.canSend({ ...RX1, nowMs: 10 * MINUTE + HOUR, airtimeMs: 1 })).toBe(false);
    expect(ledger.canSend({ ...RX1, nowMs: 11 * MINUTE + HOUR, airtimeMs: 36_000 })).toBe(true);
  });

  test('takes back what was not sent', () => {
    const ledger = createDutyCycle(EU868);
    ledger.record({ ...RX1, nowMs: 0, airtimeMs: 36_000 });
    ledger.undo({ ...RX1, nowMs: 100, airtimeMs: 36_000 });
    expect(ledger.usedShare({ ...RX1, nowMs: 100 })).toBe(0);
    ledger.undo({ ...RX2, nowMs: 100, airtimeMs: 36_000 });
    expect(ledger.usedShare({ ...RX2, nowMs: 100 })).toBe(0);
  });

  test('allows nothing outside the sub-bands, and everything in a region without', () => {
    const question = { gatewayId: 'a', frequency: 868_650_000, nowMs: 0, airtimeMs: 1 };
    expect(createDutyCycle(EU868).canSend(question)).toBe(false);
    const free = createDutyCycle(US915);
    free.record({ ...question, frequency: 923_300_000, airtimeMs: HOUR });
    expect(free.canSend({ ...question, frequency: 923_300_000, airtimeMs: HOUR })).toBe(true);
    expect(free.usedShare({ ...question, frequency: 923_300_000 })).toBe(0);
  });

  test('refuses a new gateway when it is full of busy ones, and takes it when they are idle', () => {
    const ledger = createDutyCycle(EU868, 2);
    for (let gateway = 0; gateway < 2 * EU868.dutyCycle.length; gateway++) {
      ledger.record({ gatewayId: `g${gateway}`, frequency: 868_100_000, nowMs: 0, airtimeMs: 10 });
    }
    const stranger = { gatewayId: 'new', frequency: 868_100_000, airtimeMs: 10 };
    expect(ledger.canSend({ ...stranger, nowMs: 1 })).toBe(false);
    expect(ledger.canSend({ ...RX1, gatewayId: 'g1', nowMs: 1, airtimeMs: 10 })).toBe(true);
    expect(ledger.canSend({ ...stranger, nowMs: HOUR + 2 * MINUTE })).toBe(true);
  });

  test('never allows more than the share in any hour, and no less than an hour and a minute would need', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 20 * MINUTE }),
      airtimeMs: fc.integer({ min: 1, max: 9_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = createDutyCycle(EU868);
        const sent: { nowMs: number; airtimeMs: number }[] = [];
        let nowMs = 1_000_000;
        for (const { afterMs, airtimeMs } of steps) {
          nowMs += afterMs;
          const within = (windowMs: number) =>
            sent.filter((one) => one.nowMs > nowMs - windowMs).reduce((sum, one) => sum + one.airtimeMs, 0);
          const allowed = ledger.canSend({ ...RX1, nowMs, airtimeMs });
          if (allowed) expect(within(HOUR) + airtimeMs).toBeLessThanOrEqual(36_000);
          else expect(within(HOUR + MINUTE) + airtimeMs).toBeGreaterThan(36_000);
          if (!allowed) continue;
          ledger.record({ ...RX1, nowMs, airtimeMs });
          sent.push({ nowMs, airtimeMs });
        }
      }),
    );
  });

  test('a clock that goes back neither throws nor forgets', () => {
    const ledger = createDutyCycle(EU868);
    ledger.record({ ...RX1, nowMs: 5 * HOUR, airtimeMs: 36_000 });
    expect(ledger.canSend({ ...RX1, nowMs: HOUR, airtimeMs: 1 })).toBe(false);
  });
});
