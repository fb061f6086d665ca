/** Words about values, times and signals, wherever they are shown. */
export const values = {
  'time.gateway': 'gateway time',
  'time.gateway.title': 'The clock of the box was not right; the gateways gave this time.',
  'time.corrected': 'time corrected',
  'time.corrected.title': 'The clock of the box was wrong when this came; the time was set right later.',
  'time.estimated': 'time estimated',
  'time.estimated.title': 'The clock of the box was not right; this is the best guess so far.',
  'value.low': 'below {limit}',
  'value.high': 'above {limit}',
  'signal.title': 'Signal',
  'signal.text': '{rssi}\u00a0dBm / {snr}\u00a0dB',
  'signal.decibels': '{margin}\u00a0dB',
  'signal.margin': 'margin {margin}\u00a0dB',
  'value.true': 'yes',
  'value.false': 'no',
} as const;
