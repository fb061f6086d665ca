/** Why a device is silent: a table of cases, each with what was seen and the sentence it makes. */
import { describe, expect, test } from 'vitest';
import {
  durationWords,
  resemblance,
  type SilenceCause,
  type SilenceEvidence,
  whySilent,
} from '../../src/model/silence.ts';

const NOW_MS = Date.UTC(2026, 10, 26, 12);
const SECOND = 1_000;
const MINUTE = 60_000;
const ago = (ms: number): number => NOW_MS - ms;
const GATEWAY = { gatewayId: '0016c001ff10a235', isOnline: true, lastSeenMs: ago(4 * SECOND) };
const OFFLINE = { ...GATEWAY, isOnline: false, lastSeenMs: ago(120 * MINUTE) };
const SECOND_GATEWAY = { ...GATEWAY, gatewayId: '0016c001ff10a236' };

/** A device that reports every 4 min and was last heard 20 min ago with plenty to spare. */
const SILENT: SilenceEvidence = {
  nowMs: NOW_MS,
  startedMs: ago(3_600 * MINUTE),
  devEui: '70b3d57ed0000001',
  activation: 'otaa',
  lastMs: ago(20 * MINUTE),
  joinsSinceReading: 0,
  intervalMs: 4 * MINUTE,
  isExpected: false,
  staleAfterMs: 12 * MINUTE,
  marginsDb: [14, 13, 14, 15, 14, 13, 14, 15],
  gateways: [GATEWAY],
  heardBy: [GATEWAY.gatewayId],
};
const { lastMs: _, intervalMs: __, ...UNHEARD } = SILENT;
const NEVER: SilenceEvidence = { ...UNHEARD, marginsDb: [], heardBy: [], staleAfterMs: 60 * MINUTE };
const knocks = (reason: string, count = 4, lastMs = ago(12 * SECOND)) => ({ reason, count, lastMs });

