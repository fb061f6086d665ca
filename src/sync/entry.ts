/**
 * Entries of a site's streams, written and read. One record: ID `<epoch>-<seq>`, fields `v` time kind device body. A block of
 * records: ID `<epoch>-<last seq>`, fields `v` kind=block first count codec body (compressed lines of JSON). Reading takes
 * what strangers wrote: it gives records or a named fault, never throws, and is bounded in bytes and count.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

export interface EntryId {
  readonly epoch: number;
  readonly seq: number;
}

/** A record of the log as it travels. `body` is JSON text of an object, byte for byte as the site's log holds it. */
export interface SentRecord {
  readonly seq: number;
  /** When it happened, epoch milliseconds. */
  readonly timeMs: number;
  readonly kind: string;
  /** DevEUI, 16 lower-case hex digits, or null where no device is concerned. */
  readonly device: string | null;
  readonly body: string;
}

export const CODECS = ['zstd', 'gzip'] as const;
export type BlockCodec = (typeof CODECS)[number];

export interface Block {
  readonly id: EntryId;
  readonly first: number;
  readonly count: number;
  readonly codec: BlockCodec;
  readonly body: Buffer;
}

/** What is wrong with an entry. 'version' is one that this program does not know; all others are rubbish. */
export type EntryFaultCode =
  | 'id'
  | 'fields'
  | 'version'
  | 'time'
  | 'kind'
  | 'device'
  | 'body'
  | 'too_large'
  | 'codec'
  | 'block';

export type EntryRead =
  | {
      readonly ok: true;
      /** `seq` is that of the last record. */
      readonly id: EntryId;
      readonly form: 'record' | 'block' | 'old';
      /** `<epoch>-<firstSeq>` must follow the entry before, if that has the same epoch. */
      readonly firstSeq: number;
      /** At least one, in order and without a gap from `firstSeq` to the ID's seq. */
      readonly records: readonly SentRecord[];
      /** It carries the mark of the live stream: not a delivery. */
      readonly isLive: boolean;
    }
  | { readonly ok: false; readonly code: EntryFaultCode; readonly detail: string };

export interface EntryLimits {
  /** Of one record's body, bytes. */
  readonly maxBodyBytes: number;
  /** Of a block as it is stored, and of all its lines once unpacked, bytes. */
  readonly maxBlockBytes: number;
  readonly maxUnpackedBytes: number;
  /** Records of one block. */
  readonly maxRecords: number;
}

export const ENTRY_LIMITS: EntryLimits = {
  maxBodyBytes: 512 * 1024,
  maxBlockBytes: 2 * 1024 * 1024,
  maxUnpackedBytes: 8 * 1024 * 1024,
  maxRecords: 10_000,
};

/** What a stream that was never written to gives as its last ID. */
export const NO_ENTRY: EntryId = { epoch: 0, seq: 0 };

const VERSION = '1';
const MAX_FIELDS = 32;
const MAX_TIME_MS = 8_640_000_000_000_000;

export function formatId(id: EntryId): string {
  return `${id.epoch}-${id.seq}`;
}

/** undefined when `text` is not an ID or one of its halves does not fit a safe integer. */
export function parseId(text: string): EntryId | undefined {
  const match = /^(\d{1,20})-(\d{1,20})$/.exec(text);
  if (!match) return undefined;
  const epoch = Number(match[1]);
  const seq = Number(match[2]);
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { epoch, seq } : undefined;
}

/** Below 0 when `a` comes before `b`, 0 when they are the same. */
export function compareIds(a: EntryId, b: EntryId): number {
  return a.epoch - b.epoch || a.seq - b.seq;
}

/** Names and values of a record's entry, as XADD takes them. */
export function recordFields({ timeMs, kind, device, body }: SentRecord): string[] {
  const fields = ['v', VERSION, 'time', String(timeMs), 'kind', kind];
  if (device !== null) fields.push('device', device);
  fields.push('body', body);
  return fields;
}

/** A block of records that follow one another without a gap; at least one. */
export function toBlock(epoch: number, records: readonly SentRecord[], codec: BlockCodec): Block {
  const [first, last] = [records[0], records.at(-1)];
  if (!first || !last) throw new RangeError('a block holds at least one record');
  const lines = records.map(({ seq, timeMs, kind, device, body }) =>
    JSON.stringify({ seq, time: timeMs, kind, ...(device === null ? {} : { device }), body }),
  );
  const packed = Buffer.from(lines.join('\n'));
  return {
    id: { epoch, seq: last.seq },
    first: first.seq,
    count: records.length,
    codec,
    body: codec === 'zstd' ? zstdCompressSync(packed) : gzipSync(packed),
  };
}

/** Names and values of a block's entry, as XADD takes them. */
export function blockFields({ first, count, codec, body }: Block): (string | Buffer)[] {
  return [
    'v',
    VERSION,
    'kind',
    'block',
    'first',
    String(first),
    'count',
    String(count),
    'codec',
    codec,
    'body',
    body,
  ];
}

