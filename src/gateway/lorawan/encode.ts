/**
 * Writes a signed and encrypted data frame, up or down: what a device sends (simulator, tests) and what a network server
 * answers. Writes every shape the specification allows, a bare acknowledgement and a frame with FOpts only included.
 */
import { computeMic, cryptPayload, type SessionKeys } from './crypto.ts';
import { type Direction, F_CTRL, type FCtrl, M_TYPE, MAX_FRAME_BYTES, MIC_BYTES } from './frame.ts';

export interface DataFrameFields {
  readonly direction: Direction;
  readonly confirmed?: boolean;
  /** 8 hex digits, most significant byte first. */
  readonly devAddr: string;
  /** The full 32-bit counter; the frame carries its lower half. */
  readonly fCnt: number;
  readonly fCtrl?: Partial<FCtrl>;
  /** At most 15 bytes; none on FPort 0. */
  readonly fOpts?: Uint8Array;
  /** null or absent: no port, and then no payload. */
  readonly fPort?: number | null;
  /** In clear. */
  readonly payload?: Uint8Array;
}

const HEADER_BYTES = 8;
const MAX_FOPTS_BYTES = 15;
const NOTHING = new Uint8Array(0);

/** The PHYPayload. Fields that no frame can hold are a programming error and throw a RangeError. */
export function encodeDataFrame(fields: DataFrameFields, keys: SessionKeys): Uint8Array {
  const { direction, devAddr, fCnt, fOpts = NOTHING, fPort = null, payload = NOTHING } = fields;
  checkFields(fields);
  const portStart = HEADER_BYTES + fOpts.length;
  const micStart = portStart + (fPort === null ? 0 : 1 + payload.length);
  const frame = new Uint8Array(micStart + MIC_BYTES);
  const view = new DataView(frame.buffer);
  frame[0] = messageType(direction, fields.confirmed === true) << 5;
  view.setUint32(1, Number.parseInt(devAddr, 16), true);
  frame[5] = controlByte(fields.fCtrl) | fOpts.length;
  view.setUint16(6, fCnt & 0xffff, true);
  frame.set(fOpts, HEADER_BYTES);
  if (fPort !== null) {
    frame[portStart] = fPort;
    frame.set(cryptPayload(payload, { direction, devAddr, fCnt, fPort }, keys), portStart + 1);
  }
  view.setUint32(micStart, computeMic(frame.subarray(0, micStart), direction, fCnt, keys), true);
  return frame;
}

function checkFields({ fCnt, fOpts = NOTHING, fPort = null, payload = NOTHING }: DataFrameFields): void {
  if (!Number.isInteger(fCnt) || fCnt < 0 || fCnt > 0xffff_ffff)
    throw new RangeError(`no frame counter: ${fCnt}`);
  if (fOpts.length > MAX_FOPTS_BYTES) throw new RangeError(`${fOpts.length} bytes of FOpts, at most 15 fit`);
  if (fPort === null && payload.length > 0) throw new RangeError('a payload needs a port');
  if (fPort === 0 && fOpts.length > 0) throw new RangeError('no FOpts on port 0');
  const length = HEADER_BYTES + fOpts.length + 1 + payload.length + MIC_BYTES;
  if (length > MAX_FRAME_BYTES)
    throw new RangeError(`a frame of ${length} bytes, at most ${MAX_FRAME_BYTES} fit`);
}

function messageType(direction: Direction, confirmed: boolean): number {
  if (direction === 'up') return confirmed ? M_TYPE.confirmedUp : M_TYPE.unconfirmedUp;
  return confirmed ? M_TYPE.confirmedDown : M_TYPE.unconfirmedDown;
}

function controlByte(fCtrl: Partial<FCtrl> = {}): number {
  return (
    (fCtrl.adr ? F_CTRL.adr : 0) |
    (fCtrl.adrAckReq ? F_CTRL.adrAckReq : 0) |
    (fCtrl.ack ? F_CTRL.ack : 0) |
    (fCtrl.fPending ? F_CTRL.fPending : 0)
  );
}
