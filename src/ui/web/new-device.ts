/** What a device that is to be added is known by: what was scanned or typed, and how far it has come on its way in. Pure. */
import type { DeviceView } from '../shapes/devices.ts';
import type { SilenceView } from '../shapes/silence.ts';

/** Identity as far as it is captured; '' for what is not known. */
export interface Identity {
  readonly devEui: string;
  readonly joinEui: string;
  /** What its code says of its make. */
  readonly code?: { readonly vendorId: string; readonly modelId: string };
}

/** Hex digits without what people put between them, in lower case; undefined unless there are so many. */
export function hexOf(text: string, digits: number): string | undefined {
  const plain = text
    .trim()
    .replace(/^0x/i, '')
    .replace(/[:\s-]/g, '')
    .toLowerCase();
  return plain.length === digits && /^[0-9a-f]+$/.test(plain) ? plain : undefined;
}

/** A DevEUI alone, as it is typed or printed on a label; else it is for the box to read. */
export function identityOf(text: string): Identity | undefined {
  const devEui = hexOf(text, 16);
  return devEui === undefined ? undefined : { devEui, joinEui: '' };
}

export const LADDER = ['heard', 'keyFits', 'accepted', 'firstValue'] as const;
export type Rung = (typeof LADDER)[number];

/**
 * Which of the steps a device has done; each one proves those before it. `knocks` is whether its join requests were heard,
 * let in or not. A device that was never asked for a key (ABP) is let in with its first value.
 */
export function rungsOf(
  device: Pick<DeviceView, 'network' | 'last' | 'lastSeen'> | undefined,
  verdict: Pick<SilenceView, 'evidence'> | undefined,
  knocks: boolean,
): Readonly<Record<Rung, boolean>> {
  const firstValue = device?.last !== null && device?.last !== undefined;
  const accepted = firstValue || device?.network?.joined !== undefined;
  const reason = verdict?.evidence.refused?.reason;
  // Refused for something that is looked at after the key.
  const keyFits = accepted || (reason !== undefined && !BEFORE_KEY.has(reason));
  return { heard: keyFits || knocks || reason !== undefined, keyFits, accepted, firstValue };
}

/** Refusals that say nothing about the key, or that it is wrong. */
const BEFORE_KEY: ReadonlySet<string> = new Set([
  'join_unknown_device',
  'join_wrong_join_eui',
  'join_wrong_mic',
  'wrong_mic',
]);
