/**
 * What a LoRaWAN 1.0.x session does to a data frame: the MIC over header and payload, and the payload's key stream
 * (§4.3.3, §4.4). The hot path of the appliance: ciphers live as long as the session, and a frame takes one cipher call
 * for its MIC and one for its payload.
 */
import { type Cipheriv, createCipheriv } from 'node:crypto';
import { BLOCK_BYTES, type Cmac, createCmac } from './cmac.ts';
import { type DataFrame, type Direction, MAX_FRAME_BYTES, MIC_BYTES } from './frame.ts';

/**
 * A session's prepared state; opaque to its holder. Ciphers are made when first needed, so a thousand silent devices
 * cost little. The keys stay in the closure and the native ciphers: nothing to print or log.
 */
export interface SessionKeys {
  /** Computes MICs under the NwkSKey. */
  cmac(): Cmac;
  /** Cipher of the payload key stream: of the NwkSKey on FPort 0, else of the AppSKey. */
  cipher(fPort: number): Cipheriv;
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
const macBuffer = new Uint8Array(BLOCK_BYTES + MAX_FRAME_BYTES + 1);
/** The A blocks of the longest payload. */
const streamBuffer = new Uint8Array(256);

/** Prepares a session from its two keys, 32 hex digits each; anything else is a programming error and throws. */
export function createSessionKeys(nwkSKeyHex: string, appSKeyHex: string): SessionKeys {
  const nwkSKey = keyBytes('NwkSKey', nwkSKeyHex);
  const appSKey = keyBytes('AppSKey', appSKeyHex);
  let cmac: Cmac | undefined;
  let network: Cipheriv | undefined;
  let application: Cipheriv | undefined;
  return {
    cmac() {
      cmac ??= createCmac(nwkSKey);
      return cmac;
    },
    cipher(fPort) {
      if (fPort === 0) {
        network ??= createEcb(nwkSKey);
        return network;
      }
      application ??= createEcb(appSKey);
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
  const buffer = macBuffer;
  buffer.fill(0, 1, BLOCK_BYTES);
  buffer[0] = 0x49;
  buffer[5] = direction === 'up' ? 0 : 1;
  for (let index = 0; index < 4; index++) buffer[6 + index] = message[1 + index] ?? 0;
  writeCounter(buffer, 10, fCnt);
  buffer[15] = message.length;
  buffer.set(message, BLOCK_BYTES);
  return readUint32(keys.cmac().macInPlace(buffer, BLOCK_BYTES + message.length), 0);
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
  const length = payload.length;
  if (length === 0) return new Uint8Array(0);
  const blocks = Math.ceil(length / BLOCK_BYTES);
  const address = Number.parseInt(place.devAddr, 16);
  for (let block = 0; block < blocks; block++) {
    const start = block * BLOCK_BYTES;
    streamBuffer.fill(0, start + 1, start + BLOCK_BYTES);
    streamBuffer[start] = 0x01;
    streamBuffer[start + 5] = place.direction === 'up' ? 0 : 1;
    writeCounter(streamBuffer, start + 6, address);
    writeCounter(streamBuffer, start + 10, place.fCnt);
    streamBuffer[start + 15] = block + 1;
  }
  const stream = keys.cipher(place.fPort).update(streamBuffer.subarray(0, blocks * BLOCK_BYTES));
  for (let index = 0; index < length; index++) {
    stream[index] = (stream[index] ?? 0) ^ (payload[index] ?? 0);
  }
  return stream.subarray(0, length);
}

/** ECB keeps nothing from block to block, so one cipher serves all key streams of its key. */
function createEcb(key: Uint8Array): Cipheriv {
  const cipher = createCipheriv('aes-128-ecb', key, null);
  cipher.setAutoPadding(false);
  return cipher;
}

function keyBytes(name: string, hex: string): Uint8Array {
  const bytes = Buffer.from(hex, 'hex');
  if (hex.length !== 32 || bytes.length !== 16) throw new TypeError(`${name} must be 32 hex digits`);
  return bytes;
}

function writeCounter(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  const low = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16);
  return (low | ((bytes[offset + 3] ?? 0) << 24)) >>> 0;
}