/** The same for a block that is sent once more: the ID it stands for is a field, since those of a stream only go up. */
export function againFields(block: Block): (string | Buffer)[] {
  return ['id', formatId(block.id), ...blockFields(block)];
}

/** Reads an entry of the stream `again`: as `readEntry`, under the ID in its field. */
export function readAgain(fields: unknown, changes?: Partial<EntryLimits>): EntryRead {
  const checked = fieldsOf(fields);
  if (!checked) return fault('fields', `not a list of at most ${MAX_FIELDS} names and values`);
  return readEntry(textOf(fieldValue(checked, 'id'), 40) ?? '', fields, changes);
}

/**
 * Reads an entry as Redis gives it: its ID and a flat list of names and values. Values must be Buffers where blocks may come:
 * as text a compressed body is damaged.
 */
export function readEntry(id: unknown, given: unknown, changes?: Partial<EntryLimits>): EntryRead {
  const limits = changes ? { ...ENTRY_LIMITS, ...changes } : ENTRY_LIMITS;
  const at = parseId(Buffer.isBuffer(id) ? id.toString('latin1') : typeof id === 'string' ? id : '');
  if (!at || at.seq === 0) return fault('id', 'the ID is not <epoch>-<seq>');
  const fields = fieldsOf(given);
  if (!fields) return fault('fields', `not a list of at most ${MAX_FIELDS} names and values`);
  const version = fieldValue(fields, 'v');
  if (version === undefined && fieldValue(fields, 'k') !== undefined)
    return readRecord(at, fields, OLD_NAMES, limits);
  if (!isText(version, VERSION)) {
    const text = textOf(version, 16);
    return text === undefined
      ? fault('version', 'without a version')
      : fault('version', `version '${shown(text)}' is unknown here`);
  }
  if (isText(fieldValue(fields, 'kind'), 'block')) return readBlock(at, fields, limits);
  return readRecord(at, fields, NAMES, limits);
}

/** Names and values in turn, as Redis lists them; checked by `fieldsOf`. */
type Fields = readonly unknown[];
type Value = string | Buffer;

interface FieldNames {
  readonly form: 'record' | 'old';
  readonly time: string;
  readonly kind: string;
  readonly device: string;
  readonly body: string;
}

const NAMES: FieldNames = { form: 'record', time: 'time', kind: 'kind', device: 'device', body: 'body' };
/** What sites wrote before entries had a version. */
const OLD_NAMES: FieldNames = { form: 'old', time: 't', kind: 'k', device: 'd', body: 'b' };

function fault(code: EntryFaultCode, detail: string): EntryRead & { readonly ok: false } {
  return { ok: false, code, detail };
}

function fieldsOf(fields: unknown): Fields | undefined {
  if (!Array.isArray(fields) || fields.length % 2 !== 0 || fields.length > 2 * MAX_FIELDS) return undefined;
  for (let at = 1; at < fields.length; at += 2) if (!isValue(fields[at])) return undefined;
  return fields;
}

function isValue(value: unknown): value is Value {
  return typeof value === 'string' || Buffer.isBuffer(value);
}

/** The value of the last field of this name; undefined when there is none. A handful of fields: a search costs less than a map of them. */
function fieldValue(fields: Fields, name: string): Value | undefined {
  for (let at = fields.length - 2; at >= 0; at -= 2) {
    const value = fields[at + 1];
    if (isText(fields[at], name) && isValue(value)) return value;
  }
  return undefined;
}

/** Whether a name or value is this ASCII text. */
function isText(value: unknown, text: string): boolean {
  if (!Buffer.isBuffer(value)) return value === text;
  if (value.length !== text.length) return false;
  for (let at = 0; at < text.length; at += 1) if (value[at] !== text.charCodeAt(at)) return false;
  return true;
}

/** undefined when it is not there, longer than `maxBytes`, or not UTF-8. */
function textOf(value: Value | undefined, maxBytes: number): string | undefined {
  if (value === undefined || Buffer.byteLength(value) > maxBytes) return undefined;
  if (typeof value === 'string') return value;
  return isUtf8(value) ? value.toString('utf8') : undefined;
}

