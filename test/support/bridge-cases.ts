/**
 * What was said to the real Gateway Bridge when its traffic was recorded, and what each of its messages means: the radio's
 * side and ours of one conversation, for `scripts/record-bridge.ts` and the test that reads the recordings. Here what is
 * said over Semtech UDP; `bridge-station-cases.ts` has the Basics Station's side.
 */
import type {
  BridgeUplink,
  DownlinkFrame,
  DownlinkItem,
  Modulation,
  TxAckStatus,
} from '../../src/gateway/bridge/message.ts';
import { REGION_NAMES, type RegionName } from '../../src/model/lorawan.ts';

export const GATEWAY_ID = '0016c001f153a14c';

/** What came after the recordings is missing there: to the bridge a region is no more than a frequency. */
type UnrecordedRegion = 'KR920' | 'RU864' | 'EU433' | 'CN470';
export type RecordedRegion = Exclude<RegionName, UnrecordedRegion>;

/** A frequency in hertz and a LoRa data rate, and the rate's number in its region. */
interface Air {
  readonly hz: number;
  readonly sf: number;
  readonly khz: number;
  readonly dr: number;
}

interface RegionAir {
  readonly up: Air;
  readonly rx1: Air;
  readonly rx2: Air;
  readonly power: number;
}

function as923(hz: number): RegionAir {
  const air = { hz, sf: 10, khz: 125, dr: 2 };
  return { up: air, rx1: air, rx2: air, power: 16 };
}

/** One uplink of each region and where it is answered, by its regional parameters. */
export const AIR: Readonly<Record<RecordedRegion, RegionAir>> = {
  EU868: {
    up: { hz: 868_300_000, sf: 7, khz: 125, dr: 5 },
    rx1: { hz: 868_300_000, sf: 7, khz: 125, dr: 5 },
    rx2: { hz: 869_525_000, sf: 12, khz: 125, dr: 0 },
    power: 16,
  },
  US915: {
    up: { hz: 904_100_000, sf: 10, khz: 125, dr: 0 },
    rx1: { hz: 923_900_000, sf: 10, khz: 500, dr: 10 },
    rx2: { hz: 923_300_000, sf: 12, khz: 500, dr: 8 },
    power: 21,
  },
  AU915: {
    up: { hz: 917_000_000, sf: 12, khz: 125, dr: 0 },
    rx1: { hz: 923_900_000, sf: 12, khz: 500, dr: 8 },
    rx2: { hz: 923_300_000, sf: 12, khz: 500, dr: 8 },
    power: 30,
  },
  AS923: as923(923_200_000),
  'AS923-2': as923(921_400_000),
  'AS923-3': as923(916_600_000),
  'AS923-4': as923(917_300_000),
  IN865: {
    up: { hz: 865_062_500, sf: 7, khz: 125, dr: 5 },
    rx1: { hz: 865_062_500, sf: 7, khz: 125, dr: 5 },
    rx2: { hz: 866_550_000, sf: 10, khz: 125, dr: 2 },
    power: 30,
  },
};

export const RECORDED_REGIONS: readonly RecordedRegion[] = REGION_NAMES.filter(isRecorded);

function isRecorded(name: RegionName): name is RecordedRegion {
  return name in AIR;
}

export interface UplinkCase {
  readonly name: string;
  /** What the radio's side sends: an rxpk, or a Basics Station's message. */
  readonly said: Readonly<Record<string, unknown>>;
  /** What we must read; the bridge makes up the number of the uplink itself. */
  readonly uplink: Omit<BridgeUplink, 'uplinkId'>;
}

export interface DownlinkCase {
  readonly name: string;
  readonly frame: DownlinkFrame;
  /** What the radio's side must be told, in order; each but the last answers TOO_LATE, unless `refusals` says otherwise. */
  readonly told: readonly Readonly<Record<string, unknown>>[];
  /** What every try is answered, when none is sent. */
  readonly refusals?: readonly TxAckStatus[];
}

export const PHY_PAYLOAD = Buffer.from('40010000268002000a0102030405060708', 'hex');
export const RECEPTION = {
  phyPayload: PHY_PAYLOAD,
  gatewayId: GATEWAY_ID,
  rssi: -52,
  snr: 7.25,
  channel: 0,
  rfChain: 0,
  board: 0,
  antenna: 0,
  crc: 'ok',
} as const;

export function lora({ sf, khz }: Air, polarizationInversion: boolean): Modulation {
  return {
    kind: 'lora',
    spreadingFactor: sf,
    bandwidth: khz * 1000,
    codeRate: '4/5',
    polarizationInversion,
  };
}

const TMST = 3_512_348_611;
const TMST_CONTEXT = Buffer.from(TMST.toString(16), 'hex').toString('base64');

