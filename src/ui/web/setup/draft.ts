/** What is set of a device: as it was looked at, as somebody wants it, and as somebody else made it meanwhile. Pure. */
import type { DeviceView } from '../../shapes/devices.ts';

export const PARTS = ['name', 'area', 'profile', 'codec', 'joinEui', 'devAddr', 'notes'] as const;
export type Part = (typeof PARTS)[number];
export type Draft = Readonly<Record<Part, string>>;

export function draftOf(device: DeviceView): Draft {
  const { name, area = '', profile = '', codec, notes = '' } = device;
  const joins = device.activation === 'otaa' || device.keyMissing === true;
  const { joinEui, devAddr } = device;
  return {
    ...{ name, area, profile, codec, notes },
    joinEui: joins ? (joinEui ?? '') : '',
    devAddr: joins ? '' : (devAddr ?? ''),
  };
}

/** Where two differ. */
export function differences(a: Draft, b: Draft): readonly Part[] {
  return PARTS.filter((part) => a[part] !== b[part]);
}

/** Mine where I changed something, theirs elsewhere. */
export function merged(base: Draft, mine: Draft, theirs: Draft): Draft {
  const changed = new Set(differences(base, mine));
  return Object.fromEntries(PARTS.map((part) => [part, (changed.has(part) ? mine : theirs)[part]])) as Record<
    Part,
    string
  >;
}

/** What may be set of it here: one that is declared elsewhere is only remarked upon. */
export function mayChange(part: Part, { origin }: Pick<DeviceView, 'origin'>): boolean {
  if (part === 'area' || part === 'notes') return true;
  return origin === 'api' || (origin === 'chirpstack' && part === 'name');
}
