/** Ages, units, labels, texts and the line of recent values. */
import { describe, expect, test } from 'vitest';
import { age, fieldLabel, fieldValue, signalBars, unitOf } from '../../../src/ui/web/format.ts';
import { linePath } from '../../../src/ui/web/sparkline.tsx';
import { t } from '../../../src/ui/web/texts.ts';

describe('what a technician reads', () => {
  test('an age has the unit of its size, and the future is now', () => {
    const ages = [-5_000, 0, 14_000, 59_999, 61_000, 7_200_000, 200_000_000].map(age);
    expect(ages).toEqual(['now', 'now', '10s ago', '55s ago', '1m ago', '2h ago', '2d ago']);
  });

  test('a unit comes from the name of the field, with or without a channel', () => {
    expect(['temperature_3', 'temperature', 'gps_1_altitude', 'relative_humidity_2'].map(unitOf)).toEqual([
      '°C',
      '°C',
      'm',
      '%',
    ]);
    expect(['digital_input_1', 'analog_input_2', 'x', ''].map(unitOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a channel number is shown only where it tells two fields apart', () => {
    expect(fieldLabel('temperature_1', ['temperature_1', 'humidity_2'])).toBe('Temperature');
    expect(fieldLabel('temperature_1', ['temperature_1', 'temperature_2'])).toBe('Temperature 1');
  });

  test('numbers keep what matters', () => {
    expect([-17.254, 0.0123, 1204.5, 0, true, 'open'].map(fieldValue)).toEqual([
      '−17.25',
      '0.0123',
      '1,204.5',
      '0',
      'yes',
      'open',
    ]);
  });

  test('a stronger signal never has fewer bars', () => {
    for (let rssi = -140; rssi < -40; rssi += 1) {
      for (let snr = -20; snr < 12; snr += 1) {
        expect(signalBars(rssi + 1, snr)).toBeGreaterThanOrEqual(signalBars(rssi, snr));
        expect(signalBars(rssi, snr + 1)).toBeGreaterThanOrEqual(signalBars(rssi, snr));
      }
    }
  });

  test('texts take their plural and their values', () => {
    expect([0, 1, 1234].map((count) => t('part.records', { count }))).toEqual([
      '0 records',
      '1 record',
      '1,234 records',
    ]);
    expect(t('all.well', { count: '{unused}' })).toBe('All normal');
  });
});

describe('the line of recent values', () => {
  const points = (...values: [number, number][]) =>
    values.map(([timeMs, value]) => ({ timeMs, value })).toReversed();

  test('too few points draw nothing', () => {
    expect(linePath(points([0, 1], [1, 2]))).toBeUndefined();
    expect(linePath(points([5, 1], [5, 2], [5, 3]))).toBeUndefined();
  });

  test('a gap stays a gap, and a contact goes in steps', () => {
    const gap = linePath(points([0, 1.5], [1, 2], [2, 3], [3, 4], [4, 4], [90, 5], [91, 6]));
    expect(gap?.match(/M/g)).toHaveLength(2);
    expect(linePath(points([0, 0], [1, 1], [2, 0]))).toContain('H');
    expect(linePath(points([0, 0], [1, 7], [2, 0]))).not.toContain('H');
  });
});
