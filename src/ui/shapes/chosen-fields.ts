/** Which members of an answer are asked for: `fields=name,last`. Pure. */
import * as z from 'zod/mini';
import { didYouMean } from '../../model/suggest.ts';
import { maybe } from './describe.ts';
import type { DeviceView } from './devices.ts';

/** Once more beside their shape, which is loaded only to describe the API. */
export const DEVICE_MEMBERS: readonly string[] = [
  'devEui',
  'name',
  'codec',
  'decoder',
  'origin',
  'devAddr',
  'activation',
  'joinEui',
  'keyMissing',
  'profile',
  'area',
  'notes',
  'formerly',
  'revision',
  'link',
  'network',
  'fields',
  'presets',
  'nextFCntUp',
  'lastSeen',
  'ageSeconds',
  'usualIntervalSeconds',
  'expectedIntervalSeconds',
  'last',
  'recent',
] as const satisfies readonly (keyof DeviceView)[];
/** What it takes the device's readings to say. */
const OF_READINGS: ReadonlySet<string> = new Set([
  'last',
  'recent',
  'lastSeen',
  'ageSeconds',
  'usualIntervalSeconds',
]);

/** Undefined for all. */
export const deviceFields = maybe(
  z.string().check(
    z.maxLength(500),
    z.refine((text) => unknownIn(text) === undefined, {
      error: ({ input }) => wordsOf(String(input)),
    }),
  ),
  'Members of each device to give, by commas, such as name,last; devEui always comes. All without',
);

function split(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function unknownIn(text: string): string | undefined {
  return split(text).find((name) => !DEVICE_MEMBERS.includes(name));
}

function wordsOf(text: string): string {
  const unknown = unknownIn(text) ?? '';
  return `a device has no member ${JSON.stringify(unknown)}${didYouMean(unknown, DEVICE_MEMBERS)}`;
}

export interface ChosenFields {
  readonly pick: (device: DeviceView) => DeviceView;
  readonly needsReadings: boolean;
}

export function chosenFields(fields: string | undefined): ChosenFields {
  if (fields === undefined) return { pick: (device) => device, needsReadings: true };
  const names = new Set(['devEui', ...split(fields)]);
  return {
    // Whoever asked for some knows that the others are not there.
    pick: (device) =>
      Object.fromEntries(Object.entries(device).filter(([name]) => names.has(name))) as DeviceView,
    needsReadings: [...names].some((name) => OF_READINGS.has(name)),
  };
}
