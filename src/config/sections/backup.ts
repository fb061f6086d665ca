/** Settings: the backups the box makes by itself. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { text, timeOfDay, url, whole } from '../formats.ts';

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
  copy_dir: setting(text(4096), {
    description:
      'Folder for a second copy of each backup, encrypted for the recovery key (`webscada-edge backup key`): a mounted stick, a share. It must be there.',
    example: '/media/copies',
  }),
  s3_url: setting(url(['http', 'https']), {
    description:
      'Bucket for a copy of each backup, encrypted for the recovery key: address of the server, name of the bucket, and a prefix where several sites share it.',
    example: 'https://s3.example/site-backups/north',
  }),
  s3_region: setting(text(), {
    description: 'Region of the bucket, part of the signature.',
    default: 'us-east-1',
  }),
  s3_access_key: setting(text(), { description: 'Access key id for the bucket.', example: 'AKIAEXAMPLE' }),
  s3_secret_key: setting(text(4096), { description: 'Secret of the access key.', secret: true }),
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
