/** Times on the air of well-known LoRaWAN frames: 13 bytes is an empty data frame, 23 one with ten bytes of payload. */
import { describe, expect, test } from 'vitest';
import { airtimeMs } from '../../../src/gateway/lorawan/airtime.ts';

describe('airtimeMs', () => {
  test.each([
    [7, 125_000, 13, 46.336],
    [7, 125_000, 23, 61.696],
    [9, 125_000, 23, 205.824],
    [11, 125_000, 23, 823.296],
    [12, 125_000, 23, 1482.752],
    [12, 125_000, 64, 2793.472],
    [8, 500_000, 23, 28.288],
  ])('SF%i at %i Hz, %i bytes: %f ms', (spreadingFactor, bandwidth, length, expected) => {
    expect(airtimeMs({ spreadingFactor, bandwidth, length })).toBeCloseTo(expected, 3);
  });

  test('a downlink without CRC is never longer, a stronger code never shorter', () => {
    const frame = { spreadingFactor: 10, bandwidth: 125_000, length: 20 };
    expect(airtimeMs({ ...frame, crc: false })).toBeLessThanOrEqual(airtimeMs(frame));
    expect(airtimeMs({ ...frame, redundancy: 4 })).toBeGreaterThan(airtimeMs(frame));
  });
});
