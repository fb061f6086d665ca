/**
 * What a LoRaWAN 1.0.x session does to a data frame: the MIC over header and payload, and the payload's key stream
 * (§4.3.3, §4.4). The hot path of the appliance: keys are expanded once a session.
 */
import { type AesKey, BLOCK_BYTES, BLOCK_WORDS, createBlocks, encryptInto, expandKey } from './aes.ts';
import { type Cmac, createCmac } from './cmac.ts';
import { type DataFrame, type Direction, MAX_FRAME_BYTES, MIC_BYTES } from './frame.ts';

/**
 * A session's prepared state; opaque to its holder. Keys are expanded when first needed, so a thousand silent devices
 * cost little. They stay in the closure: nothing to print or log.
 */
export interface SessionKeys {
  /** Computes MICs under the NwkSKey. */
  cmac(): Cmac;
  /** Of the payload's key stream: the NwkSKey on FPort 0, else the AppSKey. */
  streamKey(fPort: number): AesKey;
}

/** Where in the session a payload stands: what its key stream depends on besides the key. */
export interface PayloadPlace {
  readonly direction: Direction;
  /** 8 hex digits, most significant byte first. */
  readonly devAddr: string;
  /** The full 32-bit counter. */
  readonly fCnt: number;
  readonly fPort: number;
}

/** B0, the message and its padding; shared, since a MIC is computed without a pause. */
const signed = createBlocks(1 + Math.ceil((MAX_FRAME_BYTES + 1) / BLOCK_BYTES));
/** An A block, and what becomes of it. */
const counterBlock = new Int32Array(BLOCK_WORDS);
const stream = createBlocks(1);

/** Prepares a session from its two keys, 32 hex digits each; anything else is a programming error and throws. */
export function createSessionKeys(nwkSKeyHex: string, appSKeyHex: string): SessionKeys {
  const nwkSKey = keyBytes('NwkSKey', nwkSKeyHex);
  const appSKey = keyBytes('AppSKey', appSKeyHex);
  let cmac: Cmac | undefined;
  let network: AesKey | undefined;
  let application: AesKey | undefined;
  return {
    cmac() {
      cmac ??= createCmac(nwkSKey);
      return cmac;
    },
    streamKey(fPort) {
      if (fPort === 0) {
        network ??= expandKey(nwkSKey);
        return network;
      }
      application ??= expandKey(appSKey);
      return application;
    },
  };
}

/**
 * The MIC of `message` (MHDR to FRMPayload, without the MIC) under the full 32-bit counter, as the unsigned number its
 * four bytes make little-endian.
 */
export function computeMic(
  message: Uint8Array,
  direction: Direction,
  fCnt: number,
  keys: SessionKeys,
): number {
  const { bytes, words } = signed;
  const devAddr = readUint32(message, 1);
  words[0] = 0x49;
  placeInto(words, direction, devAddr, fCnt, message.length);
  bytes.set(message, BLOCK_BYTES);
  return (keys.cmac().mac(signed, BLOCK_BYTES + message.length)[0] ?? 0) >>> 0;
}

/** Whether the frame was signed with these keys under the full counter `fCnt`. */
export function verifyMic(frame: DataFrame, keys: SessionKeys, fCnt: number): boolean {
  const micStart = frame.bytes.length - MIC_BYTES;
  const expected = computeMic(frame.bytes.subarray(0, micStart), frame.direction, fCnt, keys);
  return expected === readUint32(frame.bytes, micStart);
}

/** The frame's payload in clear, in new bytes; empty for a frame without a port. Verify the MIC first. */
export function decryptPayload(frame: DataFrame, keys: SessionKeys, fCnt: number): Uint8Array {
  if (frame.fPort === null) return new Uint8Array(0);
  const { direction, devAddr, fPort } = frame;
  return cryptPayload(frame.frmPayload, { direction, devAddr, fCnt, fPort }, keys);
}

/** Encrypts or decrypts a payload (the two are the same), into new bytes. */
export function cryptPayload(payload: Uint8Array, place: PayloadPlace, keys: SessionKeys): Uint8Array {
  const { direction, devAddr, fCnt, fPort } = place;
  const clear = new Uint8Array(payload.length);
  const key = payload.length > 0 ? keys.streamKey(fPort) : undefined;
  const address = Number.parseInt(devAddr, 16);
  counterBlock[0] = 0x01;
  for (let start = 0; key && start < payload.length; start += BLOCK_BYTES) {
    placeInto(counterBlock, direction, address, fCnt, start / BLOCK_BYTES + 1);
    stream.words.fill(0);
    encryptInto(stream.words, key, counterBlock, 0);
    const end = Math.min(payload.length, start + BLOCK_BYTES);
    for (let index = start; index < end; index++)
      clear[index] = (payload[index] ?? 0) ^ (stream.bytes[index - start] ?? 0);
  }
  return clear;
}

/** Bytes 4 to 15 of the blocks B0 and A: direction, address and counter (little-endian), and what is told by their last. */
function placeInto(
  words: Int32Array,
  direction: Direction,
  devAddr: number,
  fCnt: number,
  last: number,
): void {
  words[1] = (direction === 'up' ? 0 : 1 << 8) | (devAddr << 16);
  words[2] = (devAddr >>> 16) | (fCnt << 16);
  words[3] = (fCnt >>> 16) | (last << 24);
}

function keyBytes(name: string, hex: string): Uint8Array {
  const bytes = Buffer.from(hex, 'hex');
  if (hex.length !== 32 || bytes.length !== 16) throw new TypeError(`${name} must be 32 hex digits`);
  return bytes;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  const low = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16);
  return (low | ((bytes[offset + 3] ?? 0) << 24)) >>> 0;
}
