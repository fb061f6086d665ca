/**
 * Reads the MAC commands of a frame: its FOpts, or its decrypted payload on FPort 0. A command's length depends on what
 * it is, so nothing after one that is not known can be read: the parse ends there with what came before.
 */
import { UPLINK_BYTES, UPLINK_CID, type UplinkCommand, type UplinkKind } from './command.ts';

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

const UPLINK_KINDS: ReadonlyMap<number, UplinkKind> = new Map(
  (Object.keys(UPLINK_CID) as UplinkKind[]).map((kind) => [UPLINK_CID[kind], kind]),
);

/** What a device says. Never throws. */
export function decodeUplinkCommands(bytes: Uint8Array): MacCommands<UplinkCommand> {
  const commands: UplinkCommand[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const cid = bytes[offset] ?? 0;
    const kind = UPLINK_KINDS.get(cid);
    const left = bytes.length - offset;
    if (kind === undefined) return { commands, rest: { reason: 'unknown_cid', cid, bytes: left } };
    const size = UPLINK_BYTES[kind];
    if (size > left) return { commands, rest: { reason: 'truncated', cid, bytes: left } };
    commands.push(readUplink(kind, bytes.subarray(offset + 1, offset + size)));
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
