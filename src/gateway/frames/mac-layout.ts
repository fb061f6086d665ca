/** The MAC commands of LoRaWAN 1.0.x (§5), bit by bit, as data. Those of `mac/` are what the network server acts on. Pure. */
import { DOWNLINK_CID, type DownlinkKind, UPLINK_CID, type UplinkKind } from '../mac/command.ts';
import { MAX_EIRPS } from '../region/power.ts';
import { type ByteGroup, byte, number, RFU } from './layout.ts';

export interface CommandLayout {
  readonly name: UplinkKind | DownlinkKind;
  readonly clause: string;
  /** Behind the CID. */
  readonly groups: readonly ByteGroup[];
}

const hertz = (steps: number): string => (steps === 0 ? '0 (none)' : `${steps / 10_000} MHz`);
const seconds = (value: number): string => `${Math.max(1, value)} s`;
const decibels = (value: number): string => `${value} dB`;
/** Six bits, the sixth the sign. */
const signedDecibels = (value: number): string => decibels((value ^ 32) - 32);
const ok = (value: number): string => (value === 1 ? '1 (yes)' : '0 (no)');
const dwell = (value: number): string => (value === 1 ? '400 ms' : 'no limit');
const share = (value: number): string => (value === 0 ? '0 (no limit)' : `1/${2 ** value}`);
const mask = (value: number): string => value.toString(2).padStart(16, '0');

function battery(value: number): string {
  if (value === 0) return '0 (external power)';
  return value === 255 ? '255 (not known)' : `${value} (${Math.round((value / 254) * 100)} %)`;
}

const DL_SETTINGS = byte(RFU(1), ['RX1DROffset', 3], ['RX2DataRate', 4]);
const FREQUENCY = number('Frequency', 3, hertz);

const UP: Readonly<Record<UplinkKind, Omit<CommandLayout, 'name'>>> = {
  LinkCheckReq: { clause: '5.1', groups: [] },
  LinkADRAns: {
    clause: '5.2',
    groups: [byte(RFU(5), ['Power ACK', 1, ok], ['Data rate ACK', 1, ok], ['Channel mask ACK', 1, ok])],
  },
  DutyCycleAns: { clause: '5.3', groups: [] },
  RXParamSetupAns: {
    clause: '5.4',
    groups: [byte(RFU(5), ['RX1DROffset ACK', 1, ok], ['RX2 data rate ACK', 1, ok], ['Channel ACK', 1, ok])],
  },
  DevStatusAns: {
    clause: '5.5',
    groups: [number('Battery', 1, battery), byte(RFU(2), ['Margin', 6, signedDecibels])],
  },
  NewChannelAns: {
    clause: '5.6',
    groups: [byte(RFU(6), ['Data-rate range ok', 1, ok], ['Channel frequency ok', 1, ok])],
  },
  RXTimingSetupAns: { clause: '5.7', groups: [] },
  TxParamSetupAns: { clause: '5.8', groups: [] },
  DlChannelAns: {
    clause: '5.6',
    groups: [byte(RFU(6), ['Uplink frequency exists', 1, ok], ['Channel frequency ok', 1, ok])],
  },
  DeviceTimeReq: { clause: '5.9', groups: [] },
};

const DOWN: Readonly<Record<DownlinkKind, Omit<CommandLayout, 'name'>>> = {
  LinkCheckAns: { clause: '5.1', groups: [number('Margin', 1, decibels), number('GwCnt', 1)] },
  LinkADRReq: {
    clause: '5.2',
    groups: [
      byte(['DataRate', 4], ['TXPower', 4]),
      number('ChMask', 2, mask),
      byte(RFU(1), ['ChMaskCntl', 3], ['NbTrans', 4]),
    ],
  },
  DutyCycleReq: { clause: '5.3', groups: [byte(RFU(4), ['MaxDCycle', 4, share])] },
  RXParamSetupReq: { clause: '5.4', groups: [DL_SETTINGS, FREQUENCY] },
  DevStatusReq: { clause: '5.5', groups: [] },
  NewChannelReq: {
    clause: '5.6',
    groups: [number('ChIndex', 1), FREQUENCY, byte(['MaxDR', 4], ['MinDR', 4])],
  },
  RXTimingSetupReq: { clause: '5.7', groups: [byte(RFU(4), ['Del', 4, seconds])] },
  TxParamSetupReq: {
    clause: '5.8',
    groups: [
      byte(
        RFU(2),
        ['DownlinkDwellTime', 1, dwell],
        ['UplinkDwellTime', 1, dwell],
        ['MaxEIRP', 4, (index) => `${MAX_EIRPS[index] ?? '?'} dBm`],
      ),
    ],
  },
  DlChannelReq: { clause: '5.6', groups: [number('ChIndex', 1), FREQUENCY] },
  DeviceTimeAns: {
    clause: '5.9',
    groups: [number('Seconds since the GPS epoch', 4), number('Fraction', 1, (value) => `${value}/256 s`)],
  },
};

/** By direction and CID. */
export const COMMANDS: Readonly<Record<'up' | 'down', ReadonlyMap<number, CommandLayout>>> = {
  up: byCid(UP, UPLINK_CID),
  down: byCid(DOWN, DOWNLINK_CID),
};

export { DL_SETTINGS };

function byCid<Kind extends UplinkKind | DownlinkKind>(
  layouts: Readonly<Record<Kind, Omit<CommandLayout, 'name'>>>,
  cids: Readonly<Record<Kind, number>>,
): ReadonlyMap<number, CommandLayout> {
  return new Map((Object.keys(layouts) as Kind[]).map((name) => [cids[name], { name, ...layouts[name] }]));
}
