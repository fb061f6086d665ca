/** How much a store or a backup holds, in words. */
import type { HeldView } from '../../shapes/backups.ts';
import { wholeTime } from '../dates.ts';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';

/** '67 records from … to …, 3 devices' */
export function held(contents: HeldView | undefined): string {
  if (!contents) return t('backup.nothing');
  const { records, oldest, newest, devices, hasLog } = contents;
  const when = (time: string): string => wholeTime(Date.parse(time), siteZone.value);
  const span = hasLog && oldest && newest ? t('backup.span', { from: when(oldest), to: when(newest) }) : '';
  const log = hasLog ? t('part.records', { count: records }) : t('backup.noRecords');
  return `${log}${span === '' ? '' : ` ${span}`}, ${t('backup.devices', { count: devices })}`;
}
