/** How the network server treats a device: the site's settings, its profile's, its own, the last word winning. */

import type { GatewayConfig } from '../../config/schema.ts';
import type { Device, LinkSettings } from '../../model/device.ts';
import type { MacVersion } from '../../model/lorawan.ts';

import { networkSettings, type WantedLink } from '../mac/link.ts';
import { subBandChannels } from '../region/channels.ts';
import type { Region } from '../region/region.ts';
import { findRegion } from '../region/regions.ts';

export interface DeviceLink {
  readonly region: Region;
  readonly version: MacVersion;
  readonly deviceClass: 'A' | 'C';
  readonly adr: boolean;
  readonly target: WantedLink;
}

/** The answer for a device; undefined where its region is not one of ours. Same settings give the same object. */
export type LinkSettingsOf = (device: Pick<Device, 'profile' | 'link'>) => DeviceLink | undefined;

/** `profileOf` finds a profile by its name. */
export function createLinkSettingsOf(
  { transmit, region: siteRegion, subBand: siteSubBand, adr: siteAdr }: GatewayConfig,
  profileOf: (name: string) => LinkSettings | undefined,
): LinkSettingsOf {
  const made = new Map<string, DeviceLink | undefined>();

  function make(link: LinkSettings): DeviceLink | undefined {
    const choice = findRegion(link.region ?? siteRegion);
    if (!choice) return undefined;
    const { region } = choice;
    // Operators count sub-bands from 1.
    const subBand = choice.subBand ?? (siteSubBand === undefined ? undefined : siteSubBand - 1);
    const enabled = subBand === undefined ? [] : subBandChannels(region, subBand);
    return {
      region,
      version: link.macVersion ?? '1.0.3',
      deviceClass: link.deviceClass ?? 'A',
      adr: link.adr ?? siteAdr,
      target: networkSettings(region, {
        ...(enabled.length > 0 ? { enabled } : {}),
        ...(link.rx1DelayS === undefined ? {} : { rx1DelayS: link.rx1DelayS }),
      }),
    };
  }

  return ({ profile, link }) => {
    if (!transmit) return undefined;
    const known = profile === undefined ? undefined : profileOf(profile);
    const { region, macVersion, deviceClass, adr, rx1DelayS } = { ...known, ...link };
    const key = [region, macVersion, deviceClass, adr, rx1DelayS].join(' ');
    if (!made.has(key)) made.set(key, make({ ...known, ...link }));
    return made.get(key);
  };
}

/**
 * Whether a counter that starts again is taken from a device: its profile's word, then its own. A rule about hearing, so it
 * holds as well where nothing is ever answered.
 */
export type CounterResetAllowed = (device: Pick<Device, 'profile' | 'link'>) => boolean;

/** `profileOf` finds a profile by its name. */
export function createCounterResetAllowed(
  profileOf: (name: string) => LinkSettings | undefined,
): CounterResetAllowed {
  return ({ profile, link }) =>
    link?.allowCounterReset ??
    (profile === undefined ? undefined : profileOf(profile)?.allowCounterReset) ??
    false;
}
