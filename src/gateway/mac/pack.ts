/**
 * Fits MAC commands into a downlink: into FOpts (15 bytes) beside an application payload, or alone as the payload of
 * FPort 0. What does not fit waits for the next downlink; a block of LinkADRReq is never cut, since a device takes or
 * refuses it as one.
 */
import type { DownlinkCommand } from './command.ts';
import { downlinkBytes, encodeDownlinkCommands } from './encode.ts';

export const MAX_FOPTS_BYTES = 15;

export interface PackedCommands {
  /** Goes into `fOpts`; empty when they go on FPort 0 or there are none. */
  readonly fOpts: Uint8Array;
  /** The payload of FPort 0; null when they fit into FOpts. Then no application payload can go along. */
  readonly port0: Uint8Array | null;
  readonly taken: readonly DownlinkCommand[];
  /** For the next downlink; a reason for FPending. */
  readonly left: readonly DownlinkCommand[];
}

/**
 * Packs in the order given: answers first, since a device waits for them. `maxBytes` is the N of the slowest window
 * that the frame may go out in; `payloadBytes` the application payload that shall go along, 0 for none.
 */
export function packCommands(
  commands: readonly DownlinkCommand[],
  room: { readonly maxBytes: number; readonly payloadBytes: number },
): PackedCommands {
  const fOptsRoom = Math.min(MAX_FOPTS_BYTES, room.maxBytes - room.payloadBytes);
  const wholeBytes = downlinkBytes(commands);
  const alone = room.payloadBytes === 0 && wholeBytes > fOptsRoom;
  const { taken, left } = prefix(commands, alone ? room.maxBytes : fOptsRoom);
  const bytes = encodeDownlinkCommands(taken);
  const onPort0 = bytes.length > MAX_FOPTS_BYTES;
  return { fOpts: onPort0 ? new Uint8Array(0) : bytes, port0: onPort0 ? bytes : null, taken, left };
}

function prefix(
  commands: readonly DownlinkCommand[],
  room: number,
): { taken: DownlinkCommand[]; left: DownlinkCommand[] } {
  const taken: DownlinkCommand[] = [];
  let used = 0;
  for (const block of blocksOf(commands)) {
    const size = downlinkBytes(block);
    if (used + size > room) break;
    taken.push(...block);
    used += size;
  }
  return { taken, left: commands.slice(taken.length) };
}

/** Commands that go together: neighbouring LinkADRReq; any other is a block of its own. */
function blocksOf(commands: readonly DownlinkCommand[]): DownlinkCommand[][] {
  const blocks: DownlinkCommand[][] = [];
  for (const command of commands) {
    const last = blocks.at(-1);
    if (command.kind === 'LinkADRReq' && last?.[0]?.kind === 'LinkADRReq') last.push(command);
    else blocks.push([command]);
  }
  return blocks;
}
