/** Settings: the devices of the site. */
import * as z from 'zod/mini';
import { DEVICE_CLASSES, MAC_VERSIONS } from '../../model/lorawan.ts';
import { setting } from '../declare.ts';
import { hex, text, whole } from '../formats.ts';

const device = z.strictObject({
  dev_eui: setting(hex(16), {
    description: 'DevEUI, 16 hex digits, most significant byte first.',
    required: true,
    example: '70b3d57ed0000001',
  }),
  name: setting(text(100), {
    description: 'Name shown on the pages; the DevEUI if absent.',
    example: 'Tank 1',
  }),
  codec: setting(text(64), {
    description:
      'How the payload is read: `cayenne` is Cayenne LPP, `raw` keeps the bytes as hex, any other is the name of a script.',
    default: 'raw',
  }),
  dev_addr: setting(hex(8), {
    description: 'DevAddr of a device activated by personalisation; needs both keys.',
    example: '26011f22',
  }),
  nwk_s_key: setting(hex(32), { description: 'Network session key, 32 hex digits.', secret: true }),
  app_s_key: setting(hex(32), { description: 'Application session key, 32 hex digits.', secret: true }),
  join_eui: setting(hex(16), {
    description: 'JoinEUI (AppEUI) of a device that joins over the air; needs `app_key`.',
    example: '0000000000000000',
  }),
  app_key: setting(hex(32), { description: 'Root key of a device that joins, 32 hex digits.', secret: true }),
  mac_version: setting(z.enum(MAC_VERSIONS), {
    description: 'LoRaWAN version of the device; 1.0.3 without.',
    example: '1.0.4',
  }),
  class: setting(z.enum(DEVICE_CLASSES), {
    description: '`C` for a device that always listens; `A` without.',
    example: 'C',
  }),
  adr: setting(z.boolean(), {
    description: 'Whether the network steers data rate and power; `gateway.adr` without.',
    example: false,
  }),
  rx1_delay_s: setting(whole(1, 15), {
    description: 'Seconds from an uplink to the first receive window; more suits gateways on a slow line.',
    example: 5,
  }),
  allow_counter_reset: setting(z.boolean(), {
    description:
      'Accept a counter that starts again at 0. Whoever recorded old frames can then play them again: only for personalised devices that forget.',
    example: true,
  }),
});

export const devices = setting(z.array(device).check(z.maxLength(10_000)), {
  description:
    'The site’s devices, a table each. Those of all files together count; devices may also be added through the API, where one declared here wins.',
  default: [],
});
