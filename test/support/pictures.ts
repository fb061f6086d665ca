/** Pictures of every kind, made by hand: the beginnings that say what they are and how large. */

/** A PNG's signature and IHDR, without a pixel. */
export function png(width: number, height: number, more = 0): Buffer<ArrayBuffer> {
  const head = Buffer.alloc(33 + more);
  head.write('\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR', 'latin1');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
}

/** A JPEG of an APP0 segment, tables, and the frame header `marker`. */
export function jpeg(width: number, height: number, marker = 0xc2): Buffer<ArrayBuffer> {
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const app0 = [0xff, 0xe0, 0, 4, 1, 2];
  const huffman = [0xff, 0xc4, 0, 3, 0];
  return Buffer.from([0xff, 0xd8, ...app0, ...huffman, 0xff, marker, 0, 11, 8, ...size, 1, 1, 0x11, 0]);
}

export function webp(width: number, height: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(30);
  bytes.write('RIFF\0\0\0\0WEBPVP8X', 'latin1');
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
}

export const SVG =
  '<?xml version="1.0"?>\n<!-- plan --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>';
