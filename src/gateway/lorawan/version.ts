/** How the versions of the LoRaWAN link layer compare; some rules differ between them. */
import { MAC_VERSIONS, type MacVersion } from '../../model/lorawan.ts';

/** Whether `version` is `least` or later. */
export function isAtLeast(version: MacVersion, least: MacVersion): boolean {
  return MAC_VERSIONS.indexOf(version) >= MAC_VERSIONS.indexOf(least);
}
