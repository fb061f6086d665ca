/** MAC commands byte by byte: published vectors, round trips, and bytes that are none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DOWNLINK_BYTES,
  type DownlinkCommand,
  UPLINK_BYTES,
  type UplinkCommand,
} from '../../../src/gateway/mac/command.ts';
import { decodeUplinkCommands } from '../../../src/gateway/mac/decode.ts';
import { encodeDownlinkCommands } from '../../../src/gateway/mac/encode.ts';
import { decodeDownlinkCommands, encodeUplinkCommands } from '../../support/device-commands.ts';

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const frequency = uint(24).map((value) => value * 100);
const flag = fc.boolean();

function uplinkCommand(): fc.Arbitrary<UplinkCommand> {
  const kind = <Kind extends string>(value: Kind) => fc.constant(value);
  return fc.oneof(
    fc.record({
      kind: fc.constantFrom('LinkCheckReq' as const, 'DutyCycleAns' as const, 'DeviceTimeReq' as const),
    }),
    fc.record({ kind: fc.constantFrom('RXTimingSetupAns' as const, 'TxParamSetupAns' as const) }),
    fc.record({ kind: kind('LinkADRAns'), powerOk: flag, dataRateOk: flag, channelMaskOk: flag }),
    fc.record({ kind: kind('RXParamSetupAns'), rx1OffsetOk: flag, rx2DataRateOk: flag, channelOk: flag }),
    fc.record({ kind: kind('DevStatusAns'), battery: uint(8), margin: fc.integer({ min: -32, max: 31 }) }),
    fc.record({ kind: kind('NewChannelAns'), dataRatesOk: flag, frequencyOk: flag }),
    fc.record({ kind: kind('DlChannelAns'), channelExists: flag, frequencyOk: flag }),
  );
}

function downlinkCommand(): fc.Arbitrary<DownlinkCommand> {
  const kind = <Kind extends string>(value: Kind) => fc.constant(value);
  return fc.oneof(
    fc.record({ kind: kind('LinkCheckAns'), marginDb: uint(8), gatewayCount: uint(8) }),
    fc.record({
      kind: kind('LinkADRReq'),
      dataRate: uint(4),
      txPowerIndex: uint(4),
      mask: uint(16),
      control: uint(3),
      nbTrans: uint(4),
    }),
    fc.record({ kind: kind('DutyCycleReq'), exponent: uint(4) }),
    fc.record({ kind: kind('RXParamSetupReq'), rx1Offset: uint(3), rx2DataRate: uint(4), frequency }),
    fc.record({ kind: kind('DevStatusReq') }),
    fc.record({
      kind: kind('NewChannelReq'),
      index: uint(8),
      frequency,
      minDataRate: uint(4),
      maxDataRate: uint(4),
    }),
    fc.record({ kind: kind('RXTimingSetupReq'), delayS: fc.integer({ min: 1, max: 15 }) }),
    fc.record({
      kind: kind('TxParamSetupReq'),
      downlinkDwell: flag,
      uplinkDwell: flag,
      maxEirpIndex: uint(4),
    }),
    fc.record({ kind: kind('DlChannelReq'), index: uint(8), frequency }),
    fc.record({ kind: kind('DeviceTimeAns'), gpsSeconds: uint(32), fraction: uint(8) }),
  );
}

describe('published bytes', () => {
  test.each<[UplinkCommand, number[]]>([
    [{ kind: 'LinkCheckReq' }, [2]],
    [{ kind: 'LinkADRAns', channelMaskOk: true, dataRateOk: false, powerOk: false }, [3, 1]],
    [{ kind: 'LinkADRAns', channelMaskOk: false, dataRateOk: true, powerOk: false }, [3, 2]],
    [{ kind: 'LinkADRAns', channelMaskOk: false, dataRateOk: false, powerOk: true }, [3, 4]],
    [{ kind: 'DutyCycleAns' }, [4]],
    [{ kind: 'RXParamSetupAns', channelOk: true, rx2DataRateOk: false, rx1OffsetOk: false }, [5, 1]],
    [{ kind: 'RXParamSetupAns', channelOk: false, rx2DataRateOk: true, rx1OffsetOk: false }, [5, 2]],
    [{ kind: 'RXParamSetupAns', channelOk: false, rx2DataRateOk: false, rx1OffsetOk: true }, [5, 4]],
    [{ kind: 'DevStatusAns', battery: 0, margin: -30 }, [6, 0, 34]],
    [{ kind: 'DevStatusAns', battery: 255, margin: 30 }, [6, 255, 30]],
    [{ kind: 'DevStatusAns', battery: 127, margin: -1 }, [6, 127, 63]],
    [{ kind: 'NewChannelAns', frequencyOk: true, dataRatesOk: false }, [7, 1]],
    [{ kind: 'NewChannelAns', frequencyOk: false, dataRatesOk: true }, [7, 2]],
    [{ kind: 'RXTimingSetupAns' }, [8]],
    [{ kind: 'TxParamSetupAns' }, [9]],
    [{ kind: 'DlChannelAns', frequencyOk: true, channelExists: false }, [10, 1]],
    [{ kind: 'DlChannelAns', frequencyOk: false, channelExists: true }, [10, 2]],
    [{ kind: 'DeviceTimeReq' }, [13]],
  ])('%o up', (command, bytes) => {
    expect([...encodeUplinkCommands([command])]).toEqual(bytes);
    expect(decodeUplinkCommands(Uint8Array.from(bytes))).toEqual({ commands: [command], rest: null });
  });

  test.each<[DownlinkCommand, number[]]>([
    [{ kind: 'LinkCheckAns', marginDb: 20, gatewayCount: 3 }, [2, 20, 3]],
    [
      { kind: 'LinkADRReq', dataRate: 1, txPowerIndex: 2, mask: 0x0004, control: 4, nbTrans: 5 },
      [3, 18, 4, 0, 69],
    ],
    [{ kind: 'DutyCycleReq', exponent: 13 }, [4, 13]],
    [{ kind: 'RXParamSetupReq', frequency: 26_265_700, rx2DataRate: 11, rx1Offset: 3 }, [5, 59, 1, 2, 4]],
    [{ kind: 'DevStatusReq' }, [6]],
    [
      { kind: 'NewChannelReq', index: 3, frequency: 26_265_700, minDataRate: 10, maxDataRate: 5 },
      [7, 3, 1, 2, 4, 90],
    ],
    [{ kind: 'RXTimingSetupReq', delayS: 15 }, [8, 15]],
    [{ kind: 'TxParamSetupReq', downlinkDwell: true, uplinkDwell: false, maxEirpIndex: 15 }, [9, 0x2f]],
    [{ kind: 'TxParamSetupReq', downlinkDwell: false, uplinkDwell: true, maxEirpIndex: 5 }, [9, 0x15]],
    [{ kind: 'DlChannelReq', index: 0, frequency: 868_100_000 }, [10, 0, 40, 118, 132]],
    [{ kind: 'DlChannelReq', index: 1, frequency: 868_200_000 }, [10, 1, 16, 122, 132]],
    [{ kind: 'DeviceTimeAns', gpsSeconds: 1, fraction: 2 }, [13, 1, 0, 0, 0, 2]],
  ])('%o down', (command, bytes) => {
    expect([...encodeDownlinkCommands([command])]).toEqual(bytes);
    expect(decodeDownlinkCommands(Uint8Array.from(bytes))).toEqual({ commands: [command], rest: null });
  });
});

describe('a parse', () => {
  test('ends at an unknown command, with what came before', () => {
    const bytes = Uint8Array.of(2, 6, 100, 5, 0x80, 1, 2, 2);
    expect(decodeUplinkCommands(bytes)).toEqual({
      commands: [{ kind: 'LinkCheckReq' }, { kind: 'DevStatusAns', battery: 100, margin: 5 }],
      rest: { reason: 'unknown_cid', cid: 0x80, bytes: 4 },
    });
  });

  test('ends at a command cut short, with what came before', () => {
    expect(decodeUplinkCommands(Uint8Array.of(13, 6, 100))).toEqual({
      commands: [{ kind: 'DeviceTimeReq' }],
      rest: { reason: 'truncated', cid: 6, bytes: 2 },
    });
  });

  test('gives back what was written, and knows its size', () => {
    fc.assert(
      fc.property(fc.array(uplinkCommand()), fc.array(downlinkCommand()), (up, down) => {
        const [upBytes, downBytes] = [encodeUplinkCommands(up), encodeDownlinkCommands(down)];
        expect(decodeUplinkCommands(upBytes)).toEqual({ commands: up, rest: null });
        expect(decodeDownlinkCommands(downBytes)).toEqual({ commands: down, rest: null });
        expect(upBytes).toHaveLength(up.reduce((sum, { kind }) => sum + UPLINK_BYTES[kind], 0));
        expect(downBytes).toHaveLength(down.reduce((sum, { kind }) => sum + DOWNLINK_BYTES[kind], 0));
      }),
    );
  });

  test('never throws, and accounts for every byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 250 }), (bytes) => {
        const up = decodeUplinkCommands(bytes);
        const down = decodeDownlinkCommands(bytes);
        const upRead = up.commands.reduce((sum, { kind }) => sum + UPLINK_BYTES[kind], 0);
        const downRead = down.commands.reduce((sum, { kind }) => sum + DOWNLINK_BYTES[kind], 0);
        expect(upRead + (up.rest?.bytes ?? 0)).toBe(bytes.length);
        expect(downRead + (down.rest?.bytes ?? 0)).toBe(bytes.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
