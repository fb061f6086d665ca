/** The regions' tables against themselves: what one says of a region the others can do. */
import { describe, expect, test } from 'vitest';
import { standardChannels } from '../../../src/gateway/region/channels.ts';
import { dataRateAt, dataRateIndices, maxPayloadBytes } from '../../../src/gateway/region/rates.ts';
import { REGIONS } from '../../../src/gateway/region/regions.ts';
import { rx1DataRate, rx1Frequency } from '../../../src/gateway/region/window.ts';
import { REGION_NAMES } from '../../../src/model/lorawan.ts';
import { isFrequency, joinFrequencies } from '../../support/region-facts.ts';

const ALL = Object.values(REGIONS).map((region) => [region.name, region] as const);

test('each region that settings may name has its tables', () => {
  expect(Object.keys(REGIONS)).toEqual([...REGION_NAMES]);
});

describe.each(ALL)('the tables of %s agree: ', (_, region) => {
  test('every data rate has a size, and none is larger than a frame', () => {
    for (const [index, dataRate] of region.dataRates.entries()) {
      for (const table of [region.maxPayload, region.maxPayloadDwell ?? region.maxPayload]) {
        expect(table[index] === null, `DR${index}`).toBe(dataRate === null);
        expect(table[index] ?? 0).toBeLessThanOrEqual(242);
      }
    }
    expect(region.maxPayload).toHaveLength(region.dataRates.length);
  });

  test('every uplink rate has an RX1 rate for every offset, which goes downwards', () => {
    for (const limited of [false, true]) {
      for (const dataRate of dataRateIndices(region, 'up')) {
        for (let offset = 0; offset < (region.rx1[0]?.length ?? 0); offset++) {
          const down = rx1DataRate(region, dataRate, offset, limited) ?? -1;
          expect(dataRateAt(region, down, 'down'), `DR${dataRate}, offset ${offset}`).toBeDefined();
          expect(maxPayloadBytes(region, down, limited)).toBeGreaterThan(0);
        }
      }
    }
  });

  test('every channel lies in the band, has uplink rates, and an RX1 in the band', () => {
    for (const channel of Object.values(standardChannels(region))) {
      expect(isFrequency(region, channel.frequency)).toBe(true);
      expect(dataRateAt(region, channel.minDataRate, 'up')).toBeDefined();
      expect(dataRateAt(region, channel.maxDataRate, 'up')).toBeDefined();
      expect(isFrequency(region, rx1Frequency(region, channel.frequency) ?? 0)).toBe(true);
    }
  });

  test('RX2, ADR and join rates exist', () => {
    expect(isFrequency(region, region.rx2.frequency)).toBe(true);
    expect(dataRateAt(region, region.rx2.dataRate, 'down')).toBeDefined();
    for (const dataRate of [...region.adrDataRates, ...region.joinDataRates]) {
      expect(dataRateAt(region, dataRate, 'up')).toBeDefined();
    }
  });

  test('sub-bands do not overlap, and hold every channel and RX2 where there are any', () => {
    const bands = [...region.dutyCycle].sort((a, b) => a.fromHz - b.fromHz);
    for (const [index, band] of bands.entries()) {
      expect(band.toHz).toBeGreaterThan(band.fromHz);
      expect(bands[index + 1]?.fromHz ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(band.toHz);
    }
    const used = [region.rx2.frequency, ...joinFrequencies(region)];
    const held = used.filter((frequency) =>
      bands.some((band) => frequency >= band.fromHz && frequency < band.toHz),
    );
    expect(held).toEqual(bands.length > 0 ? used : []);
  });
});
