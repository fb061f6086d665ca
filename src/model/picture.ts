/** What a picture is, by its bytes: PNG, JPEG, WebP or SVG, and how large it is when unpacked. Pure. */

export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/svg+xml';

/** Why it is not taken: none of the kinds, its beginning cannot be made out, or more pixels than a phone can hold. */
export type PictureRefusal = 'not_a_picture' | 'too_many_pixels';

/** A phone unpacks each pixel into four bytes. */
export const MAX_PIXELS = 25_000_000;
/** An SVG begins within so many bytes, behind its XML declaration and comments. */
const SVG_HEAD_BYTES = 4_096;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What the bytes are, or why they are refused. */
export function readPicture(bytes: Uint8Array): { readonly type: PictureType } | PictureRefusal {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isSvg(buffer)) return { type: 'image/svg+xml' };
  const found = pngOf(buffer) ?? jpegOf(buffer) ?? webpOf(buffer);
  if (!found || found.size.width < 1 || found.size.height < 1) return 'not_a_picture';
  return found.size.width * found.size.height > MAX_PIXELS ? 'too_many_pixels' : { type: found.type };
}

interface Found {
  readonly type: PictureType;
  readonly size: Size;
}

/** PNG (ISO/IEC 15948) 5.2 and 11.2.2: the signature, then IHDR. */
function pngOf(bytes: Buffer): Found | undefined {
  if (bytes.length < 33 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return undefined;
  return { type: 'image/png', size: { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } };
}

/** JPEG (ITU-T T.81) B.1.1.3 and B.2.2: segments up to the frame header, SOF. */
function jpegOf(bytes: Buffer): Found | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xff_d8) return undefined;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) at += 1;
    else if (isFrameHeader(marker)) {
      const size = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
      return { type: 'image/jpeg', size };
    } else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15 without DHT, JPG and DAC, which lie between them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** WebP container specification: RIFF, then VP8, VP8L or VP8X. */
function webpOf(bytes: Buffer): Found | undefined {
  const text = (from: number) => bytes.toString('latin1', from, from + 4);
  if (bytes.length < 30 || text(0) !== 'RIFF' || text(8) !== 'WEBP') return undefined;
  const type = 'image/webp';
  if (text(12) === 'VP8X')
    return { type, size: { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 } };
  if (text(12) === 'VP8 ')
    return {
      type,
      size: { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff },
    };
  if (text(12) !== 'VP8L') return undefined;
  const bits = bytes.readUInt32LE(21);
  return { type, size: { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } };
}

/** Shown as an image only, where nothing in it runs; one with entities could still grow without end. */
function isSvg(bytes: Buffer): boolean {
  const head = bytes.toString('utf8', 0, SVG_HEAD_BYTES).trimStart();
  if (!head.startsWith('<') || !/<svg[\s>]/.test(head)) return false;
  return !bytes.includes('<!ENTITY') && !bytes.includes('<!DOCTYPE');
}
