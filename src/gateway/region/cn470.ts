/**
 * CN470-510 as the regional parameters of LoRaWAN 1.0.x have it up to 1.0.3: 96 uplink channels, 48 downlink channels.
 * RP002-1.0.1 puts plans of 20 and 26 MHz in its place, which are not these.
 */
import type { Region } from './region.ts';
import { FIVE_OFFSETS, sixRates } from './shapes.ts';

export const CN470: Region = {
  name: 'CN470',
  minFrequency: 470_000_000,
  maxFrequency: 510_000_000,
  dataRates: sixRates(),
  maxPayload: [51, 51, 51, 115, 242, 242],
  maxPayloadDwell: null,
  rx1: FIVE_OFFSETS.slice(0, 6),
  rx1Dwell: null,
  rx2: { frequency: 505_300_000, dataRate: 0 },
  plan: {
    kind: 'fixed',
    narrow: { first: 0, count: 96, frequency: 470_300_000, step: 200_000, minDataRate: 0, maxDataRate: 5 },
    wide: null,
    downlink: { frequency: 500_300_000, step: 200_000, count: 48 },
    maskControls: { subBands: null, allOn: 6, allOff: null },
  },
  // 19.15 dBm, rounded down.
  maxEirp: 19,
  maxTxPowerIndex: 7,
  downlinkEirp: 19,
  downlinkLimits: [],
  dutyCycle: [],
  defaultDwell: { uplink: false, downlink: false },
  txParamSetupFrom: null,
  adrDataRates: [0, 5],
  joinDataRates: [0, 1, 2, 3, 4, 5],
};
