/** Settings: the log on disk. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { text, whole } from '../formats.ts';

export const store = z.strictObject({
  dir: setting(text(4096), {
    description: 'Folder of the store; made if it is missing. Relative to the working directory.',
    default: './data',
    example: '/var/lib/webscada-edge',
  }),
  commit_max_delay_ms: setting(whole(0, 1000), {
    description:
      'How long a reading may wait for others to be written to disk together, where others are to be expected by then; one with an answer to send does not wait. Larger spares an SD card; the message is acknowledged, and the reading shown, only afterwards.',
    default: 500,
  }),
  max_bytes: setting(whole(16 * 1024 ** 2), {
    description:
      'Size of the store on disk. When it is reached the oldest delivered readings go first, and only then undelivered ones, which is counted and shown.',
    default: 4 * 1024 ** 3,
  }),
  max_age_days: setting(whole(1, 36_500), {
    description: 'Delivered readings older than this are removed.',
    default: 365,
  }),
  history_max_age_days: setting(whole(1, 36_500), {
    description:
      'Hourly minimum, maximum and mean of each numeric field, for charts, are kept so long, also when the readings themselves are gone; within an eighth of `max_bytes`, beyond which the oldest days go.',
    default: 730,
  }),
  key_file: setting(text(4096), {
    description:
      'File with the key that encrypts the keys of devices in the store; made if missing. On another disk, a stolen store gives no device keys away. In `dir` without.',
    example: '/etc/webscada-edge/device.key',
  }),
  may_be_lost: setting(z.boolean(), {
    description:
      'The folder may lie in memory or in a layer of a container, which are gone after the next start: a demo, a test. The box does not warn of it then.',
    default: false,
  }),
  reserve_bytes: setting(whole(0), {
    description: 'Space left free on the disk for everything else.',
    default: 256 * 1024 ** 2,
  }),
  daily_write_budget_bytes: setting(whole(1024 ** 2), {
    description:
      'How much should be written to the disk a day; shown beside what was. 1 GiB a day is 0.4 TB a year: a card that endures 4 TB lasts ten years.',
    default: 1024 ** 3,
  }),
  card_endurance_bytes: setting(whole(0), {
    description:
      'What the card endures in its life, from which its years are projected; 0: unknown. The default is careful: 500 times the size of a 32 GB card, of which three quarters go to what a card writes by itself for small writes. Endurance cards and SSDs state their own (TBW).',
    default: 4_000_000_000_000,
  }),
});
