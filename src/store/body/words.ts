/**
 * What the coding of bodies knows beforehand: the names and texts that come again in every reading, and the objects they make.
 * Both are part of format 1, are stored by their index, and never change; a new list is a new format.
 */

/** First byte of a coded body. */
export const FORMAT = 1;

/** Of a coded body; a larger one is left as JSON, and refused when read. */
export const MAX_BYTES = 64 * 1024;

/** Objects deeper than this are left as JSON, and refused when read. */
export const MAX_DEPTH = 8;

/**
 * What the first byte of a value says. Below SHAPE it is a number itself; from SHAPE, WORD, OBJECT and ARRAY on the distance
 * is an index or a count.
 */
export const TAG = {
  /** 0 to 63. */
  SHAPE: 0x40,
  WORD: 0x50,
  NULL: 0xc0,
  FALSE: 0xc1,
  TRUE: 0xc2,
  INTEGER: 0xc3,
  NEGATIVE: 0xc4,
  /** With one to four decimal places. */
  DECIMAL: 0xc5,
  NEGATIVE_DECIMAL: 0xc9,
  DOUBLE: 0xcd,
  /** Milliseconds from the record's own time. */
  NEAR_TIME: 0xce,
  TEXT: 0xcf,
  /** Lower-case hex digits: length and bytes, four bytes, eight bytes. */
  HEX: 0xd0,
  HEX_4: 0xd1,
  HEX_8: 0xd2,
  /** A word, `_` and a number. */
  NUMBERED: 0xd3,
  LONG_OBJECT: 0xd4,
  LONG_ARRAY: 0xd5,
  OBJECT: 0xe0,
  ARRAY: 0xf0,
} as const;

/** So many counts have a tag of their own. */
export const SHORT = 16;
export const DECIMAL_PLACES = 4;

/** At most 112. The last ones are names of Cayenne LPP, and what makers' scripts call the same things. */
export const WORDS: readonly string[] = [
  'fields data fPort fCnt devAddr confirmed freq dr rx codec problem via gw rssi snr t bridge chirpstack',
  'cayenne raw javascript SF7BW125 SF8BW125 SF9BW125 SF10BW125 SF11BW125 SF12BW125 SF7BW250',
  'SF7BW500 SF8BW500 SF9BW500 SF10BW500 SF11BW500 SF12BW500',
  'digital_input digital_output analog_input analog_output generic_sensor illuminance presence temperature',
  'relative_humidity accelerometer barometric_pressure voltage current frequency percentage altitude',
  'concentration power distance energy direction time gyrometer colour gps switch humidity pressure battery',
  'battery_voltage co2 level light motion counter count latitude longitude status flow volume water leak open',
  'vibration noise speed alarm tvoc pm2_5 pm10 soil_moisture conductivity',
].flatMap((line) => line.split(' '));

/** At most 16. */
export const SHAPES: readonly (readonly string[])[] = [
  ['fields', 'data', 'fPort', 'fCnt', 'devAddr', 'confirmed', 'freq', 'dr', 'rx', 'codec', 'via'],
  ['fields', 'data', 'fPort', 'fCnt', 'devAddr', 'confirmed', 'freq', 'dr', 'rx', 'codec', 'problem', 'via'],
  ['gw', 'rssi', 'snr'],
  ['gw', 'rssi', 'snr', 't'],
];
