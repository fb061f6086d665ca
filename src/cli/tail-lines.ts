/**
 * What `tail` writes: a line a reading, a line a frame. Names and values come from devices and people; none of them ends its line
 * or turns its direction. Pure.
 */
import { valuesText } from '../model/field-text.ts';
import type { FieldDisplay } from '../model/profile.ts';
import type { Fields } from '../model/record.ts';
import { oneLine } from '../model/text.ts';

/** What the box says of a device, as far as it is shown here. */
export interface TailDevice {
  readonly devEui: string;
  readonly name: string;
  /** How its profile wants fields to be shown. */
  readonly fields?: Readonly<Record<string, FieldDisplay>>;
}

/** As `GET /readings` has it, and with --json a line. */
export interface TailReading {
  /** `<epoch>-<seq>` */
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  /** Set where the clock of the box is not what it comes from. */
  readonly timeQuality?: string;
  readonly device: string;
  readonly fields: Fields;
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
  const values =
    Object.keys(fields).length === 0
      ? `port ${reading.fPort ?? '-'}: ${oneLine(reading.data) || 'no bytes'}`
      : valuesText(fields, words.deviceOf(device)?.fields).join('  ');
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
