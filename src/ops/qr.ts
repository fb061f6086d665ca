/** A QR code for an address, drawn in the terminal. The code is the library's; colours and the bound on its size are ours. */
import { encodeQR } from 'qr';

/** Of UTF-8: version 10 at level M, 57 modules wide, which a phone still reads from a terminal of 80 columns. */
const MAX_BYTES = 213;
const QUIET_MODULES = 2;

/** Lines for a terminal: two rows of modules a line, dark on light whatever its colours are. Undefined when it is too long. */
export function drawQr(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES) return undefined;
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET_MODULES });
  const lines: string[] = [];
  for (let y = 0; y < rows.length; y += 2) {
    // A light half is drawn, a dark half is left to the black background.
    const line = rows[y]?.map((dark, x) => block(!dark, rows[y + 1]?.[x] === false));
    lines.push(`\u001b[97;40m${line?.join('')}\u001b[0m`);
  }
  return lines.join('\n');
}

function block(top: boolean, bottom: boolean): string {
  if (top) return bottom ? '█' : '▀';
  return bottom ? '▄' : ' ';
}
