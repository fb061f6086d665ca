/** The frames a page holds: new ones and new words about old ones are worked in, the oldest go. Pure. */
import type { FrameView } from '../../shapes/frames.ts';

/** As many as the box keeps. */
export const KEPT = 500;

/** What to look for: one of these, beside the words of a search. */
export const ONLY = ['uplink', 'join', 'downlink', 'refused'] as const;
export type Only = (typeof ONLY)[number];

export function isOnly(text: string): text is Only {
  return ONLY.some((one) => one === text);
}

/** `list` and what came, newest first. Of another run of the box nothing stays: its frames can be opened no more. */
export function withFrames(list: readonly FrameView[], came: readonly FrameView[]): readonly FrameView[] {
  const [run] = came.at(-1)?.id.split('-') ?? [];
  if (run === undefined) return list;
  const byId = new Map([...list, ...came].map((frame) => [frame.id, frame]));
  return [...byId.values()]
    .filter(({ id }) => id.startsWith(`${run}-`))
    .sort((a, b) => numberOf(b) - numberOf(a))
    .slice(0, KEPT);
}

function numberOf({ id }: FrameView): number {
  return Number(id.split('-')[1]);
}

/** Whether it is one of those looked for; `nameOf` is what a DevEUI is called. */
export function isWanted(
  frame: FrameView,
  only: Only | undefined,
  search: string,
  nameOf: (devEui: string) => string,
): boolean {
  if (only === 'refused' && frame.refused === undefined) return false;
  if (only === 'join' && !frame.kind.startsWith('join')) return false;
  if ((only === 'uplink' || only === 'downlink') && frame.kind !== only) return false;
  const words = search.toLowerCase().trim().split(/\s+/);
  const text = textOf(frame, nameOf);
  return words.every((word) => text.includes(word));
}

function textOf(frame: FrameView, nameOf: (devEui: string) => string): string {
  const { devEui, joinEui, devAddr, maybeOf = [], receptions, sending, refused, dataRate } = frame;
  const devices = [...(devEui === undefined ? [] : [devEui]), ...maybeOf];
  const gateways = receptions.map(({ gatewayId }) => gatewayId);
  return [
    ...devices,
    ...devices.map(nameOf),
    joinEui,
    devAddr,
    ...gateways,
    sending?.gatewayId,
    refused,
    dataRate,
  ]
    .join(' ')
    .toLowerCase();
}
