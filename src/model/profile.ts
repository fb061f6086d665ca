/**
 * A device profile: what all devices of one make have in common, so that a device itself is only an identity, a name and
 * keys. Chosen when a device is added; changing it changes all of its devices.
 */

import type { DownlinkExample } from './device-catalogue.ts';
import type { DeviceClass, MacVersion, RegionName } from './lorawan.ts';

export interface DeviceProfile {
  /** Unique at the site; what a device refers to. */
  readonly name: string;
  /** The site's where absent. */
  readonly region?: RegionName;
  /** 1.0.3 where absent. */
  readonly macVersion?: MacVersion;
  /** A where absent. */
  readonly deviceClass?: DeviceClass;
  /** Whether the network server steers data rate and power; as the site where absent. */
  readonly adr?: boolean;
  /** A built-in codec or the name of a script; for devices whose own codec is 'raw'. */
  readonly codec: string;
  /** Constants handed to the script as `variables`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** How often a healthy device is heard, milliseconds; absent where silence means nothing. */
  readonly expectedIntervalMs?: number;
  /** Seconds from the end of an uplink to RX1, 1 to 15; absent for the region's own. */
  readonly rx1DelayS?: number;
  /** Whether a counter that starts again at 0 is accepted: only for ABP devices that forget it. */
  readonly allowCounterReset?: boolean;
  /** How fields are shown, by field name; those not listed are shown as they come. */
  readonly fields?: Readonly<Record<string, FieldDisplay>>;
  /** Downlinks people send by one touch. */
  readonly presets?: readonly DownlinkPreset[];
  /** What its codec makes downlinks of, as the maker shows it: where a form to fill in begins. */
  readonly examples?: readonly DownlinkExample[];
  /** Which model of the device catalogue it was made of. */
  readonly catalogue?: string;
}

/** Profiles of a site; as many makes of devices. */
export const MAX_PROFILES = 256;

/** 'Open valve': bytes, or what the codec makes them of. */
export interface DownlinkPreset {
  readonly name: string;
  /** With `object` the codec may say it. */
  readonly fPort?: number;
  /** Hex. */
  readonly data?: string;
  readonly object?: Readonly<Record<string, unknown>>;
  readonly confirmed?: boolean;
}

export interface FieldDisplay {
  /** 'Soil temperature'. */
  readonly name?: string;
  /** '°C'. */
  readonly unit?: string;
  /** Digits after the point, 0 to 6. */
  readonly digits?: number;
  /** Kept and forwarded, but not shown by default. */
  readonly hidden?: boolean;
  /** A value below is not as it should be. */
  readonly low?: number;
  /** A value above is not as it should be. */
  readonly high?: number;
  /** What its values are called: '1' is 'open'. A boolean is 'true' or 'false'. */
  readonly states?: Readonly<Record<string, string>>;
}

/** The codec that reads a device's payloads. */
export function codecOf(device: { readonly codec: string }, profile: DeviceProfile | undefined): string {
  return device.codec === 'raw' && profile ? profile.codec : device.codec;
}
