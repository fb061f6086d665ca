/**
 * Reads a LoRaWAN 1.0.x PHYPayload: the bytes of one radio frame, as a gateway heard them.
 * Any bytes may come in: every length is checked before a slice, nothing throws, and what is not a frame has a stable
 * reason. The byte fields of a parsed frame are views of the input, so the input must not be written to afterwards.
 *
 *     MHDR 1 | DevAddr 4 LE | FCtrl 1 | FCnt 2 LE | FOpts 0..15 | [FPort 1 | FRMPayload] | MIC 4
 */

/** Why bytes are no frame we take; stable, used as a counter's label. */
export type FrameFault =
  | 'too_short'
  | 'too_long'
  | 'bad_major'
  | 'bad_length'
  | 'truncated_fopts'
  | 'fopts_with_port_0'
  | 'unsupported_mtype';

/** Frame control bits. `fPending` is bit 4: FPending in a downlink, ClassB in an uplink. */
export interface FCtrl {
  readonly adr: boolean;
  readonly adrAckReq: boolean;
  readonly ack: boolean;
  readonly fPending: boolean;
}

export type Direction = 'up' | 'down';

/** A data frame, still encrypted and unverified. */
export interface DataFrame {
  readonly kind: 'data';
  readonly direction: Direction;
  readonly confirmed: boolean;
  /** 8 lower-case hex digits, most significant byte first. */
  readonly devAddr: string;
  readonly fCtrl: FCtrl;
  /** The lower 16 bits of the frame counter. */
  readonly fCnt16: number;
  readonly fOpts: Uint8Array;
  /** null for a frame without a port; then `frmPayload` is empty. */
  readonly fPort: number | null;
  /** Encrypted. */
  readonly frmPayload: Uint8Array;
  /** The whole PHYPayload, MIC included. */
  readonly bytes: Uint8Array;
}

export interface JoinRequest {
  readonly kind: 'join-request';
  /** 16 lower-case hex digits, most significant byte first. */
  readonly joinEui: string;
  readonly devEui: string;
  readonly devNonce: number;
  readonly bytes: Uint8Array;
}

/** Encrypted under the device's root key, so opaque here. */
export interface JoinAccept {
  readonly kind: 'join-accept';
  readonly bytes: Uint8Array;
}

export type Frame = DataFrame | JoinRequest | JoinAccept;
export type ParsedFrame =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly reason: FrameFault };

/** LoRa's length field has eight bits, and so has the length in the MIC's first block. */
export const MAX_FRAME_BYTES = 255;
/** MHDR, DevAddr, FCtrl, FCnt and MIC. */
const MIN_DATA_BYTES = 12;
const HEADER_BYTES = 8;
export const MIC_BYTES = 4;
const JOIN_REQUEST_BYTES = 23;
/** Without and with a list of channels. */
const JOIN_ACCEPT_BYTES = [17, 33];

export const M_TYPE = {
  joinRequest: 0,
  joinAccept: 1,
  unconfirmedUp: 2,
  unconfirmedDown: 3,
  confirmedUp: 4,
  confirmedDown: 5,
} as const;

export const F_CTRL = { adr: 0x80, adrAckReq: 0x40, ack: 0x20, fPending: 0x10, fOptsLength: 0x0f } as const;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Parses one PHYPayload. Says nothing about its authenticity: see `verifyMic`. */
export function parseFrame(bytes: Uint8Array): ParsedFrame {
  const mhdr = bytes[0];
  if (mhdr === undefined) return fault('too_short');
  if (bytes.length > MAX_FRAME_BYTES) return fault('too_long');
  if ((mhdr & 0x03) !== 0) return fault('bad_major');
  switch (mhdr >> 5) {
    case M_TYPE.unconfirmedUp:
      return parseData(bytes, 'up', false);
    case M_TYPE.confirmedUp:
      return parseData(bytes, 'up', true);
    case M_TYPE.unconfirmedDown:
      return parseData(bytes, 'down', false);
    case M_TYPE.confirmedDown:
      return parseData(bytes, 'down', true);
    case M_TYPE.joinRequest:
      return parseJoinRequest(bytes);
    case M_TYPE.joinAccept:
      if (!JOIN_ACCEPT_BYTES.includes(bytes.length)) return fault('bad_length');
      return { ok: true, frame: { kind: 'join-accept', bytes } };
    default:
      return fault('unsupported_mtype');
  }
}

function parseData(bytes: Uint8Array, direction: Direction, confirmed: boolean): ParsedFrame {
  if (bytes.length < MIN_DATA_BYTES) return fault('too_short');
  const control = byteAt(bytes, 5);
  const micStart = bytes.length - MIC_BYTES;
  const fOptsEnd = HEADER_BYTES + (control & F_CTRL.fOptsLength);
  if (fOptsEnd > micStart) return fault('truncated_fopts');
  const fPort = fOptsEnd < micStart ? byteAt(bytes, fOptsEnd) : null;
  // MAC commands may stand in FOpts or in the payload, never in both: a device's frame like that shall be ignored.
  if (fPort === 0 && fOptsEnd > HEADER_BYTES) return fault('fopts_with_port_0');
  return {
    ok: true,
    frame: {
      kind: 'data',
      direction,
      confirmed,
      devAddr: reversedHex(bytes, 1, 4),
      fCtrl: {
        adr: (control & F_CTRL.adr) !== 0,
        adrAckReq: (control & F_CTRL.adrAckReq) !== 0,
        ack: (control & F_CTRL.ack) !== 0,
        fPending: (control & F_CTRL.fPending) !== 0,
      },
      fCnt16: byteAt(bytes, 6) | (byteAt(bytes, 7) << 8),
      fOpts: bytes.subarray(HEADER_BYTES, fOptsEnd),
      fPort,
      frmPayload: bytes.subarray(Math.min(fOptsEnd + 1, micStart), micStart),
      bytes,
    },
  };
}

function parseJoinRequest(bytes: Uint8Array): ParsedFrame {
  if (bytes.length !== JOIN_REQUEST_BYTES) return fault('bad_length');
  return {
    ok: true,
    frame: {
      kind: 'join-request',
      joinEui: reversedHex(bytes, 1, 8),
      devEui: reversedHex(bytes, 9, 8),
      devNonce: byteAt(bytes, 17) | (byteAt(bytes, 18) << 8),
      bytes,
    },
  };
}

function fault(reason: FrameFault): ParsedFrame {
  return { ok: false, reason };
}

/** The byte at an index already checked against the length. */
function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

/** Hex of a little-endian number, most significant byte first. */
function reversedHex(bytes: Uint8Array, start: number, length: number): string {
  let hex = '';
  for (let index = start + length - 1; index >= start; index--) hex += HEX[byteAt(bytes, index)];
  return hex;
}
