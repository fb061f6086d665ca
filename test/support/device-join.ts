/** A device's side of a join, which the box never plays: writes requests, reads accepts (lorawan/join.ts has the layouts). */
import { createCipheriv } from 'node:crypto';
import { BLOCK_BYTES, createBlocks } from '../../src/gateway/lorawan/aes.ts';
import { createCmac } from '../../src/gateway/lorawan/cmac.ts';
import { type JoinRequest, M_TYPE, MIC_BYTES } from '../../src/gateway/lorawan/frame.ts';
import type { JoinAcceptFields } from '../../src/gateway/lorawan/join.ts';
import { CFLIST_BYTES, type CFList } from '../../src/gateway/region/cflist.ts';

export type JoinAcceptFault = 'not_a_join_accept' | 'bad_length' | 'bad_mic' | 'bad_cflist';
export type ReadJoinAccept =
  | { readonly ok: true; readonly fields: JoinAcceptFields }
  | { readonly ok: false; readonly reason: JoinAcceptFault };

const REQUEST_BYTES = 23;
const ACCEPT_BYTES = 17;
const CFLIST_MASKS = 7;
const CFLIST_FREQUENCIES = 5;

/** The PHYPayload of a join request, as a device sends it. EUIs are 16 hex digits, most significant byte first. */
export function encodeJoinRequest(
  fields: Pick<JoinRequest, 'joinEui' | 'devEui' | 'devNonce'>,
  appKey: string,
): Uint8Array {
  const frame = new Uint8Array(REQUEST_BYTES);
  frame[0] = M_TYPE.joinRequest << 5;
  writeReversed(frame, 1, fields.joinEui);
  writeReversed(frame, 9, fields.devEui);
  frame[17] = fields.devNonce;
  frame[18] = fields.devNonce >> 8;
  frame.set(micOf(frame.subarray(0, 19), keyBytes(appKey)), 19);
  return frame;
}

/** What a device reads in a join accept meant for it. `bytes` are the PHYPayload as it came. */
export function readJoinAccept(bytes: Uint8Array, appKey: string): ReadJoinAccept {
  if (bytes[0] !== M_TYPE.joinAccept << 5) return { ok: false, reason: 'not_a_join_accept' };
  if (bytes.length !== ACCEPT_BYTES && bytes.length !== ACCEPT_BYTES + CFLIST_BYTES) {
    return { ok: false, reason: 'bad_length' };
  }
  const key = keyBytes(appKey);
  const frame = Uint8Array.from(bytes);
  frame.set(encryptBlocks(key, frame.subarray(1)), 1);
  const micStart = frame.length - MIC_BYTES;
  const mic = micOf(frame.subarray(0, micStart), key);
  if (Buffer.compare(mic, frame.subarray(micStart)) !== 0) return { ok: false, reason: 'bad_mic' };
  const cfList = micStart > 13 ? decodeCFList(frame.subarray(13, micStart)) : null;
  if (cfList === undefined) return { ok: false, reason: 'bad_cflist' };
  const [settings = 0, delay = 0] = frame.subarray(11, 13);
  return {
    ok: true,
    fields: {
      joinNonce: Number.parseInt(reversedHex(frame, 1, 3), 16),
      netId: reversedHex(frame, 4, 3),
      devAddr: reversedHex(frame, 7, 4),
      rx1DataRateOffset: (settings >> 4) & 7,
      rx2DataRate: settings & 15,
      rx1DelayS: Math.max(1, delay & 15),
      cfList,
    },
  };
}

/** undefined for another length or a type not known. */
export function decodeCFList(bytes: Uint8Array): CFList | undefined {
  if (bytes.length !== CFLIST_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint8(CFLIST_BYTES - 1);
  if (type === 1) {
    return {
      kind: 'masks',
      masks: Array.from({ length: CFLIST_MASKS }, (_, index) => view.getUint16(2 * index, true)),
    };
  }
  if (type !== 0) return undefined;
  const frequencies = Array.from(
    { length: CFLIST_FREQUENCIES },
    (_, index) => (view.getUint16(3 * index, true) | (view.getUint8(3 * index + 2) << 16)) * 100,
  );
  return { kind: 'channels', frequencies: frequencies.filter((frequency) => frequency > 0) };
}

function micOf(message: Uint8Array, key: Uint8Array): Uint8Array {
  const blocks = createBlocks(Math.ceil(message.length / BLOCK_BYTES));
  blocks.bytes.set(message);
  return new Uint8Array(createCmac(key).mac(blocks, message.length).buffer).slice(0, MIC_BYTES);
}

function encryptBlocks(key: Uint8Array, blocks: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null);
  cipher.setAutoPadding(false);
  return cipher.update(blocks);
}

function keyBytes(appKey: string): Uint8Array {
  const bytes = Buffer.from(appKey, 'hex');
  if (appKey.length !== 32 || bytes.length !== 16) throw new TypeError('AppKey must be 32 hex digits');
  return bytes;
}

function writeReversed(target: Uint8Array, offset: number, hex: string): void {
  target.set(Buffer.from(hex, 'hex').reverse(), offset);
}

function reversedHex(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.subarray(start, start + length))
    .reverse()
    .toString('hex');
}
