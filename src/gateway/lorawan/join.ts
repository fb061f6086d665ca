/**
 * Activation over the air, LoRaWAN 1.0.x §6.2: checks a join request, writes a join accept, derives the session
 * keys. All under one root key, the AppKey, given as 32 hex digits; a key of another form is a programming error and throws.
 *
 *     request: MHDR 1 | JoinEUI 8 LE | DevEUI 8 LE | DevNonce 2 LE | MIC 4
 *     accept:  MHDR 1 | JoinNonce 3 LE | NetID 3 LE | DevAddr 4 LE | DLSettings 1 | RxDelay 1 | [CFList 16] | MIC 4
 *
 * All of an accept after MHDR goes through AES *decrypt*, so that a device needs AES encrypt only.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { MacVersion } from '../../model/lorawan.ts';
import { CFLIST_BYTES, type CFList, encodeCFList } from '../region/cflist.ts';
import { BLOCK_BYTES, createBlocks } from './aes.ts';
import { createCmac } from './cmac.ts';
import { type JoinRequest, M_TYPE, MIC_BYTES } from './frame.ts';
import { isAtLeast } from './version.ts';

export interface JoinAcceptFields {
  /** 24 bits. */
  readonly joinNonce: number;
  /** 6 hex digits, most significant byte first. */
  readonly netId: string;
  /** 8 hex digits, most significant byte first. */
  readonly devAddr: string;
  /** 0 to 7. */
  readonly rx1DataRateOffset: number;
  /** 0 to 15. */
  readonly rx2DataRate: number;
  /** Seconds from an uplink's end to RX1, 1 to 15. */
  readonly rx1DelayS: number;
  readonly cfList: CFList | null;
}

/** 32 lower-case hex digits each. Secrets. */
export interface DerivedKeys {
  readonly nwkSKey: string;
  readonly appSKey: string;
}

const ACCEPT_BYTES = 17;
const MAX_UINT24 = 0xff_ffff;

/** Whether the request was signed with this AppKey. */
export function verifyJoinRequest(request: JoinRequest, appKey: string): boolean {
  const micStart = request.bytes.length - MIC_BYTES;
  if (micStart < 0) return false;
  const mic = micOf(request.bytes.subarray(0, micStart), keyBytes(appKey));
  return Buffer.compare(mic, request.bytes.subarray(micStart)) === 0;
}

/** The PHYPayload, signed and encrypted. Fields that do not fit are a programming error and throw a RangeError. */
export function encodeJoinAccept(fields: JoinAcceptFields, appKey: string): Uint8Array {
  checkAccept(fields);
  const key = keyBytes(appKey);
  const frame = new Uint8Array(ACCEPT_BYTES + (fields.cfList ? CFLIST_BYTES : 0));
  frame[0] = M_TYPE.joinAccept << 5;
  writeReversed(frame, 1, hex24(fields.joinNonce));
  writeReversed(frame, 4, fields.netId);
  writeReversed(frame, 7, fields.devAddr);
  frame[11] = (fields.rx1DataRateOffset << 4) | fields.rx2DataRate;
  frame[12] = fields.rx1DelayS;
  if (fields.cfList) frame.set(encodeCFList(fields.cfList), 13);
  const micStart = frame.length - MIC_BYTES;
  frame.set(micOf(frame.subarray(0, micStart), key), micStart);
  const cipher = createDecipheriv('aes-128-ecb', key, null);
  cipher.setAutoPadding(false);
  frame.set(cipher.update(frame.subarray(1)), 1);
  return frame;
}

/** What a device reads of an accept: all behind MHDR in clear, its MIC included. undefined where it is of another AppKey. */
export function openJoinAccept(bytes: Uint8Array, appKey: string): Uint8Array | undefined {
  const key = keyBytes(appKey);
  if (bytes.length < ACCEPT_BYTES || bytes.length % BLOCK_BYTES !== 1) return undefined;
  const clear = Uint8Array.from(bytes);
  clear.set(encryptBlocks(key, bytes.subarray(1)), 1);
  const micStart = clear.length - MIC_BYTES;
  const isOurs = Buffer.compare(micOf(clear.subarray(0, micStart), key), clear.subarray(micStart)) === 0;
  return isOurs ? clear.subarray(1) : undefined;
}

