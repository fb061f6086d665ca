/**
 * A QR code (ISO/IEC 18004) for an address, drawn in the terminal: byte mode, error correction level M, versions 1 to 10,
 * that is up to 213 bytes. Dark modules are true; there is no quiet zone but the one `drawQr` adds.
 */

export type QrModules = readonly (readonly boolean[])[];

/** Error correction codewords of a block, and the data codewords of each block: level M, versions 1 to 10. */
const BLOCKS: readonly (readonly [check: number, data: readonly number[]])[] = [
  [10, [16]],
  [16, [28]],
  [26, [44]],
  [18, [32, 32]],
  [24, [43, 43]],
  [16, [27, 27, 27, 27]],
  [18, [31, 31, 31, 31]],
  [22, [38, 38, 39, 39]],
  [22, [36, 36, 36, 37, 37]],
  [26, [43, 43, 43, 43, 44]],
];

/** Centres of the alignment patterns, versions 1 to 10. */
const ALIGNMENT: readonly (readonly number[])[] = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
];

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The code of `text` as UTF-8, undefined when it is too long. */
export function qrModules(text: string): QrModules | undefined {
  const bytes = Buffer.from(text, 'utf8');
  const version = 1 + BLOCKS.findIndex(([, data], index) => bytes.length + (index < 9 ? 2 : 3) <= sum(data));
  if (version === 0) return undefined;
  const codewords = interleave(dataCodewords(bytes, version), version);
  const drawn = MASKS.map((_, mask) => draw(codewords, version, mask));
  const penalties = drawn.map(penalty);
  return drawn[penalties.indexOf(Math.min(...penalties))];
}

/** Lines for a terminal: two rows of modules a line, dark on light whatever its colours are. */
export function drawQr(modules: QrModules): string {
  const quiet = 2;
  const dark = (x: number, y: number): boolean => modules[y - quiet]?.[x - quiet] === true;
  const size = modules.length + 2 * quiet;
  const lines: string[] = [];
  for (let y = 0; y < size; y += 2) {
    let line = '';
    // A light half is drawn, a dark half is left to the black background.
    for (let x = 0; x < size; x++) {
      const [top, bottom] = [!dark(x, y), y + 1 < size && !dark(x, y + 1)];
      line += top ? (bottom ? '█' : '▀') : bottom ? '▄' : ' ';
    }
    lines.push(`\u001b[97;40m${line}\u001b[0m`);
  }
  return lines.join('\n');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Mode, length, the bytes, an end, and padding up to the capacity. */
function dataCodewords(bytes: Buffer, version: number): number[] {
  const capacity = sum(BLOCKS[version - 1]?.[1] ?? []);
  const lengthDigits = version < 10 ? 2 : 4;
  const hex = `4${bytes.length.toString(16).padStart(lengthDigits, '0')}${bytes.toString('hex')}0`;
  const codewords = [...Buffer.from(hex, 'hex')];
  for (let pad = 0; codewords.length < capacity; pad++) codewords.push(pad % 2 === 0 ? 0xec : 0x11);
  return codewords;
}

/** First codewords of all blocks, second codewords …; then their error correction the same way. */
function interleave(data: readonly number[], version: number): number[] {
  const [check, lengths] = BLOCKS[version - 1] ?? [0, []];
  const blocks = lengths.map((length, index) => {
    const start = sum(lengths.slice(0, index));
    return data.slice(start, start + length);
  });
  const checks = blocks.map((block) => errorCorrection(block, check));
  const weave = (lists: readonly (readonly number[])[]): number[] =>
    Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, index) =>
      lists.flatMap((list) => list[index] ?? []),
    ).flat();
  return [...weave(blocks), ...weave(checks)];
}

/** The remainder of the division by the generator polynomial over GF(256) with 0x11d: Reed-Solomon. */
export function errorCorrection(data: readonly number[], count: number): number[] {
  let generator = [1];
  for (let power = 0, root = 1; power < count; power++, root = multiply(root, 2)) {
    const by = root;
    generator = [...generator, 0].map((term, index) => term ^ multiply(generator[index - 1] ?? 0, by));
  }
  const rest: number[] = [...data, ...Array<number>(count).fill(0)];
  for (let at = 0; at < data.length; at++) {
    const factor = rest[at] ?? 0;
    for (const [index, term] of generator.entries())
      rest[at + index] = (rest[at + index] ?? 0) ^ multiply(term, factor);
  }
  return rest.slice(data.length);
}

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    if ((b >>> bit) & 1) product ^= a;
  }
  return product;
}

