/**
 * Takes a PHYPayload apart to the bit, each part with the clause of LoRaWAN 1.0.3 that says so. Any bytes whatever give parts;
 * what cannot be told apart is one of its own. Pure; keys are used elsewhere, what they open is handed in.
 */
import type { FrameField, FramePart } from '../../model/frame.ts';
import { type DataFrame, type Direction, type JoinRequest, MIC_BYTES, parseFrame } from '../lorawan/frame.ts';
import { byte, fieldsOf, hexOf, lengthOf, number, RFU, reversedHexOf } from './layout.ts';
import { COMMANDS, DL_SETTINGS } from './mac-layout.ts';

/** What is known of a frame's content. */
export type OpenedFrame =
  /** FRMPayload in clear, under the full counter. */
  | { readonly payload: Uint8Array; readonly fCnt: number }
  /** A join accept behind its MHDR, MIC included. */
  | { readonly accept: Uint8Array };

const M_TYPES = [
  'Join Request',
  'Join Accept',
  'Unconfirmed Data Up',
  'Unconfirmed Data Down',
  'Confirmed Data Up',
  'Confirmed Data Down',
  'RFU',
  'Proprietary',
] as const;

const MHDR = byte(['MType', 3, (value) => M_TYPES[value] ?? '', '4.2.1'], RFU(3), [
  'Major',
  2,
  (value) => (value === 0 ? 'LoRaWAN R1' : 'RFU'),
  '4.2.2',
]);

const flag = (name: string, clause: string) => [name, 1, String, clause] as const;
const F_OPTS_LEN = ['FOptsLen', 4, (value: number) => `${value} bytes`, '4.3.1.6'] as const;

const F_CTRL = {
  up: byte(
    flag('ADR', '4.3.1.1'),
    flag('ADRACKReq', '4.3.1.1'),
    flag('ACK', '4.3.1.2'),
    flag('Class B', '4.3.1'),
    F_OPTS_LEN,
  ),
  down: byte(flag('ADR', '4.3.1.1'), RFU(1), flag('ACK', '4.3.1.2'), flag('FPending', '4.3.1.4'), F_OPTS_LEN),
} as const;

const RX_DELAY = byte(RFU(4), ['Del', 4, (value) => `${Math.max(1, value)} s`]);
const CF_LIST_BYTES = 16;

/** All parts, in the order of their bytes. */
export function dissect(bytes: Uint8Array, opened: OpenedFrame | undefined): FramePart[] {
  const parsed = parseFrame(bytes);
  if (!parsed.ok) return brokenParts(bytes);
  const { frame } = parsed;
  const head = mhdrPart(bytes);
  switch (frame.kind) {
    case 'data':
      return [head, ...dataParts(frame, opened && 'payload' in opened ? opened : undefined)];
    case 'join-request':
      return [head, ...joinRequestParts(frame)];
    case 'join-accept':
      return [head, ...joinAcceptParts(bytes, opened && 'accept' in opened ? opened.accept : undefined)];
  }
}

function mhdrPart(bytes: Uint8Array): FramePart {
  return part('MHDR', '4.2', bytes, 0, 1, { fields: fieldsOf([MHDR], bytes.subarray(0, 1)) });
}

/** No frame of LoRaWAN 1.0.x, or a broken one. */
function brokenParts(bytes: Uint8Array): FramePart[] {
  if (bytes.length === 0) return [];
  const rest = bytes.length > 1 ? [part('MACPayload', '4.1', bytes, 1, bytes.length)] : [];
  return [mhdrPart(bytes), ...rest];
}

function dataParts(frame: DataFrame, opened: { payload: Uint8Array; fCnt: number } | undefined): FramePart[] {
  const { bytes, direction, devAddr, fCnt16, fOpts, fPort, frmPayload } = frame;
  const fOptsEnd = 8 + fOpts.length;
  const micStart = bytes.length - MIC_BYTES;
  const counter = opened && opened.fCnt !== fCnt16 ? `${fCnt16}, of ${opened.fCnt}` : String(fCnt16);
  return [
    part('DevAddr', '6.1.1', bytes, 1, 5, { value: devAddr }),
    part('FCtrl', '4.3.1', bytes, 5, 6, { fields: fieldsOf([F_CTRL[direction]], bytes.subarray(5, 6)) }),
    part('FCnt', '4.3.1.5', bytes, 6, 8, { value: counter }),
    ...(fOpts.length > 0 ? [part('FOpts', '4.3.1.6', bytes, 8, fOptsEnd)] : []),
    ...commandParts(fOpts, direction, 'FOpts', 8),
    ...(fPort === null
      ? []
      : [part('FPort', '4.3.2', bytes, fOptsEnd, fOptsEnd + 1, { value: portOf(fPort) })]),
    ...(frmPayload.length > 0 ? payloadParts(frame, micStart, opened?.payload) : []),
    part('MIC', '4.4', bytes, micStart, bytes.length),
  ];
}

