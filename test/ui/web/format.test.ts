/** Ages, units, labels, margins, sentences and texts. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { unitOf } from '../../../src/model/field-units.ts';
import { marginDb } from '../../../src/model/link-margin.ts';
import { age, fieldLabel, fieldValue, marginBars, sentence, sentences } from '../../../src/ui/web/format.ts';
import { brokerUrl } from '../../../src/ui/web/parts.ts';
import { refusalWords } from '../../../src/ui/web/refusal-words.ts';
import { t } from '../../../src/ui/web/texts.ts';
import { STATUS } from '../../support/page-views.ts';

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

  test('P6: a number too long for a card is written with a power of ten', () => {
    expect([3_997_869, 1e12, -1.5e20, 999_999_999_999].map(fieldValue)).toEqual([
      '3,997,869',
      '1E12',
      '−1.5E20',
      '999,999,999,999',
    ]);
  });

  test('P10: the margin is what is above the floor of the spreading factor', () => {
    const floors = ['SF7BW125', 'SF9BW125', 'SF10BW500', 'SF12BW125'].map((dr) => marginDb(0, dr));
    expect(floors).toEqual([7.5, 12.5, 15, 20]);
    // The same SNR is little at SF7 and much at SF12.
    expect([marginDb(-6, 'SF7BW125'), marginDb(-6, 'SF12BW125')]).toEqual([1.5, 14]);
    expect(['50000', 'FSK', '', undefined, 'SF77', 'SF13BW125'].map((dr) => marginDb(5, dr))).toEqual(
      Array(6).fill(undefined),
    );
    expect([-3, 4.9, 5, 12, 15, 40].map(marginBars)).toEqual([1, 1, 2, 3, 4, 4]);
  });

  test('P11: what parts say becomes sentences, whoever wrote them', () => {
    expect(sentences('the broker refuses user or password', 'check mqtt.username', undefined)).toBe(
      'The broker refuses user or password. Check mqtt.username.',
    );
    expect(['Done.', 'really?', '', 'mqtt://a:1 is away', 'http.host is wrong'].map(sentence)).toEqual([
      'Done.',
      'Really?',
      '',
      'mqtt://a:1 is away.',
      'http.host is wrong.',
    ]);
  });

  test('P11: the broker is found where gateways find it, never at the loopback', () => {
    const broker = (scope: 'machine' | 'address' | 'network', ...addresses: string[]) => ({
      ...STATUS.broker,
      reach: { port: 1883, scope, addresses },
    });
    expect(brokerUrl(broker('machine'), '192.168.1.5')).toBeUndefined();
    expect(brokerUrl(broker('address', '10.0.0.1'), '192.168.1.5')).toBe('mqtt://10.0.0.1:1883');
    expect(brokerUrl(broker('network', '172.18.0.2'), 'edge.local')).toBe('mqtt://edge.local:1883');
    for (const here of ['localhost', '127.0.0.1', '[::1]'])
      expect(brokerUrl(broker('network', '192.168.1.5'), here)).toBe('mqtt://192.168.1.5:1883');
    expect(brokerUrl(broker('network'), 'localhost')).toBeUndefined();
    expect(brokerUrl(broker('address', 'fd00::1'), 'x')).toBe('mqtt://[fd00::1]:1883');
    expect(brokerUrl(STATUS.broker, '192.168.1.5')).toBeUndefined();
  });

  test('P5: every reason a join is refused for has plain words; an unknown one is told by its name', () => {
    const source = ['gateway/network/join.ts', 'gateway/lorawan/join.ts'].map((path) =>
      readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8'),
    );
    const reasons = [
      ...[...(source[0] ?? '').matchAll(/refused: '(\w+)'/g)].map(([, reason]) => reason ?? ''),
      ...[...(source[1] ?? '').matchAll(/'(dev_nonce_\w+)'/g)].map(([, fault]) => `join_${fault}`),
    ];
    expect(reasons.length).toBeGreaterThan(6);
    for (const reason of reasons) expect(refusalWords(reason)).not.toBe(reason.replaceAll('_', ' '));
    expect(refusalWords('some_new_one')).toBe('some new one');
  });

  test('texts take their plural and their values', () => {
    expect([0, 1, 1234].map((count) => t('part.records', { count }))).toEqual([
      '0 records',
      '1 record',
      '1,234 records',
    ]);
    expect(t('site.values', { count: '{unused}' })).toBe('Values');
  });
});