/** A stranger's text, for a message. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 16);
}

function wholeOf(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

function readRecord(id: EntryId, fields: Fields, names: FieldNames, limits: EntryLimits): EntryRead {
  const body = fieldValue(fields, names.body);
  const device = fieldValue(fields, names.device);
  const checked = checkRecord(
    {
      seq: id.seq,
      time: wholeOf(textOf(fieldValue(fields, names.time), 16), MAX_TIME_MS),
      kind: textOf(fieldValue(fields, names.kind), 32),
      device: device === undefined ? null : textOf(device, 16),
      body: textOf(body, limits.maxBodyBytes),
    },
    limits,
  );
  if (!('record' in checked)) {
    const isLarge =
      checked.code === 'body' && body !== undefined && Buffer.byteLength(body) > limits.maxBodyBytes;
    return isLarge ? tooLarge(limits) : checked;
  }
  const isLive = isText(fieldValue(fields, 'live'), '1');
  return { ok: true, id, form: names.form, firstSeq: id.seq, records: [checked.record], isLive };
}

function tooLarge({ maxBodyBytes }: EntryLimits) {
  return fault('too_large', `a body of more than ${maxBodyBytes} bytes`);
}

interface Unchecked {
  readonly seq: unknown;
  readonly time: unknown;
  readonly kind: unknown;
  readonly device: unknown;
  readonly body: unknown;
}

function checkRecord(
  { seq, time, kind, device, body }: Unchecked,
  limits: EntryLimits,
): { readonly record: SentRecord } | (EntryRead & { readonly ok: false }) {
  if (typeof seq !== 'number') return fault('block', 'a record without a seq');
  if (typeof time !== 'number' || !Number.isInteger(time) || time < 0 || time > MAX_TIME_MS) {
    return fault('time', 'the time is not epoch milliseconds');
  }
  if (typeof kind !== 'string' || !/^[a-z][a-z_]{0,31}$/.test(kind) || kind === 'block') {
    return fault('kind', 'the kind is not a word in lower case');
  }
  if (device !== null && (typeof device !== 'string' || !/^[0-9a-f]{16}$/.test(device))) {
    return fault('device', 'the device is not 16 hex digits in lower case');
  }
  if (typeof body !== 'string') return fault('body', 'the body is missing or not text');
  if (Buffer.byteLength(body) > limits.maxBodyBytes) return tooLarge(limits);
  if (!isJsonObject(body)) return fault('body', 'the body is not a JSON object');
  return { record: { seq, timeMs: time, kind, device, body } };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJsonObject(text: string): boolean {
  return parseObject(text) !== undefined;
}

function readBlock(id: EntryId, fields: Fields, limits: EntryLimits): EntryRead {
  const first = wholeOf(textOf(fieldValue(fields, 'first'), 16), Number.MAX_SAFE_INTEGER);
  const count = wholeOf(textOf(fieldValue(fields, 'count'), 16), Number.MAX_SAFE_INTEGER);
  if (first === undefined || first === 0 || count === undefined || count === 0) {
    return fault('block', 'first and count are not whole numbers from 1');
  }
  if (count > limits.maxRecords)
    return fault('too_large', `a block of more than ${limits.maxRecords} records`);
  if (id.seq - first + 1 !== count) return fault('block', 'first and count do not fit the ID');
  const codec = CODECS.find((known) => known === textOf(fieldValue(fields, 'codec'), 16));
  if (!codec) return fault('codec', `the codec is none of ${CODECS.join(', ')}`);
  const body = fieldValue(fields, 'body');
  if (!Buffer.isBuffer(body)) return fault('body', 'the body of a block is missing or was read as text');
  if (body.length > limits.maxBlockBytes) {
    return fault('too_large', `a block of more than ${limits.maxBlockBytes} bytes`);
  }
  const unpacked = unpack(codec, body, limits.maxUnpackedBytes);
  if (!Buffer.isBuffer(unpacked)) return unpacked;
  return readLines(id, first, count, unpacked, limits);
}

function unpack(
  codec: BlockCodec,
  body: Buffer,
  maxOutputLength: number,
): Buffer | (EntryRead & { readonly ok: false }) {
  try {
    return codec === 'zstd'
      ? zstdDecompressSync(body, { maxOutputLength })
      : gunzipSync(body, { maxOutputLength });
  } catch (error) {
    const isBomb = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isBomb
      ? fault('too_large', `a block that unpacks to more than ${maxOutputLength} bytes`)
      : fault('block', `the body cannot be unpacked as ${codec}`);
  }
}

function readLines(
  id: EntryId,
  firstSeq: number,
  count: number,
  unpacked: Buffer,
  limits: EntryLimits,
): EntryRead {
  if (!isUtf8(unpacked)) return fault('block', 'the lines are not UTF-8');
  // Split no further than the count says, so that a body of line breaks costs nothing.
  const lines = unpacked.toString('utf8').split('\n', count + 2);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length !== count) return fault('block', `not the ${count} records that the block counts`);
  const records: SentRecord[] = [];
  for (const [index, line] of lines.entries()) {
    const { seq, time, kind, device = null, body } = parseObject(line) ?? {};
    if (seq !== firstSeq + index) return fault('block', `record ${index + 1} is not seq ${firstSeq + index}`);
    const checked = checkRecord({ seq, time, kind, device, body }, limits);
    if (!('record' in checked)) {
      return fault(checked.code, `record ${index + 1} of the block: ${checked.detail}`);
    }
    records.push(checked.record);
  }
  return { ok: true, id, form: 'block', firstSeq, records, isLive: false };
}
