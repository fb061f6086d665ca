/** AS923 and its four groups, which differ in an offset of all frequencies. */
import type { RegionName } from '../../model/lorawan.ts';
import type { Region, Rx1Table } from './region.ts';
import { atLeast, channel, fsk, lora, sixRates } from './shapes.ts';

const RX1: Rx1Table = [
  [0, 0, 0, 0, 0, 0, 1, 2],
  [1, 0, 0, 0, 0, 0, 2, 3],
  [2, 1, 0, 0, 0, 0, 3, 4],
  [3, 2, 1, 0, 0, 0, 4, 5],
  [4, 3, 2, 1, 0, 0, 5, 6],
  [5, 4, 3, 2, 1, 0, 6, 7],
  [6, 5, 4, 3, 2, 1, 7, 7],
  [7, 6, 5, 4, 3, 2, 7, 7],
];

function group(name: RegionName, offset: number, minFrequency: number, maxFrequency: number): Region {
  return {
    name,
    minFrequency,
    maxFrequency,
    dataRates: [...sixRates(), lora(7, 250_000), fsk(50_000)],
    maxPayload: [51, 51, 115, 115, 242, 242, 242, 242],
    maxPayloadDwell: [0, 0, 11, 53, 125, 242, 242, 242],
    rx1: RX1,
    rx1Dwell: atLeast(RX1, 2),
    rx2: { frequency: 923_200_000 + offset, dataRate: 2 },
    plan: {
      kind: 'dynamic',
      defaults: [923_200_000 + offset, 923_400_000 + offset].map(channel),
      usualExtras: [],
      maxChannels: 16,
      cfListDataRates: [0, 5],
    },
    maxEirp: 16,
    maxTxPowerIndex: 7,
    downlinkEirp: 16,
    downlinkLimits: [],
    dutyCycle: [],
    defaultDwell: { uplink: true, downlink: true },
    txParamSetupFrom: '1.0.0',
    adrDataRates: [0, 5],
    joinDataRates: [2, 3, 4, 5],
  };
}

export const AS923 = group('AS923', 0, 915_000_000, 928_000_000);
export const AS923_2 = group('AS923-2', -1_800_000, 920_000_000, 923_000_000);
export const AS923_3 = group('AS923-3', -6_600_000, 915_000_000, 921_000_000);
export const AS923_4 = group('AS923-4', -5_900_000, 917_000_000, 920_000_000);
