/** The versions of the LoRaWAN link layer a device may speak; some rules differ between them. */

export const MAC_VERSIONS = ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4'] as const;
export type MacVersion = (typeof MAC_VERSIONS)[number];

/** Whether `version` is `least` or later. */
export function isAtLeast(version: MacVersion, least: MacVersion): boolean {
  return MAC_VERSIONS.indexOf(version) >= MAC_VERSIONS.indexOf(least);
}
