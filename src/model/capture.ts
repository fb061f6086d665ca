/**
 * A capture: frames as they were on the air, to be looked at elsewhere or played again. A file of lines, each a JSON object: the
 * first says what it is, the others are frames in the order of time. No keys; what is encrypted stays so.
 *
 *     {"capture":"webscada-edge","version":1,"site":"north-hill"}
 *     {"time":"2026-11-27T08:00:00.000Z","phyPayload":"40…","frequency":868100000,"dataRate":"SF7BW125",
 *      "receptions":[{"gatewayId":"0016c001f153a14c","rssi":-97,"snr":5.5,"channel":0}]}
 *
 * A frame that was sent has `sending` instead of receptions, and is not played again: what answers is the network server.
 */
import type { FrameReception, FrameSummary } from './frame.ts';

const NAME = 'webscada-edge';
const VERSION = 1;
const MAX_FRAMES = 100_000;
const MAX_GATEWAYS = 50;

/** A frame that gateways heard. */
export interface CapturedFrame {
  /** Epoch milliseconds. */
  readonly timeMs: number;
  readonly phyPayload: Uint8Array;
  /** Hertz. */
  readonly frequency: number;
  readonly dataRate: string;
  readonly receptions: readonly FrameReception[];
}

/** The lines of a capture, `frames` in the order of time. */
export function captureLines(site: string, frames: readonly FrameSummary[]): string {
  const head = { capture: NAME, version: VERSION, site };
  return [head, ...frames.map(lineOf)].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function lineOf(frame: FrameSummary) {
  const { timeMs, phyPayload, frequency, dataRate, refused, receptions, sending } = frame;
  return {
    time: new Date(timeMs).toISOString(),
    phyPayload: Buffer.from(phyPayload).toString('hex'),
    ...{ frequency, dataRate },
    ...(refused === undefined ? {} : { refused }),
    ...(sending ? { sending } : { receptions }),
  };
}

export interface Capture {
  /** In the order of time; those only that gateways heard. */
  readonly frames: readonly CapturedFrame[];
  readonly gatewayIds: readonly string[];
}

/** What a capture holds, or why it is none, for a person. */
export function readCapture(text: string): Capture | string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length - 1 > MAX_FRAMES) return `it has more than ${MAX_FRAMES} frames`;
  const head = parsed(lines[0] ?? '');
  if (head?.capture !== NAME) return 'its first line does not say that it is a capture of frames';
  if (head.version !== VERSION)
    return `it is of version ${String(head.version)}, this program knows ${VERSION}`;
  const frames: CapturedFrame[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const frame = parsed(line);
    if (!frame) return `line ${index + 1} is no JSON object`;
    if ('sending' in frame) continue;
    const read = readFrame(frame);
    if (typeof read === 'string') return `line ${index + 1}: ${read}`;
    frames.push(read);
  }
  const gatewayIds = [...new Set(frames.flatMap(({ receptions }) => receptions.map((one) => one.gatewayId)))];
  if (gatewayIds.length > MAX_GATEWAYS) return `it has more than ${MAX_GATEWAYS} gateways`;
  return { frames: frames.sort((a, b) => a.timeMs - b.timeMs), gatewayIds };
}

type JsonObject = Readonly<Record<string, unknown>>;

function parsed(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

function readFrame({
  time,
  phyPayload,
  frequency,
  dataRate,
  receptions,
}: JsonObject): CapturedFrame | string {
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(timeMs)) return 'time is none';
  if (typeof phyPayload !== 'string' || !/^([0-9a-f]{2}){1,255}$/i.test(phyPayload))
    return 'phyPayload must be 1 to 255 bytes in hex';
  if (typeof frequency !== 'number' || !(frequency > 0 && frequency < 1e10)) return 'frequency is none';
  if (typeof dataRate !== 'string') return 'dataRate is none';
  const heard = Array.isArray(receptions) ? receptions.map(readReception) : [];
  if (heard.length === 0 || heard.length > MAX_GATEWAYS || heard.includes(undefined))
    return 'receptions must be a list of who heard it: gatewayId, rssi, snr';
  return {
    ...{ timeMs, frequency, dataRate, phyPayload: Buffer.from(phyPayload, 'hex') },
    receptions: heard.filter((one) => one !== undefined),
  };
}

function readReception(value: unknown): FrameReception | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { gatewayId, rssi, snr, channel = 0 } = value as JsonObject;
  if (typeof gatewayId !== 'string' || !/^[0-9a-f]{16}$/i.test(gatewayId)) return undefined;
  if (!isNumber(rssi) || !isNumber(snr) || !isNumber(channel)) return undefined;
  return { gatewayId: gatewayId.toLowerCase(), rssi, snr, channel };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
