/** Settings: the box itself: its site, its clock, its codecs, its log, and the site it can play. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { label, text, timeZone, whole } from '../formats.ts';

const DAY_MS = 86_400_000;

export const site = z.strictObject({
  id: setting(label(), {
    description:
      'Short name of this site, unique at the centre: it names the stream there and the tag `site` in InfluxDB. Changing it starts a new stream.',
    default: 'demo',
    example: 'north-hill',
  }),
  name: setting(text(100), {
    description: 'Name shown on the pages.',
    example: 'North Hill Pumping Station',
  }),
  time_zone: setting(timeZone(), {
    description:
      'Time zone of the site, in which the pages show times wherever they are looked at. The machine’s own without; a container’s is UTC unless told otherwise.',
    example: 'Europe/Berlin',
  }),
});

export const codecs = z.strictObject({
  dir: setting(text(4096), {
    description:
      'Folder with device makers’ scripts, read at the start: each `*.js` is a codec named by its file. They win over scripts added through the API.',
    example: '/etc/webscada-edge/codecs',
  }),
});

export const time = z.strictObject({
  trust: setting(z.enum(['auto', 'synced', 'always']), {
    description:
      'When the machine’s clock is taken to be right. `auto`: when a time server set it, when it agrees with a clock with a battery, or when nothing on the machine could tell. `synced`: only when a time server set it. `always`: the operator sees to it. In each case gateways that agree on the time stand in where the clock is wrong.',
    default: 'auto',
  }),
  hold_days: setting(whole(0, 365), {
    description:
      'How long readings taken without the right time are kept back from InfluxDB, days of running. Then they go with an estimate.',
    default: 7,
  }),
});

export const simulator = z.strictObject({
  enabled: setting(z.boolean(), {
    description:
      'Play a small site with made-up gateways and devices: for a first look, never on a real site.',
    default: false,
  }),
  devices: setting(whole(1, 1000), { description: 'Devices that play.', default: 12 }),
  gateways: setting(whole(1, 20), { description: 'Gateways that play.', default: 2 }),
  interval_s: setting(whole(1, DAY_MS / 1000), {
    description: 'Seconds between two frames of one device, about.',
    default: 10,
  }),
  seed: setting(whole(0, 4_294_967_295), {
    description: 'The same seed plays the same site.',
    default: 1,
  }),
  capture: setting(text(4096), {
    description:
      'A capture of frames (the page Frames, or `GET /api/v1/frames/export`) to be played once instead of the made-up site, by the gateways that heard it. Who has the keys of its devices can read it.',
    example: '/var/lib/webscada-edge/frames.ndjson',
  }),
  speed: setting(whole(1, 1000), {
    description: 'How many times faster than it was heard a capture is played.',
    default: 1,
  }),
});

export const log = z.strictObject({
  level: setting(z.enum(['debug', 'info', 'warn', 'error']), {
    description: 'The least severe lines that are logged.',
    default: 'info',
  }),
  format: setting(z.enum(['auto', 'pretty', 'json']), {
    description: '`auto`: `pretty` on a terminal, one JSON object a line otherwise.',
    default: 'auto',
  }),
});
