/** Writes MAC commands, up (for simulators and tests) and down. Values are cut to the bits they have. */
import {
  DOWNLINK_BYTES,
  DOWNLINK_CID,
  type DownlinkCommand,
  UPLINK_BYTES,
  UPLINK_CID,
  type UplinkCommand,
} from './command.ts';

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

/** As `encodeDownlinkCommands`, of a device. */
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

function nibbles(high: number, low: number): number {
  return ((high & 15) << 4) | (low & 15);
}

function bits(two: boolean, one: boolean, zero: boolean): number {
  return (flag(two) << 2) | (flag(one) << 1) | flag(zero);
}

function flag(value: boolean): number {
  return value ? 1 : 0;
}

/** Three bytes LE in units of 100 Hz. */
function writeFrequency(bytes: Uint8Array, offset: number, frequency: number): void {
  const value = Math.round(frequency / 100);
  for (let byte = 0; byte < 3; byte++) bytes[offset + byte] = value >> (8 * byte);
}