/** The keys of the session that a join opens. */
export function deriveSessionKeys(
  appKey: string,
  join: { readonly joinNonce: number; readonly netId: string; readonly devNonce: number },
): DerivedKeys {
  const block = new Uint8Array(BLOCK_BYTES);
  writeReversed(block, 1, hex24(join.joinNonce));
  writeReversed(block, 4, join.netId);
  block[7] = join.devNonce;
  block[8] = join.devNonce >> 8;
  const key = keyBytes(appKey);
  const derived = (kind: number) => {
    block[0] = kind;
    return encryptBlocks(key, block).toString('hex');
  };
  return { nwkSKey: derived(1), appSKey: derived(2) };
}

export interface DevNonceHistory {
  /** The newest one taken from this device under this JoinEUI; null before the first. */
  readonly last: number | null;
  /** All taken. */
  readonly used: { has(devNonce: number): boolean };
}

/** Why a DevNonce is refused; stable, used as a counter's label. */
export type DevNonceFault = 'dev_nonce_used' | 'dev_nonce_not_greater';

/**
 * Whether a join may go on: null, or the fault. Up to 1.0.3 a DevNonce is random and none may come twice; from 1.0.4 it
 * counts up, and only a greater one than the last is new.
 */
export function checkDevNonce(
  version: MacVersion,
  devNonce: number,
  history: DevNonceHistory,
): DevNonceFault | null {
  if (isAtLeast(version, '1.0.4')) {
    return history.last !== null && devNonce <= history.last ? 'dev_nonce_not_greater' : null;
  }
  return history.used.has(devNonce) ? 'dev_nonce_used' : null;
}

/** The JoinNonce after `last` (null before the first join); undefined when all 2^24 are used up. */
export function nextJoinNonce(last: number | null): number | undefined {
  const next = last === null ? 1 : last + 1;
  return next > MAX_UINT24 ? undefined : next;
}

/** Bits of NwkID by the NetID's type, its upper three bits (LoRaWAN Backend Interfaces §13). */
const NWK_ID_BITS = [6, 6, 9, 11, 12, 13, 15, 17];

/**
 * A DevAddr of the network `netId` (6 hex digits): its prefix, and the rest from `random`, which gives numbers in [0, 1).
 * 8 lower-case hex digits.
 */
export function devAddrUnder(netId: string, random: () => number): string {
  const { prefix, bits } = devAddrPrefix(netId);
  const own = Math.floor(random() * 2 ** (32 - bits));
  return (prefix * 2 ** (32 - bits) + own).toString(16).padStart(8, '0');
}

/** The upper bits of all DevAddrs of a network: its type in unary, a zero, and the lower bits of the NetID. */
function devAddrPrefix(netId: string): { prefix: number; bits: number } {
  const value = Number.parseInt(netId, 16);
  const type = value >> 21;
  const idBits = NWK_ID_BITS[type] ?? 6;
  const unary = 2 ** (type + 1) - 2;
  return { prefix: unary * 2 ** idBits + (value % 2 ** idBits), bits: type + 1 + idBits };
}

function checkAccept(fields: JoinAcceptFields): void {
  const { joinNonce, rx1DataRateOffset, rx2DataRate, rx1DelayS, netId, devAddr } = fields;
  const inRange = (value: number, min: number, max: number) =>
    Number.isInteger(value) && value >= min && value <= max;
  if (!inRange(joinNonce, 0, MAX_UINT24)) throw new RangeError(`no JoinNonce: ${joinNonce}`);
  if (!inRange(rx1DataRateOffset, 0, 7)) throw new RangeError(`no RX1DROffset: ${rx1DataRateOffset}`);
  if (!inRange(rx2DataRate, 0, 15)) throw new RangeError(`no RX2 data rate: ${rx2DataRate}`);
  if (!inRange(rx1DelayS, 1, 15)) throw new RangeError(`no RX1 delay: ${rx1DelayS}`);
  if (!/^[0-9a-f]{6}$/i.test(netId)) throw new RangeError(`no NetID: ${netId}`);
  if (!/^[0-9a-f]{8}$/i.test(devAddr)) throw new RangeError(`no DevAddr: ${devAddr}`);
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

function hex24(value: number): string {
  return value.toString(16).padStart(6, '0');
}

function writeReversed(target: Uint8Array, offset: number, hex: string): void {
  target.set(Buffer.from(hex, 'hex').reverse(), offset);
}
