/**
 * Writes a data downlink: what the device waits for (acknowledgement, answers), what the network wants of it, and the next
 * of its queue, as far as it fits. Pure but for the counter it takes.
 */
import type { QueuedDownlink } from '../../model/downlink.ts';
import type { DownlinkWindow } from '../lorawan/downlink.ts';
import { maxPayloadOf } from '../lorawan/downlink.ts';
import { encodeDataFrame } from '../lorawan/encode.ts';
import { type DownlinkCommand, isRequest } from '../mac/command.ts';
import { type PackedCommands, packCommands } from '../mac/pack.ts';
import type { Session } from './sessions.ts';

export interface DownlinkContent {
  readonly ack: boolean;
  readonly answers: readonly DownlinkCommand[];
  readonly requests: readonly DownlinkCommand[];
  readonly item: QueuedDownlink | undefined;
  /** Whether more of the queue waits behind `item`. */
  readonly more: boolean;
  /** Whether the network steers the device: the ADR bit of a downlink. */
  readonly adr: boolean;
  /** Whether a frame with nothing in it is worth sending: the device asks for a sign of life. */
  readonly bare?: boolean;
}

export interface BuiltDownlink {
  readonly phyPayload: Uint8Array;
  readonly fCnt: number;
  /** The commands in it. */
  readonly taken: readonly DownlinkCommand[];
  /** The item in it; it may have to wait. */
  readonly item: QueuedDownlink | undefined;
  /** Those of the windows that the frame fits into. */
  readonly windows: readonly DownlinkWindow[];
}

export const MAX_FCNT = 0xffff_ffff;

/** The longest application payload that one of the windows takes, without MAC commands. */
export function longestPayload(windows: readonly DownlinkWindow[]): number {
  return Math.max(0, ...windows.map((window) => window.maxPayload));
}

/** Takes the session's next counter. undefined when nothing of what is wished fits, or the counters are used up. */
export function buildDownlink(
  session: Session,
  all: readonly DownlinkWindow[],
  wishes: DownlinkContent,
): BuiltDownlink | undefined {
  const { state } = session;
  const { ack, answers, requests, adr } = wishes;
  const commands = [...answers, ...requests];
  let item = wishes.item;
  let windows = item ? all.filter((window) => window.maxPayload >= bytesOf(item)) : all;
  let packed = pack(commands, windows, item);
  // A device waits for its answers: the payload comes with the next frame.
  if (item && (windows.length === 0 || packed.left.some((command) => !isRequest(command)))) {
    item = undefined;
    windows = all;
    packed = pack(commands, windows, undefined);
  }
  if (!ack && !wishes.bare && !item && packed.taken.length === 0) return undefined;
  if (windows.length === 0 || state.fCntDown > MAX_FCNT) return undefined;
  const fCnt = state.fCntDown++;
  const fPending = packed.left.length > 0 || (wishes.item !== undefined && (!item || wishes.more));
  const port0 = packed.port0;
  const phyPayload = encodeDataFrame(
    {
      direction: 'down',
      confirmed: item?.confirmed ?? false,
      devAddr: session.devAddr,
      fCnt,
      fCtrl: { ack, adr, fPending },
      fOpts: packed.fOpts,
      ...(item ? { fPort: item.fPort, payload: Buffer.from(item.data, 'hex') } : {}),
      ...(port0 ? { fPort: 0, payload: port0 } : {}),
    },
    session.keys,
  );
  return { phyPayload, fCnt, taken: packed.taken, item, windows };
}

/** Bytes of application payload. */
export function bytesOf(item: Pick<QueuedDownlink, 'data'> | undefined): number {
  return (item?.data.length ?? 0) / 2;
}

function pack(
  commands: readonly DownlinkCommand[],
  windows: readonly DownlinkWindow[],
  item: QueuedDownlink | undefined,
): PackedCommands {
  // An item without payload has a port all the same, and leaves no room for commands on port 0.
  const payloadBytes = item ? Math.max(1, bytesOf(item)) : 0;
  return packCommands(commands, { maxBytes: Math.max(maxPayloadOf(windows), payloadBytes), payloadBytes });
}
