/**
 * A frame as text to be pasted into a bug report. Keys are in nothing the box tells; identifiers are left out where that is wanted,
 * each with a stand-in of its own so that the same one can be told from another, and out of the bytes as well. Pure.
 */
import type { FrameDetailView, FramePartView } from '../../shapes/frames.ts';

export interface LeftOut {
  readonly identifiers: boolean;
  readonly payload: boolean;
}

/** Parts that name somebody. A MIC does too: whoever has the frame finds it by that. */
const NAMING: ReadonlySet<string> = new Set(['DevAddr', 'JoinEUI', 'DevEUI', 'NetID', 'MIC']);
const PAYLOAD = 'FRMPayload';

export function reportOf(frame: FrameDetailView, leftOut: LeftOut, version: string): string {
  const name = namer(leftOut.identifiers);
  const { time, kind, refused, frequency, dataRate, bytes, receptions, sending } = frame;
  const head = [
    `WebSCADA Edge ${version}`,
    `${time} ${kind}${refused === undefined ? '' : `, refused: ${refused}`}`,
    `${frequency / 1e6} MHz ${dataRate}, ${bytes} bytes`,
    ...owner(frame, name),
    ...receptions.map(
      ({ gatewayId, rssi, snr, channel }) =>
        `heard by ${name('gateway', gatewayId)}: RSSI ${rssi} dBm, SNR ${snr} dB, channel ${channel}`,
    ),
    ...(sending ? [sendingLine(sending, name('gateway', sending.gatewayId))] : []),
    `PHYPayload ${phyPayload(frame, leftOut)}`,
    '',
  ];
  const parts = frame.parts.flatMap((part) => partLines(part, leftOut));
  return [...head, `${frame.specification}:`, ...parts, ''].join('\n');
}

type Namer = (kind: string, id: string) => string;

/** The id itself, or a stand-in: 'gateway 1'. */
function namer(isHidden: boolean): Namer {
  const known = new Map<string, string>();
  return (kind, id) => {
    if (!isHidden) return id;
    const number = [...known.keys()].filter((one) => one.startsWith(`${kind} `)).length + 1;
    const name = known.get(`${kind} ${id}`) ?? `(${kind} ${number})`;
    known.set(`${kind} ${id}`, name);
    return name;
  };
}

function owner({ devEui, joinEui, devAddr, fCnt, fPort }: FrameDetailView, name: Namer): string[] {
  const words = [
    ...(devEui === undefined ? [] : [`DevEUI ${name('DevEUI', devEui)}`]),
    ...(joinEui === undefined ? [] : [`JoinEUI ${name('JoinEUI', joinEui)}`]),
    ...(devAddr === undefined ? [] : [`DevAddr ${name('DevAddr', devAddr)}`]),
    ...(fCnt === undefined ? [] : [`FCnt ${fCnt}`]),
    ...(fPort === undefined ? [] : [`FPort ${fPort}`]),
  ];
  return words.length === 0 ? [] : [words.join(', ')];
}

function sendingLine(
  { windows, sentIn, refusedBy }: NonNullable<FrameDetailView['sending']>,
  gateway: string,
): string {
  const fate = refusedBy ?? (sentIn === undefined ? 'no answer' : `sent in window ${sentIn + 1}`);
  const tried = windows.map(
    ({ frequency, dataRate, power, delayMs }) =>
      `${frequency / 1e6} MHz ${dataRate} ${power} dBm ${delayMs === undefined ? 'at once' : `+${delayMs} ms`}`,
  );
  return `sent by ${gateway}: ${tried.join('; ')}; ${fate}`;
}

/** The bytes, those that are left out as dots. */
function phyPayload({ phyPayload: hex, parts }: FrameDetailView, leftOut: LeftOut): string {
  let text = hex;
  for (const { name, inside, offset, bytes } of parts) {
    if (inside !== undefined || !isLeftOut(name, leftOut)) continue;
    text = text.slice(0, offset * 2) + '·'.repeat(bytes.length) + text.slice(offset * 2 + bytes.length);
  }
  return text;
}

function isLeftOut(name: string, { identifiers, payload }: LeftOut): boolean {
  if (identifiers && NAMING.has(name)) return true;
  return payload && name === PAYLOAD;
}

function partLines(
  { name, inside, clause, bytes, clear, encrypted, value, fields }: FramePartView,
  out: LeftOut,
) {
  const hidden = isLeftOut(inside ?? name, out) || isLeftOut(name, out);
  const words = [
    hidden ? '(left out)' : bytes,
    ...(hidden || clear === undefined ? [] : [`= ${clear}`]),
    ...(encrypted ? ['encrypted'] : []),
    ...(hidden || value === undefined ? [] : [value]),
  ];
  const indent = inside === undefined ? '  ' : '    ';
  const bits = fields.map(({ name: field, bits: pattern, value: meaning }) =>
    hidden ? '' : `${indent}  ${field} ${pattern === undefined ? '' : `${pattern} `}${meaning}`,
  );
  return [`${indent}${name} (${clause}): ${words.join(' ')}`, ...bits.filter((line) => line !== '')];
}
