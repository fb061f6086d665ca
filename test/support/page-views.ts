/** What the API shows of a small site where all is as it should be, for the tests of the pages' pure code. */
import type { DeviceView } from '../../src/ui/shapes/devices.ts';
import type { ReadingView } from '../../src/ui/shapes/records.ts';
import type { GatewayView, StatusView, UnknownDeviceView } from '../../src/ui/shapes/status.ts';
import type { SiteNow } from '../../src/ui/web/attention.ts';

export const NOW_MS = Date.UTC(2026, 10, 26, 12);
export const DEV_EUI = '70b3d57ed0000001';

export const ago = (ms: number): string => new Date(NOW_MS - ms).toISOString();

const part = { state: 'ok', detail: 'fine', since: ago(0) } as const;
const sink = { ...part, accepted: 0, delivered: 0, pending: 0, quarantined: 0, expired: 0 };

export const STATUS: StatusView = {
  site: 'North hill',
  version: '0.1.0',
  started: ago(86_400_000),
  now: ago(0),
  broker: { ...part, kind: 'embedded', messages: 0 },
  influx: sink,
  centre: sink,
  store: { ...part, epoch: 1, firstSeq: 1, lastSeq: 0, sizeBytes: 0, takesReadings: true },
  simulator: false,
  refused: {},
};

export const READING: ReadingView = {
  id: '1-7',
  seq: 7,
  time: ago(10_000),
  device: DEV_EUI,
  kind: 'uplink',
  fields: { temperature_1: 4 },
  data: '00',
  fPort: 1,
  fCnt: 7,
  devAddr: '01020304',
  confirmed: false,
  frequency: 868_100_000,
  dataRate: 'SF7BW125',
  receptions: [],
  codec: 'cayenne',
  via: 'bridge',
};

export const DEVICE: DeviceView = {
  devEui: DEV_EUI,
  name: 'Tank 1',
  codec: 'cayenne',
  decoder: 'cayenne',
  origin: 'api',
  revision: 'first',
  devAddr: '01020304',
  nextFCntUp: 8,
  lastSeen: READING.time,
  ageSeconds: 10,
  usualIntervalSeconds: 60,
  last: READING,
};

export const GATEWAY: GatewayView = {
  revision: 'r1',
  gatewayId: '0016c001ff10a235',
  state: 'online',
  lastSeen: ago(5_000),
  uplinks: 1,
  qos: 1,
  marshaler: 'protobuf',
};

/** A join refused a second ago. */
export const REFUSED: UnknownDeviceView = {
  devEui: DEV_EUI,
  reason: 'join_wrong_mic',
  frames: 3,
  lastSeen: ago(1_000),
  gatewayId: GATEWAY.gatewayId,
  rssi: -90,
  snr: 5,
};

export const SITE: SiteNow = {
  status: STATUS,
  gateways: [GATEWAY],
  devices: [DEVICE],
  unknownDevices: [],
  nowMs: NOW_MS,
  isExposed: false,
};
