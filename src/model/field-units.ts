/** The units of fields that nobody gave one, by their names. Pure; for the pages and the terminal. */

/** Units by the first word of a field's name, as Cayenne LPP defines them. */
const UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
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
  }),
);

/** The unit of 'temperature_3' or 'gps_1_altitude'; undefined when its name does not tell. */
export function unitOf(field: string): string | undefined {
  const words = field.toLowerCase().replace(/_?\d+/g, '');
  const [first = '', last = ''] = [words.split('_')[0], words.split('_').at(-1)];
  return UNITS.get(words) ?? UNITS.get(first) ?? UNITS.get(last);
}
