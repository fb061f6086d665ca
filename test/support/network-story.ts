/**
 * What tests of the network server tell stories with: a site that ends with its test, one device at a time that joins or is
 * personalised, and talk between the two.
 */
import { afterEach, expect } from 'vitest';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import type { LinkSettings } from '../../src/model/device.ts';
import { createLorawanDevice, type LorawanDevice, type Received } from './lorawan-device.ts';
import { createNetworkSite, type NetworkSite, type SentDown } from './network-site.ts';

export const KEYS = {
  devEui: '70b3d57ed0000001',
  joinEui: '70b3d57ed0000abc',
  appKey: '98929b92c49edba9676d646d3b612456',
};
export const ABP = { devAddr: '01020304', nwkSKey: '11'.repeat(16), appSKey: '22'.repeat(16) };
export const ORDER = { fPort: 10, data: 'c0ffee', confirmed: false, retries: 0 };

export interface NetworkStory {
  /** The one of `newSite`. */
  readonly site: NetworkSite;
  /** Starts a site; batteries are not asked for unless `network` says so. */
  newSite(options?: Parameters<typeof createNetworkSite>[0]): NetworkSite;
  /** A device that is known and has not joined. */
  otaaDevice(link?: LinkSettings): LorawanDevice;
  abpDevice(link?: LinkSettings): LorawanDevice;
  /** A device that has joined. */
  joined(link?: LinkSettings): Promise<LorawanDevice>;
  /** An uplink, what the device made of the answer, and time enough until the next. */
  talk(
    device: LorawanDevice,
    of?: Parameters<LorawanDevice['uplink']>[0],
    snr?: number,
  ): Promise<Received | undefined>;
  /** The steps of all downlinks in the log. */
  steps(): unknown[];
}

/** The frame of the first item. */
export function payloadOf(down: SentDown | undefined): Uint8Array {
  const [item] = down?.items ?? [];
  if (!item) throw new Error('nothing was sent');
  return item.phyPayload;
}

/** For one file of tests. */
export function createNetworkStory(): NetworkStory {
  let site: NetworkSite | undefined;
  afterEach(async () => {
    await site?.close();
    site = undefined;
  });
  const story: NetworkStory = {
    get site() {
      if (!site) throw new Error('no site was started');
      return site;
    },
    newSite(options = {}) {
      site = createNetworkSite({ ...options, gateway: { deviceStatusHours: 0, ...options.gateway } });
      return site;
    },
    otaaDevice(link) {
      const { devEui, ...otaa } = KEYS;
      const more = link ? { link } : {};
      story.site.store().devices.put({ devEui, name: 'Valve', codec: 'raw', origin: 'api', otaa, ...more });
      return createLorawanDevice({ ...KEYS, region: REGIONS[link?.region ?? 'EU868'] });
    },
    abpDevice(link) {
      const { devEui } = KEYS;
      const more = link ? { link } : {};
      story.site
        .store()
        .devices.put({ devEui, name: 'Tank', codec: 'raw', origin: 'api', abp: ABP, ...more });
      return createLorawanDevice({ ...KEYS, region: REGIONS.EU868, abp: ABP });
    },
    async joined(link) {
      const device = story.otaaDevice(link);
      const [accept] = await story.site.exchange(device.joinRequest());
      expect(device.acceptJoin(payloadOf(accept))).toBe(true);
      await story.site.pass(10_000);
      return device;
    },
    async talk(device, of = {}, snr = 7) {
      const sent = await story.site.exchange(device.uplink(of), { snr });
      const received = sent.map((down) => device.receive(payloadOf(down)));
      await story.site.pass(10_000);
      return received[0];
    },
    steps: () => story.site.records('downlink').map(({ parsed }) => parsed.step),
  };
  return story;
}
