/**
 * Reads the MAC commands of a frame: its FOpts, or its decrypted payload on FPort 0. A command's length depends on what
 * it is, so nothing after one that is not known can be read: the parse ends there with what came before.
 */
import {
  DOWNLINK_BYTES,
  DOWNLINK_CID,
  type DownlinkCommand,
  type DownlinkKind,
  UPLINK_BYTES,
  UPLINK_CID,
  type UplinkCommand,
  type UplinkKind,
} from './command.ts';

/** Why the parse ended before the bytes did. */
export interface MacRest {
  readonly reason: 'unknown_cid' | 'truncated';
  /** The command that could not be read. */
  readonly cid: number;
  /** Bytes not read, the CID included. */
  readonly bytes: number;
}

export interface MacCommands<Command> {
  readonly commands: readonly Command[];
  /** null when all was read. */
  readonly rest: MacRest | null;
}

const UPLINK_KINDS = byCid<UplinkKind>(UPLINK_CID);
const DOWNLINK_KINDS = byCid<DownlinkKind>(DOWNLINK_CID);

/** What a device says. Never throws. */
export function decodeUplinkCommands(bytes: Uint8Array): MacCommands<UplinkCommand> {
  return decode(bytes, UPLINK_KINDS, UPLINK_BYTES, readUplink);
}

/** What a network says (for simulators and tests). Never throws. */
export function decodeDownlinkCommands(bytes: Uint8Array): MacCommands<DownlinkCommand> {
  return decode(bytes, DOWNLINK_KINDS, DOWNLINK_BYTES, readDownlink);
}

function decode<Kind extends string, Command>(
  bytes: Uint8Array,
  kinds: ReadonlyMap<number, Kind>,
  sizes: Readonly<Record<Kind, number>>,
  read: (kind: Kind, body: Uint8Array) => Command,
): MacCommands<Command> {
  const commands: Command[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const cid = bytes[offset] ?? 0;
    const kind = kinds.get(cid);
    const left = bytes.length - offset;
    if (kind === undefined) return { commands, rest: { reason: 'unknown_cid', cid, bytes: left } };
    const size = sizes[kind];
    if (size > left) return { commands, rest: { reason: 'truncated', cid, bytes: left } };
    commands.push(read(kind, bytes.subarray(offset + 1, offset + size)));
    offset += size;
  }
  return { commands, rest: null };
}

function readUplink(kind: UplinkKind, body: Uint8Array): UplinkCommand {
  const [first = 0, second = 0] = body;
  const [zero, one, two] = [(first & 1) !== 0, (first & 2) !== 0, (first & 4) !== 0];
  switch (kind) {
    case 'LinkADRAns':
      return { kind, powerOk: two, dataRateOk: one, channelMaskOk: zero };
    case 'RXParamSetupAns':
      return { kind, rx1OffsetOk: two, rx2DataRateOk: one, channelOk: zero };
    case 'DevStatusAns':
      return { kind, battery: first, margin: ((second & 63) ^ 32) - 32 };
    case 'NewChannelAns':
      return { kind, dataRatesOk: one, frequencyOk: zero };
    case 'DlChannelAns':
      return { kind, channelExists: one, frequencyOk: zero };
    default:
      return { kind };
  }
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

function byCid<Kind extends string>(cids: Readonly<Record<Kind, number>>): ReadonlyMap<number, Kind> {
  return new Map((Object.keys(cids) as Kind[]).map((kind) => [cids[kind], kind]));
}
