/** Numbers, ages and field names as a technician reads them. Pure. */
import { language, t } from './texts.ts';

const relative = new Intl.RelativeTimeFormat(language, { style: 'narrow', numeric: 'auto' });
const clockTime = new Intl.DateTimeFormat(language, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayTime = new Intl.DateTimeFormat(language, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const fine = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });

/** '12s ago'; seconds in steps of five, since nobody reads faster. The future (a clock that was set) counts as now. */
export function age(ageMs: number): string {
  const seconds = Math.max(0, ageMs) / 1000;
  if (seconds < 5) return relative.format(0, 'second');
  if (seconds < 60) return relative.format(-Math.floor(seconds / 5) * 5, 'second');
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), 'hour');
  return relative.format(-Math.floor(seconds / 86_400), 'day');
}

/** '3 min': how long something is. */
export function duration(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  const [value, unit] =
    seconds < 90
      ? [seconds, 'second']
      : seconds < 5400
        ? [seconds / 60, 'minute']
        : seconds < 129_600
          ? [seconds / 3600, 'hour']
          : [seconds / 86_400, 'day'];
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: 0,
  }).format(value);
}

/** '14:03:07' in the time zone of the screen. */
export function timeOfDay(timeMs: number): string {
  return clockTime.format(timeMs);
}

/** The whole date and time, for a title. */
export function wholeTime(timeMs: number): string {
  return dayTime.format(timeMs);
}

export function bytes(size: number): string {
  const [value, unit] =
    size < 1e6 ? [size / 1e3, 'kB'] : size < 1e9 ? [size / 1e6, 'MB'] : [size / 1e9, 'GB'];
  return `${fine.format(value)} ${unit}`;
}

/** A field's value as text, numbers with a true minus sign. */
export function fieldValue(value: number | string | boolean): string {
  if (typeof value === 'boolean') return t(value ? 'value.true' : 'value.false');
  if (typeof value === 'string') return value;
  return (Math.abs(value) < 0.1 ? fine : number).format(value).replace('-', '−');
}

/** dBm or dB, whole or with one digit, with a true minus sign. */
export function decibel(value: number): string {
  return String(Math.round(value * 10) / 10).replace('-', '−');
}

/** Units by the first word of a field's name, as Cayenne LPP defines them. */
const UNITS: Readonly<Record<string, string>> = {
  temperature: '°C',
  humidity: '%',
  relative_humidity: '%',
  barometer: 'hPa',
  barometric_pressure: 'hPa',
  pressure: 'hPa',
  illuminance: 'lx',
  luminosity: 'lx',
  voltage: 'V',
  current: 'A',
  frequency: 'Hz',
  percentage: '%',
  altitude: 'm',
  distance: 'm',
  power: 'W',
  energy: 'kWh',
  direction: '°',
  concentration: 'ppm',
  latitude: '°',
  longitude: '°',
  accelerometer: 'g',
  gyrometer: '°/s',
};

/** The unit of 'temperature_3' or 'gps_1_altitude'; undefined when its name does not tell. */
export function unitOf(field: string): string | undefined {
  const words = field.toLowerCase().replace(/_?\d+/g, '');
  return UNITS[words] ?? UNITS[words.split('_')[0] ?? ''] ?? UNITS[words.split('_').at(-1) ?? ''];
}

/** 'digital_in_3' -> 'Digital in 3'; the number goes when no other field of the reading shares the name. */
export function fieldLabel(field: string, all: readonly string[]): string {
  const bare = field.replace(/_\d+(?=_|$)/, '');
  const alone = all.filter((other) => other.replace(/_\d+(?=_|$)/, '') === bare).length === 1;
  const words = (alone ? bare : field).replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How good a reception is, 1 (about to be lost) to 4 bars. LoRa hears below the noise, so SNR alone says little. */
export function signalBars(rssi: number, snr: number): 1 | 2 | 3 | 4 {
  if (rssi < -119 || snr < -12) return 1;
  if (rssi < -110 || snr < -5) return 2;
  return rssi < -98 || snr < 3 ? 3 : 4;
}
