/** AU915-928. Its dwell time limit concerns uplinks; it is taken off or kept by TxParamSetupReq. */
import type { Region } from './region.ts';
import { lora, seventyTwo, sixRates, wideDownRates } from './shapes.ts';

export const AU915: Region = {
  name: 'AU915',
  minFrequency: 915_000_000,
  maxFrequency: 928_000_000,
  dataRates: [...sixRates('up'), lora(8, 500_000, 'up'), null, ...wideDownRates()],
  maxPayload: [51, 51, 51, 115, 242, 242, 242, null, 53, 129, 242, 242, 242, 242],
  maxPayloadDwell: [0, 0, 11, 53, 125, 242, 242, null, 53, 129, 242, 242, 242, 242],
  rx1: [
    [8, 8, 8, 8, 8, 8],
    [9, 8, 8, 8, 8, 8],
    [10, 9, 8, 8, 8, 8],
    [11, 10, 9, 8, 8, 8],
    [12, 11, 10, 9, 8, 8],
    [13, 12, 11, 10, 9, 8],
    [13, 13, 12, 11, 10, 9],
  ],
  rx1Dwell: null,
  rx2: { frequency: 923_300_000, dataRate: 8 },
  plan: seventyTwo(
    { frequency: 915_200_000, minDataRate: 0, maxDataRate: 5 },
    { frequency: 915_900_000, minDataRate: 6, maxDataRate: 6 },
  ),
  maxEirp: 30,
  maxTxPowerIndex: 14,
  downlinkEirp: 30,
  downlinkLimits: [],
  dutyCycle: [],
  defaultDwell: { uplink: true, downlink: false },
  txParamSetupFrom: '1.0.3',
  adrDataRates: [0, 5],
  joinDataRates: [0, 2, 6],
};
