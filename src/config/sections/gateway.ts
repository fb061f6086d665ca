/** Settings: how LoRaWAN frames are heard and answered. */
import * as z from 'zod/mini';
import { LISTEN_ONLY_REGIONS, REGION_NAMES } from '../../model/lorawan.ts';
import { setting } from '../declare.ts';
import { hex, whole } from '../formats.ts';

export const gateway = z.strictObject({
  region: setting(z.enum([...REGION_NAMES, ...LISTEN_ONLY_REGIONS]), {
    description: `LoRaWAN regional parameters of the site’s gateways and devices. Devices of ${LISTEN_ONLY_REGIONS.join(', ')} are heard and never answered: they need \`transmit = false\`.`,
    default: 'EU868',
  }),
  sub_band: setting(whole(1, 12), {
    description:
      'Which eight channels the gateways hear, in regions of fixed channels (US915, AU915, and CN470, which has 12): 2 is what others call FSB2 or `us915_1`. All without.',
    example: 2,
  }),
  transmit: setting(z.boolean(), {
    description:
      'Answer devices: joins, acknowledgements, downlinks. `false` where another network server does that.',
    default: true,
  }),
  net_id: setting(hex(6), {
    description: 'NetID of the network, 6 hex digits; `000000` and `000001` are for private networks.',
    default: '000000',
  }),
  adr: setting(z.boolean(), {
    description: 'Steer data rate and power of devices that ask for it and whose profile says nothing else.',
    default: true,
  }),
  device_status_hours: setting(whole(0, 8760), {
    description: 'How often devices are asked for their battery; 0: never.',
    default: 24,
  }),
  dedup_window_ms: setting(whole(0, 5000), {
    description: 'How long to wait for other gateways to report the same frame.',
    default: 200,
  }),
});
