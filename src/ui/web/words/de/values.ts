/** Words about values, times and signals, wherever they are shown, in German. */
import type { values as english } from '../en/values.ts';
import type { Words } from '../words.ts';

export const values: Words<typeof english> = {
  'time.gateway': 'Zeit vom Gateway',
  'time.gateway.title': 'Die Uhr der Box ging falsch; die Gateways gaben diese Zeit.',
  'time.corrected': 'Zeit berichtigt',
  'time.corrected.title': 'Die Uhr der Box ging falsch, als dies kam; die Zeit wurde später berichtigt.',
  'time.estimated': 'Zeit geschätzt',
  'time.estimated.title': 'Die Uhr der Box ging falsch; das ist die bisher beste Schätzung.',
  'value.low': 'unter {limit}',
  'value.high': 'über {limit}',
  'signal.title': 'Signal',
  'signal.text': '{rssi}\u00a0dBm / {snr}\u00a0dB',
  'signal.decibels': '{margin}\u00a0dB',
  'signal.margin': 'Reserve {margin}\u00a0dB',
  'value.true': 'ja',
  'value.false': 'nein',
};