function rxpk(hz: number, fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    tmst: TMST,
    time: '2026-11-26T12:34:56.789012Z',
    tmms: 1_479_731_714_789,
    chan: 2,
    rfch: 1,
    brd: 0,
    freq: hz / 1e6,
    stat: 1,
    rssi: -52,
    lsnr: 7.25,
    size: PHY_PAYLOAD.length,
    data: PHY_PAYLOAD.toString('base64'),
    ...fields,
  };
}

function heardByForwarder(hz: number, dataRate: string, modulation: Modulation): UplinkCase['uplink'] {
  return {
    ...RECEPTION,
    // The bridge cuts what is left of a hertz when it multiplies.
    frequency: Math.trunc((hz / 1e6) * 1e6),
    dataRate,
    modulation,
    channel: 2,
    rfChain: 1,
    context: TMST_CONTEXT,
    timeMs: Date.UTC(2026, 10, 26, 12, 34, 56, 789),
    gpsTimeMs: 1_479_731_714_789,
  };
}

function withoutTime(uplink: UplinkCase['uplink']): UplinkCase['uplink'] {
  const { timeMs: _clock, gpsTimeMs: _gps, ...rest } = uplink;
  return rest;
}

export const FORWARDER_UPLINKS: readonly UplinkCase[] = [
  ...RECORDED_REGIONS.map((region) => {
    const { up } = AIR[region];
    const datr = `SF${up.sf}BW${up.khz}`;
    return {
      name: `up ${region} LoRa`,
      said: rxpk(up.hz, { modu: 'LORA', datr, codr: '4/5' }),
      uplink: heardByForwarder(up.hz, datr, lora(up, false)),
    };
  }),
  {
    name: 'up FSK',
    said: rxpk(868_800_000, { modu: 'FSK', datr: 50_000, lsnr: 0 }),
    uplink: {
      ...heardByForwarder(868_800_000, 'FSK50000', { kind: 'fsk', datarate: 50_000, frequencyDeviation: 0 }),
      snr: 0,
    },
  },
  {
    name: 'up LR-FHSS',
    said: rxpk(868_100_000, { modu: 'LR-FHSS', datr: 'M0CW137', codr: '2/6', hpw: 8 }),
    uplink: heardByForwarder(868_100_000, 'LRFHSS137CR2/6', {
      kind: 'lr_fhss',
      operatingChannelWidth: 137_000,
      codeRate: '2/6',
      gridSteps: 8,
    }),
  },
  {
    name: 'up LR-FHSS of US915',
    said: rxpk(904_500_000, { modu: 'LR-FHSS', datr: 'M0CW1523', codr: '4/6', hpw: 52 }),
    uplink: heardByForwarder(904_500_000, 'LRFHSS1523CR4/6', {
      kind: 'lr_fhss',
      operatingChannelWidth: 1_523_000,
      codeRate: '4/6',
      gridSteps: 52,
    }),
  },
  ...[
    { name: 'up on a wide channel', air: { hz: 904_600_000, sf: 8, khz: 500, dr: 4 } },
    { name: 'up on 2.4 GHz', air: { hz: 2_403_000_000, sf: 12, khz: 812, dr: 0 } },
  ].map(({ name, air }) => {
    const datr = `SF${air.sf}BW${air.khz}`;
    return {
      name,
      said: rxpk(air.hz, { modu: 'LORA', datr, codr: '4/5' }),
      uplink: heardByForwarder(air.hz, datr, lora(air, false)),
    };
  }),
  // In protobuf, the bytes of a frame of 123 bytes begin with a line feed and a brace; 255 is the most a radio carries.
  ...[123, 255].map((length) => {
    const phyPayload = Buffer.concat([PHY_PAYLOAD, Buffer.alloc(length - PHY_PAYLOAD.length, 0x5a)]);
    const frame = { size: length, data: phyPayload.toString('base64') };
    return {
      name: `up ${length} bytes`,
      said: rxpk(AIR.EU868.up.hz, { modu: 'LORA', datr: 'SF7BW125', codr: '4/5', ...frame }),
      uplink: { ...heardByForwarder(AIR.EU868.up.hz, 'SF7BW125', lora(AIR.EU868.up, false)), phyPayload },
    };
  }),
  {
    name: 'up by the second antenna of the second board, without a clock',
    said: rxpk(AIR.EU868.up.hz, {
      ...{ modu: 'LORA', datr: 'SF7BW125', codr: '4/5', brd: 1, time: undefined, tmms: undefined },
      rsig: [{ ant: 1, chan: 5, rssic: -97, lsnr: -4.25 }],
    }),
    uplink: {
      ...withoutTime(heardByForwarder(AIR.EU868.up.hz, 'SF7BW125', lora(AIR.EU868.up, false))),
      ...{ board: 1, antenna: 1, channel: 5, rssi: -97, snr: -4.25 },
    },
  },
];

/** The MQTT Forwarder (4.6.0) wants FSK spelt `Fsk`, as no packet forwarder does. */
export const MQTT_FORWARDER_UPLINKS = FORWARDER_UPLINKS.filter(({ name }) => name !== 'up FSK');

