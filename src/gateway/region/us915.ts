/** US902-928. Its payload sizes keep the 400 ms that the FCC allows an uplink. */
import type { Region } from './region.ts';
import { lora, seventyTwo, wideDownRates } from './shapes.ts';

export const US915: Region = {
  name: 'US915',
  minFrequency: 902_000_000,
  maxFrequency: 928_000_000,
  dataRates: [
    lora(10, 125_000, 'up'),
    lora(9, 125_000, 'up'),
    lora(8, 125_000, 'up'),
    lora(7, 125_000, 'up'),
    lora(8, 500_000, 'up'),
    null,
    null,
    null,
    ...wideDownRates(),
  ],
  maxPayload: [11, 53, 125, 242, 242, null, null, null, 53, 129, 242, 242, 242, 242],
  maxPayloadDwell: null,
  rx1: [
    [10, 9, 8, 8],
    [11, 10, 9, 8],
    [12, 11, 10, 9],
    [13, 12, 11, 10],
    [13, 13, 12, 11],
  ],
  rx1Dwell: null,
  rx2: { frequency: 923_300_000, dataRate: 8 },
  plan: seventyTwo(
    { frequency: 902_300_000, minDataRate: 0, maxDataRate: 3 },
    { frequency: 903_000_000, minDataRate: 4, maxDataRate: 4 },
  ),
  maxEirp: 30,
  maxTxPowerIndex: 14,
  downlinkEirp: 21,
  downlinkLimits: [],
  dutyCycle: [],
  defaultDwell: { uplink: true, downlink: false },
  txParamSetupFrom: null,
  adrDataRates: [0, 3],
  joinDataRates: [0, 4],
};
