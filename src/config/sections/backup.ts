/** Settings: the backups the box makes by itself. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { text, timeOfDay, whole } from '../formats.ts';

export const backup = z.strictObject({
  enabled: setting(z.boolean(), {
    description: 'Make a backup every day. An unchanged store is not copied again.',
    default: true,
  }),
  dir: setting(text(4096), {
    description:
      'Folder the backups go to, which must be there: a mounted stick, a folder of the host, a share. Without, `backups` in the folder of the store, which helps against mistakes and damage, not against the loss of the disk.',
    example: '/media/backup',
  }),
  other_disk: setting(z.boolean(), {
    description:
      'Refuse to write into `dir` while it is on the disk of the store: a stick that is not mounted leaves an empty folder there.',
    default: false,
  }),
  at: setting(timeOfDay(), {
    description:
      'When, by the clock and time zone of the machine. A box that was off then makes it up after its start.',
    default: '02:17',
  }),
  keep_daily: setting(whole(1, 366), { description: 'Days of which the last backup is kept.', default: 7 }),
  keep_weekly: setting(whole(0, 260), { description: 'Weeks of which the last backup is kept.', default: 4 }),
  keep_monthly: setting(whole(0, 240), {
    description: 'Months of which the last backup is kept.',
    default: 12,
  }),
  max_log_bytes: setting(whole(0), {
    description:
      'A larger log of readings is left out, and that is told; devices, keys, counters and users are always in it. Without: 256 MiB on the disk of the store, to spare the card, and no bound on another one.',
    example: 4_294_967_296,
  }),
});
