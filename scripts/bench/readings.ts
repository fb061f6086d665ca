/** Readings as a site has them: 30 devices that send Cayenne LPP, values that wander; every run the same ones. */
import type { NewRecord } from '../../src/model/record.ts';

const DEVICES = 30;
const START_MS = 1_767_225_600_000;

/** A generator of its own, so that every run sends the same readings. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Gives the next reading each time, `everyMs` after the one before: temperature, humidity, battery and a switch of each device, heard by one gateway. */
export function createReadings(everyMs = 100, seed = 7): () => NewRecord {
  const random = createRandom(seed);
  const states = Array.from({ length: DEVICES }, () => ({
    temperature: Math.round(50 + random() * 200),
    humidity: Math.round(60 + random() * 60),
    volts: 330 + Math.round(random() * 30),
    rssi: -70 - Math.round(random() * 45),
    address: Math.floor(random() * 2 ** 24),
  }));
  const hex = (value: number, digits: number) =>
    (value & (16 ** digits - 1)).toString(16).padStart(digits, '0');
  let n = -1;
  return () => {
    n += 1;
    const device = n % DEVICES;
    const state = states[device];
    if (!state) throw new Error('no device');
    state.temperature += Math.round(random() * 4 - 2);
    state.humidity = Math.min(200, Math.max(0, state.humidity + Math.round(random() * 2 - 1)));
    const isOn = random() < 0.1 ? 1 : 0;
    const timeMs = START_MS + n * everyMs + Math.floor(random() * 0.9 * everyMs);
    return {
      kind: 'uplink',
      device: `70b3d57ed0${hex(0x5a3100 + device * 7, 6)}`,
      timeMs,
      body: {
        fields: {
          temperature_1: state.temperature / 10,
          relative_humidity_2: state.humidity / 2,
          digital_input_3: isOn,
          analog_input_4: state.volts / 100,
        },
        data: `0167${hex(state.temperature, 4)}0268${hex(state.humidity, 2)}0300${hex(isOn, 2)}0402${hex(state.volts, 4)}`,
        fPort: 2,
        fCnt: 1_000 + device * 37 + Math.floor(n / DEVICES),
        devAddr: `26${hex(state.address, 6)}`,
        confirmed: false,
        freq: 868_100_000 + 200_000 * Math.floor(random() * 3),
        dr: `SF${7 + Math.floor(random() * 4)}BW125`,
        rx: [
          {
            gw: '0016c001f153a14c',
            rssi: state.rssi + Math.round(random() * 8 - 4),
            snr: Math.round(random() * 60 - 10) / 4,
            t: timeMs,
          },
        ],
        codec: 'cayenne',
        via: 'bridge',
      },
    } satisfies NewRecord;
  };
}
