/** GPS time, which DeviceTimeAns tells: it counts from 1980-01-06T00:00:00Z and knows no leap seconds. */

/** By how much GPS time is ahead of UTC: 18 since 2017, and no further leap second is announced. */
export const GPS_LEAP_SECONDS = 18;
const GPS_EPOCH_MS = Date.UTC(1980, 0, 6);

/** Epoch milliseconds (UTC) as GPS seconds and 1/256 s; a time before 1980 is 0. */
export function gpsTime(utcMs: number): { gpsSeconds: number; fraction: number } {
  const ms = Math.max(0, utcMs - GPS_EPOCH_MS + GPS_LEAP_SECONDS * 1000);
  const gpsSeconds = Math.floor(ms / 1000);
  return { gpsSeconds, fraction: Math.floor(((ms - gpsSeconds * 1000) * 256) / 1000) };
}
