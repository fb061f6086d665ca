/**
 * Reads the rows of a table straight from one page of an SQLite file, trusting nothing: every length is checked before the
 * slice, and a cell that makes no sense is passed over. Format: sqlite.org/fileformat2.html, "B-tree Pages".
 */

const TABLE_LEAF = 0x0d;

export type ColumnValue = number | string | Buffer | null;

export interface PageRow {
  readonly rowid: number;
  readonly values: readonly ColumnValue[];
}

export interface PageSource {
  readonly pageBytes: number;
  /** The newest image of page `number` (from 1), undefined beyond the end. */
  page(number: number): Buffer | undefined;
}

/** The rows on `page` if it is a leaf of a table; `number` is its place in the file, from 1. */
export function rowsOfPage(page: Buffer, number: number, source: PageSource): PageRow[] {
  const head = number === 1 ? 100 : 0;
  if (page.length < head + 8 || page[head] !== TABLE_LEAF) return [];
  const cells = Math.min(page.readUInt16BE(head + 3), (page.length - head - 8) >> 1);
  const rows: PageRow[] = [];
  for (let index = 0; index < cells; index++) {
    const at = page.readUInt16BE(head + 8 + 2 * index);
    const row = rowAt(page, at, source);
    if (row) rows.push(row);
  }
  return rows;
}

function rowAt(page: Buffer, at: number, source: PageSource): PageRow | undefined {
  const size = varint(page, at);
  if (!size || size.value > 64 * 1024 * 1024) return undefined;
  const rowid = varint(page, size.end);
  if (!rowid) return undefined;
  const payload = payloadAt(page, rowid.end, size.value, source);
  const values = payload && valuesOf(payload);
  return values && { rowid: rowid.value, values };
}

/** The payload of `size` bytes that begins at `start`, its overflow pages included. */
function payloadAt(page: Buffer, start: number, size: number, source: PageSource): Buffer | undefined {
  const usable = source.pageBytes;
  const most = usable - 35;
  if (size <= most) return start + size <= page.length ? page.subarray(start, start + size) : undefined;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wanted = least + ((size - least) % (usable - 4));
  const local = wanted <= most ? wanted : least;
  if (start + local + 4 > page.length) return undefined;
  const parts = [page.subarray(start, start + local)];
  let left = size - local;
  let next = page.readUInt32BE(start + local);
  while (left > 0) {
    const overflow = next === 0 ? undefined : source.page(next);
    if (!overflow || overflow.length < usable) return undefined;
    parts.push(Buffer.from(overflow.subarray(4, Math.min(usable, 4 + left))));
    left -= usable - 4;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts, size);
}

function valuesOf(payload: Buffer): ColumnValue[] | undefined {
  const head = varint(payload, 0);
  if (!head || head.value > payload.length) return undefined;
  const values: ColumnValue[] = [];
  let at = head.value;
  for (let place = head.end; place < head.value; ) {
    const type = varint(payload, place);
    if (!type) return undefined;
    place = type.end;
    const bytes = bytesOf(type.value);
    if (at + bytes > payload.length) return undefined;
    values.push(decoded(payload, at, type.value, bytes));
    at += bytes;
  }
  return values;
}

const FIXED_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function bytesOf(type: number): number {
  return type < 10 ? (FIXED_BYTES[type] ?? 0) : Math.max(0, (type - 12) >> 1);
}

function decoded(payload: Buffer, at: number, type: number, bytes: number): ColumnValue {
  if (type === 0) return null;
  if (type <= 5) return payload.readIntBE(at, bytes);
  if (type === 6) return Number(payload.readBigInt64BE(at));
  if (type === 7) return payload.readDoubleBE(at);
  if (type <= 9) return type - 8;
  return type % 2 === 1 ? payload.toString('utf8', at, at + bytes) : payload.subarray(at, at + bytes);
}

/** SQLite's variable-length integer: seven bits a byte, most significant first. Beyond 2^53 it is not one of ours. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let index = at; index < at + 8; index++) {
    const byte = bytes[index];
    if (byte === undefined) return undefined;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return Number.isSafeInteger(value) ? { value, end: index + 1 } : undefined;
  }
  return undefined;
}