/** As `stat` of PUSH_DATA, and what we must read besides the counts by frequency. */
export const FORWARDER_STATS = {
  said: {
    time: '2026-11-26 12:34:56 GMT',
    lati: 47.4,
    long: 8.5,
    alti: 400,
    rxnb: 12,
    rxok: 10,
    rxfw: 10,
    ackr: 100,
    dwnb: 3,
    txnb: 2,
  },
  stats: {
    gatewayId: GATEWAY_ID,
    timeMs: Date.UTC(2026, 10, 26, 12, 34, 56),
    location: { latitude: 47.4, longitude: 8.5, altitude: 400 },
    configVersion: '',
    rxReceived: 12,
    txReceived: 3,
    txEmitted: 2,
  },
} as const;

export const DOWN_PAYLOAD = Buffer.from('60010000262001000a01020304', 'hex');

export function item(air: Air, power: number, timing: DownlinkItem['timing'], context: string): DownlinkItem {
  return {
    phyPayload: DOWN_PAYLOAD,
    frequency: air.hz,
    power,
    modulation: lora(air, true),
    board: 0,
    antenna: 0,
    timing,
    context,
  };
}

/** A modulation as txpk spells it. */
function radioWords(modulation: Modulation): object {
  if (modulation.kind === 'fsk') return { modu: 'FSK', datr: modulation.datarate, fdev: 25_000, ipol: false };
  if (modulation.kind === 'lr_fhss') throw new Error('nobody sends LR-FHSS down');
  const datr = `SF${modulation.spreadingFactor}BW${modulation.bandwidth / 1000}`;
  return { modu: 'LORA', datr, codr: '4/5', ipol: true };
}

function txpk({ frequency, power, modulation }: DownlinkItem, when: object): Record<string, unknown> {
  return {
    imme: false,
    rfch: 0,
    powe: power,
    ant: 0,
    brd: 0,
    freq: frequency / 1e6,
    size: DOWN_PAYLOAD.length,
    data: DOWN_PAYLOAD.toString('base64'),
    ...radioWords(modulation),
    ...when,
  };
}

export function delayed(delayMs: number): DownlinkItem['timing'] {
  return { kind: 'delay', delayMs };
}

function at(delayMs: number): { readonly tmst: number } {
  return { tmst: (TMST + delayMs * 1000) % 2 ** 32 };
}

const EU_RX2 = item(AIR.EU868.rx2, 29, { kind: 'immediately' }, '');
const EU_GPS = item(AIR.EU868.rx2, 29, { kind: 'gps', gpsTimeMs: 1_479_731_720_500 }, '');
const EU_JOIN = item(AIR.EU868.rx1, 16, delayed(5_000), TMST_CONTEXT);
const EU_FSK: DownlinkItem = {
  ...EU_JOIN,
  frequency: 868_800_000,
  modulation: { kind: 'fsk', datarate: 50_000, frequencyDeviation: 25_000 },
  timing: delayed(1_000),
};

const REFUSALS: readonly TxAckStatus[] = [
  'TOO_EARLY',
  'COLLISION_PACKET',
  'COLLISION_BEACON',
  'TX_FREQ',
  'TX_POWER',
  'GPS_UNLOCKED',
];

export const FORWARDER_DOWNLINKS: readonly DownlinkCase[] = [
  ...RECORDED_REGIONS.map((region, index) => {
    const { rx1, rx2, power } = AIR[region];
    const first = item(rx1, power, delayed(1_000), TMST_CONTEXT);
    const second = item(rx2, power, delayed(2_000), TMST_CONTEXT);
    return {
      name: `down ${region}, the first window missed`,
      frame: { gatewayId: GATEWAY_ID, downlinkId: 894_104_280 + index, items: [first, second] },
      told: [txpk(first, at(1_000)), txpk(second, at(2_000))],
    };
  }),
  ...[
    { name: 'down at once', only: EU_RX2, when: { imme: true } },
    { name: 'down at a GPS time', only: EU_GPS, when: { tmms: 1_479_731_720_500 } },
    { name: 'down after a join', only: EU_JOIN, when: at(5_000) },
    { name: 'down FSK', only: EU_FSK, when: at(1_000) },
  ].map(({ name, only, when }, index) => ({
    name,
    frame: { gatewayId: GATEWAY_ID, downlinkId: 894_104_380 + index, items: [only] },
    told: [txpk(only, when)],
  })),
  {
    name: 'down refused each time',
    frame: { gatewayId: GATEWAY_ID, downlinkId: 894_104_390, items: REFUSALS.map(() => EU_RX2) },
    told: REFUSALS.map(() => txpk(EU_RX2, { imme: true })),
    refusals: REFUSALS,
  },
];

/** What the radio's side answers to each try of a downlink. */
export function fates({ told, refusals }: DownlinkCase): readonly TxAckStatus[] {
  return refusals ?? told.map((_, index) => (index === told.length - 1 ? 'OK' : 'TOO_LATE'));
}
