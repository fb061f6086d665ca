/**
 * Log records as InfluxDB 2 line protocol. The same record always gives the same lines with the same series and time, so
 * that sending it again overwrites it; two records never share series and time. What line protocol cannot carry
 * (a line break, a backslash in front of a separator, the field name `time`) is replaced here, never sent and lost.
 */
import { alarmBody, isTransition } from './alarm-record.ts';
import type { FieldValue, GatewayBody, LogRecord, SystemBody, UplinkBody } from './record.ts';
import { cut } from './text.ts';
import type { TimeQuality } from './time.ts';

/** InfluxDB documents 64 KB for a string value; the limit is on its UTF-8 bytes. */
const STRING_BYTES = 65_535;
/** A series key may have 65 535 bytes; no name here needs more than a fraction of it. */
const NAME_CHARACTERS = 1_000;

/** The name a decoded value is written under, from its own and its type; both as InfluxDB will know them. */
export type FieldName = (name: string, value: FieldValue) => string;

const asItIs: FieldName = (name) => name;

const NAME_SPECIAL = /[,= \\\p{Cc}\u2028\u2029]/u;
const STRING_SPECIAL = /["\\\n\r\0]/;

/**
 * The lines of `record`, joined by a line break and without one at the end; '' when it has nothing for InfluxDB.
 * `measurement` names the line of decoded values; `quality` is how the record's time is known; `nameOf` gives the field that a
 * decoded value goes to. Throws only when `record.body` is not the JSON its kind promises.
 */
export function toLines(
  record: LogRecord,
  site: string,
  deviceName: string,
  measurement = 'reading',
  quality: TimeQuality = 'measured',
  nameOf: FieldName = asItIs,
): string {
  const stamp = timestamp(record.timeMs, record.seq);
  const time = quality === 'measured' ? ` ${stamp}` : `${field('time_quality', quality)} ${stamp}`;
  if (record.kind === 'uplink') {
    const body: UplinkBody = JSON.parse(record.body);
    const radio = radioLine(record, body, site, time);
    const tags = tag('device', record.device ?? '') + tag('name', deviceName) + tag('site', site);
    const reading = readingLine(body, `${measurementName(measurement)}${tags}`, time, nameOf);
    return reading === '' ? radio : `${reading}\n${radio}`;
  }
  // What the network server does is for the log and the centre.
  if (record.kind === 'join' || record.kind === 'downlink') return '';
  if (record.kind === 'alarm') return alarmLine(record, site, time);
  return record.kind === 'gateway' ? gatewayLine(record, site, time) : systemLine(record, site, time);
}

/** Nanoseconds of the record: its milliseconds, then six digits of `seq`, which part records of one millisecond. */
export function timestamp(timeMs: number, seq: number): string {
  const ms = Math.floor(timeMs);
  // A time before 1970 has no digits to append to; it is too rare to be quick about.
  if (ms < 0) return String(BigInt(ms) * 1_000_000n + BigInt(seq % 1_000_000));
  return `${ms}${String(seq % 1_000_000).padStart(6, '0')}`;
}

function readingLine(body: UplinkBody, series: string, time: string, nameOf: FieldName): string {
  let fields = '';
  // Names that are not the record's own: two may not become one, of which InfluxDB would keep the last.
  let made: Set<string> | undefined;
  const unused = (name: string): string => {
    let free = name;
    while (Object.hasOwn(body.fields, free) || made?.has(free)) free += '_';
    made = (made ?? new Set()).add(free);
    return free;
  };
  for (const key in body.fields) {
    const value = body.fields[key];
    if (value === undefined) continue;
    const clean = fieldName(key);
    const plain = clean === key ? clean : unused(clean);
    const name = nameOf(plain, value);
    fields += field(escapeSeparators(name === plain ? name : unused(name)), value);
  }
  return fields === '' ? '' : `${series} ${fields.slice(1)}${time}`;
}

function radioLine(record: LogRecord, body: UplinkBody, site: string, time: string): string {
  const best = body.rx[0];
  const heard = best ? field('rssi', best.rssi) + field('snr', best.snr) : '';
  const fields =
    field('f_cnt', body.fCnt) +
    field('gateways', body.rx.length) +
    field('frequency', body.freq) +
    field('data_rate', body.dr);
  const tags = tag('device', record.device ?? '') + tag('gateway', best?.gw ?? '') + tag('site', site);
  return `radio${tags} ${(heard + fields).slice(1)}${time}`;
}

function gatewayLine(record: LogRecord, site: string, time: string): string {
  const body: GatewayBody = JSON.parse(record.body);
  const tags = tag('gateway', body.gateway) + tag('kind', 'gateway') + tag('site', site);
  return `event${tags} ${(field('state', body.state) + field('reason', body.reason)).slice(1)}${time}`;
}

/** What became of an alarm; of the engine's other words nothing is for InfluxDB. */
function alarmLine(record: LogRecord, site: string, time: string): string {
  const body = alarmBody(record);
  if (!isTransition(body)) return '';
  const { event, state, message, value, isAnnounced, priority, rule, subject, by } = body;
  const tags =
    (record.device === null ? tag('subject', subject) : tag('device', record.device)) +
    tag('priority', priority) +
    tag('rule', rule) +
    tag('site', site);
  const fields =
    field('event', event) +
    field('state', state) +
    field('message', message) +
    field('announced', isAnnounced) +
    (typeof value === 'number' ? field('value', value) : '') +
    (by === undefined ? '' : field('by', by));
  return `alarm${tags} ${fields.slice(1)}${time}`;
}

/** Details stay together as JSON: events name their details freely, and a field must keep its type for ever. */
function systemLine(record: LogRecord, site: string, time: string): string {
  const { event, ...detail }: SystemBody = JSON.parse(record.body);
  const tags = tag('device', record.device ?? '') + tag('kind', 'system') + tag('site', site);
  return `event${tags} ${(field('event', event) + field('detail', JSON.stringify(detail))).slice(1)}${time}`;
}

/** `,key=value`, or '' for an empty value, which InfluxDB refuses. */
function tag(key: string, value: string): string {
  return value === '' ? '' : `,${key}=${escapeName(value)}`;
}

/** `,key=value` with `key` escaped already; '' for a number InfluxDB has no notation for. */
function field(key: string, value: FieldValue): string {
  // Always a float: 21 today and 21.5 tomorrow must not be two types of one field.
  if (typeof value === 'number') return Number.isFinite(value) ? `,${key}=${value}` : '';
  if (typeof value === 'boolean') return value ? `,${key}=t` : `,${key}=f`;
  return typeof value === 'string' ? `,${key}="${escapeString(value)}"` : '';
}

/** InfluxDB drops a field named `time` without a word, and refuses an empty name; `time_quality` is ours. */
function fieldName(key: string): string {
  if (key === '') return '_';
  return key === 'time' || key === 'time_quality' ? `${key}_` : cleanName(key);
}

/** As a name, but an equals sign stands for itself here. */
function measurementName(text: string): string {
  return NAME_SPECIAL.test(text) ? escapeName(text).replaceAll('\\=', '=') : text;
}

/** Tag value or field name. */
function escapeName(text: string): string {
  return escapeSeparators(cleanName(text));
}

/** As InfluxDB will know it. */
function cleanName(text: string): string {
  const name = cut(text, NAME_CHARACTERS);
  if (!NAME_SPECIAL.test(name)) return name;
  return (
    name
      .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
      // Parsers disagree about a backslash before a separator, a quote, a backslash or the end; everywhere else it stands for itself.
      .replace(/\\(?=[,= "\\]|$)/g, '/')
  );
}

function escapeSeparators(name: string): string {
  return NAME_SPECIAL.test(name) ? name.replace(/[,= ]/g, '\\$&') : name;
}

/** Inside of a quoted string value; line breaks become the two characters `\n`. */
function escapeString(text: string): string {
  // A UTF-16 unit needs at most three bytes.
  const value = text.length * 3 <= STRING_BYTES ? text : clipBytes(text, STRING_BYTES);
  if (!STRING_SPECIAL.test(value)) return value;
  return value
    .replace(/[\\"]/g, '\\$&')
    .replace(/\n/g, '\\\\n')
    .replace(/\r/g, '\\\\r')
    .replace(/\0/g, '\\\\0');
}

/** The longest start of `text` with at most `limit` bytes of UTF-8, never half a character. */
function clipBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limit) return text;
  let end = limit;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