const CASES: readonly (readonly [SilenceEvidence, SilenceCause, string])[] = [
  [
    { ...NEVER, refused: knocks('join_wrong_mic') },
    'refused',
    'its AppKey does not fit: it knocked 4 times, last 12 s ago',
  ],
  [
    { ...SILENT, refused: knocks('join_wrong_mic', 1) },
    'refused',
    'its AppKey does not fit: it knocked once, last 12 s ago',
  ],
  [
    { ...NEVER, activation: 'no_key', refused: knocks('join_unknown_device', 2) },
    'no_key',
    'its AppKey is missing: it knocked 2 times, last 12 s ago',
  ],
  [{ ...NEVER, activation: 'no_key' }, 'no_key', 'its AppKey is missing, so it cannot be let in'],
  [
    { ...NEVER, refused: knocks('join_wrong_join_eui') },
    'refused',
    'it asks with another JoinEUI than the one entered: it knocked 4 times, last 12 s ago',
  ],
  [
    { ...NEVER, refused: knocks('join_something_new', 2) },
    'refused',
    'refused (join something new): 2 times, last 12 s ago',
  ],
  [
    { ...SILENT, activation: 'abp', refused: knocks('wrong_mic') },
    'refused',
    'its session keys do not fit: 4 frames under its address, last 12 s ago',
  ],
  [
    { ...SILENT, activation: 'abp', refused: knocks('replay', 1) },
    'refused',
    'its counter went backwards: 1 frame, last 12 s ago',
  ],
  // What was refused before it was heard again is over.
  [
    { ...SILENT, lastMs: ago(MINUTE), refused: knocks('join_wrong_mic', 4, ago(2 * MINUTE)) },
    'heard',
    'last heard 60 s ago at 14 dB over the floor; usually every 4 min',
  ],
  [
    { ...SILENT, joinsSinceReading: 3, lastMs: ago(2 * MINUTE) },
    'joins_only',
    'it was let in 3 times, last 2 min ago, and sent no value since',
  ],
  [{ ...SILENT, joinsSinceReading: 1, lastMs: ago(2 * MINUTE) }, 'heard', 'it joined 2 min ago'],
  [
    { ...SILENT, brokerTrouble: 'The broker at mqtt://10.0.0.1 does not answer.' },
    'broker',
    'no gateway can be heard: The broker at mqtt://10.0.0.1 does not answer',
  ],
  [{ ...SILENT, gateways: [] }, 'no_gateway', 'no gateway was heard since the box started 3 days ago'],
  [{ ...SILENT, gateways: [OFFLINE] }, 'no_gateway', 'the gateway is offline, last sign 2 h ago'],
  [
    { ...SILENT, gateways: [OFFLINE, SECOND_GATEWAY] },
    'gateway_offline',
    'its gateway 0016c001ff10a235 is offline, last sign 2 h ago; last heard 20 min ago at 14 dB over the floor; usually every 4 min',
  ],
  // Another that also heard it is there.
  [
    {
      ...SILENT,
      gateways: [OFFLINE, SECOND_GATEWAY],
      heardBy: [OFFLINE.gatewayId, SECOND_GATEWAY.gatewayId],
    },
    'unexplained',
    'last heard 20 min ago at 14 dB over the floor; usually every 4 min; its gateway is online',
  ],
  [
    { ...SILENT, startedMs: ago(3 * MINUTE) },
    'box_started',
    'the box started 3 min ago, too short a time to tell; last heard 20 min ago at 14 dB over the floor; usually every 4 min',
  ],
  [
    { ...SILENT, batteryPercent: 4.3 },
    'battery',
    'it last said that its battery has 4 %; last heard 20 min ago at 14 dB over the floor; usually every 4 min',
  ],
  [
    {
      ...SILENT,
      marginsDb: [2, 4, 6],
      gateways: [{ ...GATEWAY, heardOthersMs: ago(MINUTE) }],
      isExpected: true,
    },
    'weak_signal',
    'last heard 20 min ago at 2 dB over the floor; expected every 4 min; its gateway heard other devices 60 s ago',
  ],
  [
    { ...SILENT, marginsDb: [-1.5] },
    'weak_signal',
    'last heard 20 min ago at 1.5 dB below the floor; usually every 4 min; its gateway is online',
  ],
  [
    { ...SILENT, marginsDb: [4, 5, 6, 12, 13, 14] },
    'falling_signal',
    'its signal fell from 13 to 5 dB over the floor before; last heard 20 min ago at 4 dB over the floor; usually every 4 min',
  ],
  [
    NEVER,
    'never_heard',
    'never heard: no join request of it came since the box started 3 days ago, with 1 gateway online',
  ],
  [
    { ...NEVER, activation: 'abp', gateways: [GATEWAY, SECOND_GATEWAY] },
    'never_heard',
    'never heard: no frame of it came since the box started 3 days ago, with 2 gateways online',
  ],
  [
    { ...NEVER, lookalike: { devEui: '70b3d57ed0000010', how: 'typo' } },
    'lookalike',
    'never heard, but 70b3d57ed0000010 asks to join, almost this DevEUI',
  ],
  [
    SILENT,
    'unexplained',
    'last heard 20 min ago at 14 dB over the floor; usually every 4 min; its gateway is online',
  ],
  // A gateway that heard others only before the device fell silent proves nothing.
  [
    { ...SILENT, gateways: [{ ...GATEWAY, heardOthersMs: ago(30 * MINUTE) }] },
    'unexplained',
    'last heard 20 min ago at 14 dB over the floor; usually every 4 min; its gateway is online',
  ],
  // Neither signal nor interval known (FSK, a first reading).
  [
    { ...UNHEARD, lastMs: ago(90 * MINUTE), marginsDb: [], staleAfterMs: 60 * MINUTE },
    'unexplained',
    'last heard 2 h ago; its gateway is online',
  ],
];

describe('why a device is silent', () => {
  test.each(CASES)('case %#', (evidence, cause, text) => {
    expect(whySilent(evidence)).toMatchObject({ cause, text, isSilent: cause !== 'heard' });
  });

  test('a device that is heard only just is told so, and is not silent', () => {
    const verdict = whySilent({ ...SILENT, lastMs: ago(MINUTE), marginsDb: [1] });
    expect(verdict).toMatchObject({ cause: 'heard', isSilent: false });
    expect(verdict.advice).toContain('only just');
  });

  test('two DevEUIs resemble each other in one digit, two exchanged ones, or backwards', () => {
    const own = '70b3d57ed0000012';
    expect(
      ['70b3d57ed0000013', '70b3d57ed0000021', '120000d07ed5b370', '70b3d57ed0000045', own, ''].map((other) =>
        resemblance(own, other),
      ),
    ).toEqual(['typo', 'typo', 'reversed', undefined, undefined, undefined]);
  });

  test('durations have one unit', () => {
    expect([-5, 89_400, 90_000, 5_400_000, 172_800_000].map(durationWords)).toEqual([
      '0 s',
      '89 s',
      '2 min',
      '2 h',
      '2 days',
    ]);
  });
});
