/** The newest readings of a device: what its page shows, and how often it usually reports. */
import type { LogRecord } from '../../model/record.ts';
import type { Store } from '../../store/contract.ts';

/** Readings looked at for how often a device usually reports. */
export const HISTORY = 8;
const MAX_PAGES = 5;

/** Newest first; joins and downlinks between them are passed over, as far as that does not take long. */
export function newestReadings({ log }: Pick<Store, 'log'>, devEui: string, wanted: number): LogRecord[] {
  const readings: LogRecord[] = [];
  let before = Number.MAX_SAFE_INTEGER;
  for (let page = 0; page < MAX_PAGES && readings.length < wanted; page++) {
    const records = log.ofDevice(devEui, before, wanted);
    readings.push(...records.filter(({ kind }) => kind === 'uplink'));
    if (records.length < wanted) break;
    before = records.at(-1)?.seq ?? 0;
  }
  return readings.slice(0, wanted);
}
