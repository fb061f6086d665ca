/** The few figures of a box that reach the centre with what the site tells of itself, for boxes that no Prometheus can ask. */

/** Times are epoch milliseconds. */
export const KEY_FIGURES = [
  'startedMs',
  'freeBytes',
  'storeBytes',
  'devices',
  'devicesHeard',
  'gatewaysOnline',
  'gatewaysOffline',
  'influxPending',
  'backupMs',
  'certificateMs',
  'cardLifeUsedPercent',
] as const;

/** What is not known is absent. */
export type KeyFigures = Readonly<Partial<Record<(typeof KEY_FIGURES)[number], number>>>;
