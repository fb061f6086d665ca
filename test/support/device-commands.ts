/** MAC commands at a device, which the box never is: it reads what a network says and writes what a device answers. */
import {
  DOWNLINK_BYTES,
  DOWNLINK_CID,
  type DownlinkCommand,
  type DownlinkKind,
  UPLINK_BYTES,
  UPLINK_CID,
  type UplinkCommand,
} from '../../src/gateway/mac/command.ts';
import type { MacCommands } from '../../src/gateway/mac/decode.ts';

const DOWNLINK_KINDS: ReadonlyMap<number, DownlinkKind> = new Map(
  (Object.keys(DOWNLINK_CID) as DownlinkKind[]).map((kind) => [DOWNLINK_CID[kind], kind]),
);

/** What a network says. Never throws. */
export function decodeDownlinkCommands(bytes: Uint8Array): MacCommands<DownlinkCommand> {
  const commands: DownlinkCommand[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const cid = bytes[offset] ?? 0;
    const kind = DOWNLINK_KINDS.get(cid);
    const left = bytes.length - offset;
    if (kind === undefined) return { commands, rest: { reason: 'unknown_cid', cid, bytes: left } };
    const size = DOWNLINK_BYTES[kind];
    if (size > left) return { commands, rest: { reason: 'truncated', cid, bytes: left } };
    commands.push(readDownlink(kind, bytes.subarray(offset + 1, offset + size)));
    offset += size;
  }
  return { commands, rest: null };
}

function readDownlink(kind: DownlinkKind, body: Uint8Array): DownlinkCommand {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = body;
  switch (kind) {
    case 'LinkCheckAns':
      return { kind, marginDb: first, gatewayCount: second };
    case 'LinkADRReq':
      return {
        kind,
        dataRate: first >> 4,
        txPowerIndex: first & 15,
        mask: second | (third << 8),
        control: (fourth >> 4) & 7,
        nbTrans: fourth & 15,
      };
    case 'DutyCycleReq':
      return { kind, exponent: first & 15 };
    case 'RXParamSetupReq':
      return { kind, rx1Offset: (first >> 4) & 7, rx2DataRate: first & 15, frequency: frequencyAt(body, 1) };
    case 'DevStatusReq':
      return { kind };
    case 'NewChannelReq':
      return {
        kind,
        index: first,
        frequency: frequencyAt(body, 1),
        minDataRate: fifth & 15,
        maxDataRate: fifth >> 4,
      };
    case 'RXTimingSetupReq':
      return { kind, delayS: Math.max(1, first & 15) };
    case 'TxParamSetupReq':
      return {
        kind,
        downlinkDwell: (first & 32) !== 0,
        uplinkDwell: (first & 16) !== 0,
        maxEirpIndex: first & 15,
      };
    case 'DlChannelReq':
      return { kind, index: first, frequency: frequencyAt(body, 1) };
    case 'DeviceTimeAns':
      return {
        kind,
        gpsSeconds: (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0,
        fraction: fifth,
      };
  }
}

function frequencyAt(body: Uint8Array, offset: number): number {
  return ((body[offset] ?? 0) | ((body[offset + 1] ?? 0) << 8) | ((body[offset + 2] ?? 0) << 16)) * 100;
}

/** What a device says, one command after the other. */
export function encodeUplinkCommands(commands: readonly UplinkCommand[]): Uint8Array {
  const bytes = new Uint8Array(commands.reduce((sum, { kind }) => sum + UPLINK_BYTES[kind], 0));
  let offset = 0;
  for (const command of commands) {
    bytes[offset] = UPLINK_CID[command.kind];
    writeUplink(bytes.subarray(offset + 1), command);
    offset += UPLINK_BYTES[command.kind];
  }
  return bytes;
}

function writeUplink(bytes: Uint8Array, command: UplinkCommand): void {
  switch (command.kind) {
    case 'LinkADRAns':
      bytes[0] = bits(command.powerOk, command.dataRateOk, command.channelMaskOk);
      break;
    case 'RXParamSetupAns':
      bytes[0] = bits(command.rx1OffsetOk, command.rx2DataRateOk, command.channelOk);
      break;
    case 'DevStatusAns':
      bytes.set([command.battery, command.margin & 63]);
      break;
    case 'NewChannelAns':
      bytes[0] = bits(false, command.dataRatesOk, command.frequencyOk);
      break;
    case 'DlChannelAns':
      bytes[0] = bits(false, command.channelExists, command.frequencyOk);
      break;
  }
}

function bits(two: boolean, one: boolean, zero: boolean): number {
  return (flag(two) << 2) | (flag(one) << 1) | flag(zero);
}

function flag(value: boolean): number {
  return value ? 1 : 0;
}