function portOf(fPort: number): string {
  if (fPort === 0) return '0 (MAC commands)';
  if (fPort === 224) return '224 (compliance test)';
  return fPort > 224 ? `${fPort} (RFU)` : `${fPort} (application)`;
}

function payloadParts(
  { bytes, direction, fPort, frmPayload }: DataFrame,
  end: number,
  clear: Uint8Array | undefined,
): FramePart[] {
  const start = end - frmPayload.length;
  const more = clear ? { clear: hexOf(clear) } : { encrypted: true };
  const commands = fPort === 0 && clear ? commandParts(clear, direction, 'FRMPayload', start) : [];
  return [part('FRMPayload', '4.3.3', bytes, start, end, more), ...commands];
}

/** `commands` in clear, of which the first byte stands at `offset` of the frame. */
function commandParts(
  commands: Uint8Array,
  direction: Direction,
  inside: string,
  offset: number,
): FramePart[] {
  const parts: FramePart[] = [];
  let at = 0;
  while (at < commands.length) {
    const layout = COMMANDS[direction].get(commands[at] ?? 0);
    const end = layout ? at + 1 + lengthOf(layout.groups) : Number.POSITIVE_INFINITY;
    const place = { inside, offset: offset + at };
    // The length of a command is known from what it is only: nothing behind one that is not known can be read.
    if (!layout || end > commands.length) {
      parts.push({
        ...{ name: layout ? layout.name : '?', ...place, bytes: hexOf(commands.subarray(at)), clause: '5' },
        value: layout ? 'cut off' : 'not a command of this specification',
        fields: [],
      });
      break;
    }
    parts.push({
      ...{ name: layout.name, ...place, bytes: hexOf(commands.subarray(at, end)), clause: layout.clause },
      fields: fieldsOf(layout.groups, commands.subarray(at + 1, end)),
    });
    at = end;
  }
  return parts;
}

function joinRequestParts({ bytes, joinEui, devEui, devNonce }: JoinRequest): FramePart[] {
  return [
    part('JoinEUI', '6.2.4', bytes, 1, 9, { value: joinEui }),
    part('DevEUI', '6.2.4', bytes, 9, 17, { value: devEui }),
    part('DevNonce', '6.2.4', bytes, 17, 19, { value: String(devNonce) }),
    part('MIC', '6.2.4', bytes, 19, bytes.length),
  ];
}

function joinAcceptParts(bytes: Uint8Array, clear: Uint8Array | undefined): FramePart[] {
  if (!clear) {
    const name = bytes.length > 17 ? 'JoinNonce … CFList, MIC' : 'JoinNonce … RxDelay, MIC';
    return [part(name, '6.2.5', bytes, 1, bytes.length, { encrypted: true })];
  }
  const one = (name: string, from: number, to: number, more: PartMore): FramePart =>
    part(name, '6.2.5', bytes, from, to, { clear: hexOf(clear.subarray(from - 1, to - 1)), ...more });
  const at = (from: number, to: number): Uint8Array => clear.subarray(from - 1, to - 1);
  const micStart = bytes.length - MIC_BYTES;
  return [
    one('JoinNonce', 1, 4, { value: reversedHexOf(at(1, 4)) }),
    one('NetID', 4, 7, { value: reversedHexOf(at(4, 7)) }),
    one('DevAddr', 7, 11, { value: reversedHexOf(at(7, 11)) }),
    one('DLSettings', 11, 12, { fields: fieldsOf([DL_SETTINGS], at(11, 12)) }),
    one('RxDelay', 12, 13, { fields: fieldsOf([RX_DELAY], at(12, 13)) }),
    ...(micStart > 13 ? [one('CFList', 13, micStart, { fields: cfListFields(at(13, micStart)) })] : []),
    one('MIC', micStart, bytes.length, {}),
  ];
}

/** By its last byte a list of frequencies, or of channel masks (Regional Parameters). */
function cfListFields(list: Uint8Array): FrameField[] {
  const type = list[CF_LIST_BYTES - 1] ?? 0;
  const body = list.subarray(0, CF_LIST_BYTES - 1);
  const kind = { name: 'CFListType', value: String(type) };
  if (type === 0) {
    const groups = [1, 2, 3, 4, 5].map((place) =>
      number(`Frequency ${place}`, 3, (steps) => (steps === 0 ? 'none' : `${steps / 10_000} MHz`)),
    );
    return [...fieldsOf(groups, body), kind];
  }
  const mask = (value: number): string => value.toString(2).padStart(16, '0');
  const groups = [0, 1, 2, 3, 4].map((index) => number(`ChMask${index}`, 2, mask));
  return [...fieldsOf(groups, body), kind];
}

type PartMore = Partial<Omit<FramePart, 'name' | 'clause' | 'offset' | 'bytes'>>;

function part(
  name: string,
  clause: string,
  bytes: Uint8Array,
  from: number,
  to: number,
  more: PartMore = {},
): FramePart {
  return { name, clause, offset: from, bytes: hexOf(bytes.subarray(from, to)), fields: [], ...more };
}
