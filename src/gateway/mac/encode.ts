/** Writes the MAC commands of a network. Values are cut to the bits they have. */
import { DOWNLINK_BYTES, DOWNLINK_CID, type DownlinkCommand } from './command.ts';

/** The commands one after the other, as FOpts or the payload of FPort 0 hold them. */
export function encodeDownlinkCommands(commands: readonly DownlinkCommand[]): Uint8Array {
  const bytes = new Uint8Array(downlinkBytes(commands));
  let offset = 0;
  for (const command of commands) {
    bytes[offset] = DOWNLINK_CID[command.kind];
    writeDownlink(bytes.subarray(offset + 1), command);
    offset += DOWNLINK_BYTES[command.kind];
  }
  return bytes;
}

/** Bytes the commands take. */
export function downlinkBytes(commands: readonly DownlinkCommand[]): number {
  return commands.reduce((sum, { kind }) => sum + DOWNLINK_BYTES[kind], 0);
}

function writeDownlink(bytes: Uint8Array, command: DownlinkCommand): void {
  switch (command.kind) {
    case 'LinkCheckAns':
      bytes.set([command.marginDb, command.gatewayCount]);
      break;
    case 'LinkADRReq':
      bytes.set([
        nibbles(command.dataRate, command.txPowerIndex),
        command.mask,
        command.mask >> 8,
        nibbles(command.control & 7, command.nbTrans),
      ]);
      break;
    case 'DutyCycleReq':
      bytes[0] = command.exponent & 15;
      break;
    case 'RXParamSetupReq':
      bytes[0] = nibbles(command.rx1Offset & 7, command.rx2DataRate);
      writeFrequency(bytes, 1, command.frequency);
      break;
    case 'NewChannelReq':
      bytes[0] = command.index;
      writeFrequency(bytes, 1, command.frequency);
      bytes[4] = nibbles(command.maxDataRate, command.minDataRate);
      break;
    case 'RXTimingSetupReq':
      bytes[0] = command.delayS & 15;
      break;
    case 'TxParamSetupReq':
      bytes[0] = (flag(command.downlinkDwell) << 5) | (flag(command.uplinkDwell) << 4) | command.maxEirpIndex;
      break;
    case 'DlChannelReq':
      bytes[0] = command.index;
      writeFrequency(bytes, 1, command.frequency);
      break;
    case 'DeviceTimeAns':
      for (let byte = 0; byte < 4; byte++) bytes[byte] = command.gpsSeconds >>> (8 * byte);
      bytes[4] = command.fraction;
      break;
    case 'DevStatusReq':
      break;
  }
}

function nibbles(high: number, low: number): number {
  return ((high & 15) << 4) | (low & 15);
}

function flag(value: boolean): number {
  return value ? 1 : 0;
}

/** Three bytes LE in units of 100 Hz. */
function writeFrequency(bytes: Uint8Array, offset: number, frequency: number): void {
  const value = Math.round(frequency / 100);
  for (let byte = 0; byte < 3; byte++) bytes[offset + byte] = value >> (8 * byte);
}
