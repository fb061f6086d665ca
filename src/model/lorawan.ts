/**
 * The words of LoRaWAN that settings, profiles, imports and the network server share: which regions there are and which
 * versions of the link layer. Each stands in one list, here.
 */

/** Regions whose devices are answered; regional parameters by their common names, AS923's groups differ by an offset. */
export const REGION_NAMES = [
  'EU868',
  'US915',
  'AU915',
  'AS923',
  'AS923-2',
  'AS923-3',
  'AS923-4',
  'IN865',
  'KR920',
  'RU864',
  'EU433',
  'CN470',
] as const;
export type RegionName = (typeof REGION_NAMES)[number];

/** Regions of fixed channels, eight or nine of which are a sub-band, and how many of these they have. */
export const SUB_BANDS: Partial<Readonly<Record<RegionName, number>>> = { US915: 8, AU915: 8, CN470: 12 };

/** Regions whose frames are read and never answered, since nobody has written down how. */
export const LISTEN_ONLY_REGIONS = ['ISM2400'] as const;

/** Versions of the link layer a device may speak, oldest first; some rules differ between them. */
export const MAC_VERSIONS = ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4'] as const;
export type MacVersion = (typeof MAC_VERSIONS)[number];

/** 'A': receives after its own uplinks only; 'C': always. */
export const DEVICE_CLASSES = ['A', 'C'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];
