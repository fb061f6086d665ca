/** Frames for the pages: the real service over some that were heard and sent, one of each kind. */
import { createFrameService } from '../../src/gateway/frames/frame-service.ts';
import { createRecentFrames } from '../../src/gateway/frames/recent-frames.ts';
import type { FrameOutcome } from '../../src/gateway/network/outcome.ts';
import type { Reception } from '../../src/gateway/network/reception.ts';
import { createTestWorld } from './world.ts';

export const SHOWN_GATEWAY = '0016c001ff10a235';
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
/** FOpts LinkADRAns and LinkCheckReq, FPort 2, four bytes. */
const UPLINK = '80f17dbe49a3020003070202954378762b11ff0d';
const JOIN = '00bc0a00d07ed5b3700100000000d5b3708ef12b11ff0d';
const DOWN = '60f17dbe498507000350ff000101954378762b11ff0d';

/** `devEui` is the device they are of. */
export function createShownFrames(devEui: string, nowMs = Date.now()) {
  const recent = createRecentFrames();
  const frames = createFrameService({
    recent,
    opener: { devicesUnder: () => [devEui], data: () => undefined, accept: () => undefined },
    world: createTestWorld(),
  });
  const modulation = {
    kind: 'lora',
    spreadingFactor: 9,
    bandwidth: 125_000,
    polarizationInversion: false,
  } as const;
  let count = 0;
  const hear = (hex: string, outcome: FrameOutcome): void => {
    const uplink = {
      ...{ phyPayload: bytes(hex), gatewayId: SHOWN_GATEWAY, uplinkId: 1, frequency: 868_300_000 },
      ...{ dataRate: 'SF9BW125', modulation, rssi: -109, snr: -3.5, channel: 1, rfChain: 0, board: 0 },
      ...{ antenna: 0, context: '', crc: 'ok' as const },
    };
    const reception: Reception = {
      ...{ uplink, ack: () => {}, arrivedMs: 0, delayMs: 0 },
      route: { prefix: '', marshaler: 'protobuf' },
    };
    recent.heard([reception], outcome, nowMs - 60_000 + count++ * 1_000);
  };
  const reading = (fCnt: number): FrameOutcome => ({
    device: devEui,
    change: {},
    uplink: {
      ...{ device: devEui, devAddr: '49be7df1', fCnt, fPort: 2, confirmed: true, adr: true },
      data: bytes('0167011e'),
      ...{
        radio: { frequency: 868_300_000, dataRate: 'SF9BW125' },
        receptions: [],
        timeMs: nowMs,
        via: 'bridge',
      },
    },
  });
  const send = (downlinkId: number): void =>
    recent.sent(
      {
        ...{ gatewayId: SHOWN_GATEWAY, downlinkId },
        items: [1_000, 2_000].map((delayMs) => ({
          ...{ phyPayload: bytes(DOWN), frequency: 868_300_000, power: 14, modulation, board: 0, antenna: 0 },
          ...{ timing: { kind: 'delay', delayMs } as const, context: '' },
        })),
      },
      nowMs - 60_000 + count++ * 1_000,
    );
  hear(JOIN, { refused: 'join_wrong_mic', sender: { device: devEui } });
  hear(UPLINK, reading(0x1_0002));
  send(1);
  recent.answered({ gatewayId: SHOWN_GATEWAY, downlinkId: 1, items: ['IGNORED', 'OK'] });
  send(2);
  recent.answered({ gatewayId: SHOWN_GATEWAY, downlinkId: 2, items: ['TOO_LATE', 'TOO_LATE'] });
  send(3);
  hear(UPLINK, { refused: 'wrong_mic', sender: { devAddr: '49be7df1' } });
  hear('e0010203', { refused: 'frame_unsupported_mtype' });
  return { frames, hear: () => hear(UPLINK, reading(0x1_0003)) };
}
