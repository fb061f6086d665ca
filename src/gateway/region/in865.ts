/** IN865-867. */
import type { Region } from './region.ts';
import { channel, fsk, sixRates } from './shapes.ts';

export const IN865: Region = {
  name: 'IN865',
  minFrequency: 865_000_000,
  maxFrequency: 867_000_000,
  dataRates: [...sixRates(), null, fsk(50_000)],
  maxPayload: [51, 51, 51, 115, 242, 242, null, 242],
  maxPayloadDwell: null,
  // A row that would name the missing DR6 names DR5.
  rx1: [
    [0, 0, 0, 0, 0, 0, 1, 2],
    [1, 0, 0, 0, 0, 0, 2, 3],
    [2, 1, 0, 0, 0, 0, 3, 4],
    [3, 2, 1, 0, 0, 0, 4, 5],
    [4, 3, 2, 1, 0, 0, 5, 5],
    [5, 4, 3, 2, 1, 0, 5, 5],
    null,
    [7, 5, 5, 4, 3, 2, 7, 7],
  ],
  rx1Dwell: null,
  rx2: { frequency: 866_550_000, dataRate: 2 },
  plan: {
    kind: 'dynamic',
    defaults: [865_062_500, 865_402_500, 865_985_000].map(channel),
    usualExtras: [],
    maxChannels: 16,
    cfListDataRates: [0, 5],
  },
  maxEirp: 30,
  maxTxPowerIndex: 10,
  downlinkEirp: 30,
  downlinkLimits: [],
  dutyCycle: [],
  defaultDwell: { uplink: false, downlink: false },
  txParamSetupFrom: null,
  adrDataRates: [0, 5],
  joinDataRates: [0, 1, 2, 3, 4, 5],
};