function draw(codewords: readonly number[], version: number, mask: number): boolean[][] {
  const size = 17 + 4 * version;
  const fixed = fixedModules(version, mask);
  const bits = codewords.flatMap((word) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ((word >>> bit) & 1) === 1));
  const masked = MASKS[mask] ?? (() => false);
  const modules = fixed.map((row) => row.map((module) => module === true));
  let next = 0;
  // Pairs of columns from right to left, upwards and downwards in turn; column 6 is timing.
  for (let right = size - 1, upwards = true; right > 0; right -= right === 8 ? 3 : 2, upwards = !upwards) {
    for (let step = 0; step < size; step++) {
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        const row = modules[y];
        if (row && fixed[y]?.[x] === undefined) row[x] = (bits[next++] ?? false) !== masked(x, y);
      }
    }
  }
  return modules;
}

/** Everything that is not data; undefined where data goes. */
function fixedModules(version: number, mask: number): (boolean | undefined)[][] {
  const size = 17 + 4 * version;
  const modules = Array.from({ length: size }, () => Array<boolean | undefined>(size).fill(undefined));
  const set = (x: number, y: number, dark: boolean): void => {
    const row = modules[y];
    if (row && x >= 0 && x < size) row[x] = dark;
  };
  for (let i = 0; i < size; i++) {
    set(i, 6, i % 2 === 0);
    set(6, i, i % 2 === 0);
  }
  const square = (cx: number, cy: number, radius: number, light: readonly number[]): void => {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++)
        set(cx + dx, cy + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
  };
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(x, y, 4, [2, 4]);
  const centres = ALIGNMENT[version - 1] ?? [];
  const last = size - 7;
  for (const x of centres)
    for (const y of centres)
      if (!((x === 6 && (y === 6 || y === last)) || (x === last && y === 6))) square(x, y, 2, [1]);
  formatBits(mask, size, set);
  if (version >= 7) versionBits(version, size, set);
  return modules;
}

type SetModule = (x: number, y: number, dark: boolean) => void;

/** Level M and the mask with BCH(15,5), twice. */
function formatBits(mask: number, size: number, set: SetModule): void {
  const bits = ((mask << 10) | remainder(mask << 10, 0x537)) ^ 0x5412;
  for (let i = 0; i < 15; i++) {
    const dark = ((bits >>> i) & 1) === 1;
    set(8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, dark);
    set(i < 8 ? size - 1 - i : i === 8 ? 7 : 14 - i, 8, dark);
  }
  set(8, size - 8, true);
}

/** The version with BCH(18,6), twice. */
function versionBits(version: number, size: number, set: SetModule): void {
  const bits = (version << 12) | remainder(version << 12, 0x1f25);
  for (let i = 0; i < 18; i++) {
    const dark = ((bits >>> i) & 1) === 1;
    const [a, b] = [Math.floor(i / 3), size - 11 + (i % 3)];
    set(a, b, dark);
    set(b, a, dark);
  }
}

/** Of a division of polynomials over GF(2). */
function remainder(value: number, divisor: number): number {
  const length = 32 - Math.clz32(divisor);
  let rest = value;
  while (32 - Math.clz32(rest) >= length) rest ^= divisor << (32 - Math.clz32(rest) - length);
  return rest;
}

/** How hard a symbol is to read (ISO/IEC 18004, 7.8.3). */
function penalty(modules: readonly (readonly boolean[])[]): number {
  const size = modules.length;
  const at = (x: number, y: number): boolean => modules[y]?.[x] === true;
  const lines = modules.flatMap((row, i) => [row, modules.map((_, y) => at(i, y))]);
  let points = 0;
  for (const line of lines) {
    const text = line.map(Number).join('');
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
    points += 40 * [...text.matchAll(/(?=10111010000|00001011101)/g)].length;
  }
  for (let y = 0; y + 1 < size; y++)
    for (let x = 0; x + 1 < size; x++) {
      const dark = at(x, y);
      if (dark === at(x + 1, y) && dark === at(x, y + 1) && dark === at(x + 1, y + 1)) points += 3;
    }
  const darkPercent = (100 * sum(modules.flat().map(Number))) / size ** 2;
  return points + 10 * Math.floor(Math.abs(darkPercent - 50) / 5);
}
