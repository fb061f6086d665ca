/** Records as rows of COPY's text format, and what the tables beside them take of a record. Pure. */
import type { SiteRecord } from '../batch.ts';

export const RECORD_COLUMNS = '(site, epoch, seq, time, kind, device, body)';

const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A line of COPY, with its end. */
export function copyRow({ site, epoch, seq, timeMs, kind, device, body }: SiteRecord): string {
  const name = device === null ? '\\N' : escapeText(device);
  return `${site}\t${epoch}\t${seq}\t${isoTime(timeMs)}\t${escapeText(kind)}\t${name}\t${escapeText(body)}\n`;
}

function escapeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\n\r\t]/g, (found) => ESCAPES[found] ?? found) : text;
}

const MINUTE_MS = 60_000;
/** The last minute written: neighbours share theirs nearly always, and need only their seconds. */
const minute = { fromMs: Number.NaN, text: '' };

/** PostgreSQL reads it exactly; years 0001 to 9999 only. */
export function isoTime(timeMs: number): string {
  const apartMs = timeMs - minute.fromMs;
  if (!(apartMs >= 0 && apartMs < MINUTE_MS && Number.isInteger(apartMs))) return isoTimeOfNewMinute(timeMs);
  const text = String(100_000 + apartMs);
  return `${minute.text}${text.slice(1, 3)}.${text.slice(3)}Z`;
}

function isoTimeOfNewMinute(timeMs: number): string {
  const text = new Date(timeMs).toISOString();
  minute.fromMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
  minute.text = text.slice(0, -7);
  return text;
}

const LAST_MS = Date.UTC(9999, 11, 31);

/** Why a record can be no row; undefined when it can. */
export function rowFault({ timeMs, body, kind, device }: SiteRecord): string | undefined {
  if (!(timeMs >= -62_000_000_000_000 && timeMs <= LAST_MS))
    return 'its time lies outside the years 6 to 9999';
  if (body.includes('\0') || kind.includes('\0') || device?.includes('\0')) return 'it holds a NUL';
  return undefined;
}

/** The newest reading of a device, as its row in `devices`. */
export interface Newest {
  readonly record: SiteRecord;
  readonly live: boolean;
}

interface Reading {
  readonly fields?: unknown;
  readonly fCnt?: unknown;
  readonly fPort?: unknown;
  readonly rx?: readonly { readonly gw?: unknown; readonly rssi?: unknown; readonly snr?: unknown }[];
}

/** Values for `devices`; undefined when the body is no reading. */
export function deviceRow({ record, live }: Newest): readonly unknown[] | undefined {
  const { site, device, timeMs, epoch, seq } = record;
  let body: Reading;
  try {
    body = JSON.parse(record.body) as Reading;
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || typeof body.fields !== 'object' || body.fields === null)
    return undefined;
  const best = Array.isArray(body.rx) ? body.rx[0] : undefined;
  // jsonb takes no NUL and no half characters.
  const clean = (text: string): string => text.replaceAll('\0', '').toWellFormed();
  const fields = JSON.stringify(
    Object.fromEntries(
      Object.entries(body.fields).map(([name, value]: [string, unknown]) => [
        clean(name),
        typeof value === 'string' ? clean(value) : typeof value === 'object' ? null : value,
      ]),
    ),
  );
  return [
    ...[site, device, isoTime(timeMs), epoch, seq, live, fields],
    ...[whole(body.fCnt), whole(body.fPort), finite(best?.rssi), finite(best?.snr), word(best?.gw)],
  ];
}

function whole(value: unknown): number | null {
  return Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31 ? Number(value) : null;
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function word(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, 64).replaceAll('\0', '') : null;
}

/** Events by which a site tells of a loss. */
const LOSSES = new Set(['expired', 'salvaged', 'wal_cut', 'epoch']);

/** Values for `losses`; undefined when the record tells of none. */
export function lossRow(record: SiteRecord): readonly unknown[] | undefined {
  if (record.kind !== 'system') return undefined;
  try {
    const body = JSON.parse(record.body) as { event?: unknown; count?: unknown; lost?: unknown };
    if (typeof body.event !== 'string' || !LOSSES.has(body.event)) return undefined;
    const lost = whole(body.count) ?? whole(body.lost);
    return [record.site, record.epoch, record.seq, isoTime(record.timeMs), body.event, lost, record.body];
  } catch {
    return undefined;
  }
}
