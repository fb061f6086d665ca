/** What a gateway hears beside frames, out of how it hears weak ones. */
import { expect, test } from 'vitest';
import { createNoiseFloor } from '../../src/gateway/noise-floor.ts';

const LORA = { kind: 'lora', spreadingFactor: 12, bandwidth: 125_000, polarizationInversion: false } as const;

/** What a concentrator reports where noise is -117 dBm and the signal `snr` above it. */
const heard = (snr: number) => {
  const signal = 10 ** ((-117 + snr) / 10);
  return { rssi: Math.round(10 * Math.log10(signal + 10 ** -11.7)), snr, modulation: LORA };
};

test('weak frames tell it, whether they are above or below the noise', () => {
  const floor = createNoiseFloor();
  for (const snr of [-20, -12.5, -5, 0]) floor.note(heard(snr));
  expect(floor.dbm()).toBeUndefined();
  for (const snr of [4, 2, -18]) floor.note(heard(snr));
  expect(floor.dbm()).toBe(-117);
});

test('strong ones, other widths and FSK say nothing, and the newest count', () => {
  const floor = createNoiseFloor();
  for (let n = 0; n < 40; n++) {
    floor.note({ rssi: -40, snr: 12, modulation: LORA });
    floor.note({ ...heard(-5), modulation: { ...LORA, bandwidth: 250_000 } });
    floor.note({
      rssi: -90,
      snr: 0,
      modulation: { kind: 'fsk', datarate: 50_000, frequencyDeviation: 25_000 },
    });
  }
  expect(floor.dbm()).toBeUndefined();
  for (let n = 0; n < 100; n++) floor.note(heard(-7.5));
  for (let n = 0; n < 40; n++) floor.note({ ...heard(-7.5), rssi: -100 });
  expect(floor.dbm()).toBe(-101);
});
