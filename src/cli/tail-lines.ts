/**
 * What `tail` writes: a line a reading, a line a frame. Names and values come from devices and people; none of them ends its line
 * or turns its direction. Pure.
 */
import { unitOf } from '../model/field-units.ts';
import { oneLine } from '../model/text.ts';

/** What the box says of a device, as far as it is shown here. */
export interface TailDevice {
  readonly devEui: string;
  readonly name: string;
  /** How its profile wants fields to be shown. */
  readonly fields?: Readonly<Record<string, FieldDisplay>>;
}

interface FieldDisplay {
  readonly name?: string;
  readonly unit?: string;
  readonly digits?: number;
  readonly hidden?: boolean;
  readonly states?: Readonly<Record<string, string>>;
}

type Value = number | string | boolean;

/** As `GET /readings` has it, and with --json a line. */
export interface TailReading {
  /** `<epoch>-<seq>` */
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  /** Set where the clock of the box is not what it comes from. */
  readonly timeQuality?: string;
  readonly device: string;
  readonly fields: Readonly<Record<string, Value>>;
  readonly data: string;
  readonly fPort: number | null;
  readonly fCnt: number;
  readonly problem?: string;
}

/** As the API has it. */
export interface TailFrame {
  readonly id: string;
  readonly time: string;
  readonly kind: string;
  readonly ours: boolean;
  readonly refused?: string;
  readonly devEui?: string;
  readonly devAddr?: string;
  readonly maybeOf?: readonly string[];
  readonly fCnt?: number;
  readonly fPort?: number;
  readonly bytes: number;
  readonly frequency: number;
  readonly dataRate: string;
  readonly marginDb?: number;
  readonly receptions: readonly { readonly gatewayId: string; readonly rssi: number; readonly snr: number }[];
  readonly sending?: { readonly gatewayId: string; readonly sentIn?: number; readonly refusedBy?: string };
}

export interface LineWords {
  /** Of epoch milliseconds: '2026-11-27 14:03:07'. */
  readonly clock: (timeMs: number) => string;
  readonly deviceOf: (devEui: string) => TailDevice | undefined;
  /** Names are filled up to it. */
  readonly width: number;
}

const FRAME = 'frame';

export function readingLine(reading: TailReading, words: LineWords): string {
  const { time, timeQuality, device, fields, problem } = reading;
  const { fields: displays = {} } = words.deviceOf(device) ?? { fields: {} };
  const shown = Object.entries(fields).filter(([key]) => ownOf(displays, key)?.hidden !== true);
  const values =
    Object.keys(fields).length === 0
      ? `port ${reading.fPort ?? '-'}: ${oneLine(reading.data) || 'no bytes'}`
      : shown.map(([key, value]) => fieldText(key, value, ownOf(displays, key))).join('  ');
  const clock = `${words.clock(Date.parse(time))}${timeQuality === undefined ? '' : ` (${oneLine(timeQuality)})`}`;
  return [
    clock,
    nameOf(device, words),
    values,
    ...(problem === undefined ? [] : [`(${oneLine(problem)})`]),
  ].join('  ');
}

/** Frames begin with that word behind the name, so that the eye and grep can tell them from readings. */
export function frameLine(frame: TailFrame, words: LineWords): string {
  const who = frame.devEui === undefined ? unsureOf(frame) : nameOf(frame.devEui, words);
  const count = frame.fCnt === undefined ? [] : [`count ${frame.fCnt}`];
  const port = frame.fPort === undefined ? [] : [`port ${frame.fPort}`];
  return [
    words.clock(Date.parse(frame.time)),
    who.padEnd(words.width),
    [FRAME, oneLine(frame.kind), ...count, ...port, `${frame.bytes} bytes`].join(' '),
    `${frame.frequency / 1e6} MHz ${oneLine(frame.dataRate)}`,
    ...(frame.ours ? sendingOf(frame) : heardOf(frame)),
    ...(frame.refused === undefined ? [] : [`refused: ${oneLine(frame.refused)}`]),
  ].join('  ');
}

/** Of which only the address is known, or not even that. */
function unsureOf({ devAddr, maybeOf }: TailFrame): string {
  if (devAddr === undefined) return '?';
  return maybeOf && maybeOf.length > 0 ? `${devAddr} (one of ${maybeOf.length})` : `${devAddr}?`;
}

function heardOf({ receptions, marginDb }: TailFrame): string[] {
  const [best] = receptions;
  if (!best) return [];
  const margin = marginDb === undefined ? '' : `, ${marginDb} dB to spare`;
  const more = receptions.length > 1 ? ` and ${receptions.length - 1} more` : '';
  return [`heard by ${oneLine(best.gatewayId)}${more} ${best.rssi} dBm, SNR ${best.snr} dB${margin}`];
}

function sendingOf({ sending }: TailFrame): string[] {
  if (!sending) return [];
  const { gatewayId, sentIn, refusedBy } = sending;
  const gateway = oneLine(gatewayId);
  if (refusedBy !== undefined) return [`not sent by ${gateway}: ${oneLine(refusedBy)}`];
  return [sentIn === undefined ? `handed to ${gateway}` : `sent by ${gateway} in window ${sentIn + 1}`];
}

function nameOf(devEui: string, { deviceOf, width }: LineWords): string {
  const name = oneLine(deviceOf(devEui)?.name ?? '');
  return (name === '' ? oneLine(devEui) : name).padEnd(width);
}

function fieldText(key: string, value: Value, display: FieldDisplay | undefined): string {
  const label = oneLine(display?.name ?? key);
  const state = ownOf(display?.states ?? {}, String(value));
  if (state !== undefined) return `${label} ${oneLine(state)}`;
  if (typeof value !== 'number') return `${label} ${oneLine(String(value))}`;
  const unit = display?.unit ?? unitOf(key);
  const digits = display?.digits;
  return `${label} ${digits === undefined ? value : value.toFixed(digits)}${unit === undefined ? '' : ` ${oneLine(unit)}`}`;
}

/** A field may be called 'constructor'. */
function ownOf<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Times as '2026-11-27 14:03:07' in `zone`, or in UTC where this machine does not know it; `zone` is which of them. */
export function clockOf(zone: string | undefined): { clock: (timeMs: number) => string; zone: string } {
  const known = isZone(zone) ? zone : 'UTC';
  const format = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone: known, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  const clock = (timeMs: number): string => {
    if (!Number.isFinite(timeMs)) return '?'.padEnd(19);
    const part = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
  };
  return { clock, zone: known };
}

function isZone(zone: string | undefined): zone is string {
  try {
    return zone !== undefined && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}
