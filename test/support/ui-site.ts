/** A site in memory for the tests of the web server: the store's log and devices as arrays, state as plain objects. */
import { createHash } from 'node:crypto';
import type { Device, DeviceState } from '../../src/model/device.ts';
import type { DeviceProfile } from '../../src/model/profile.ts';
import type { Fields, LogRecord, UplinkBody } from '../../src/model/record.ts';
import type { RefusedFrames } from '../../src/model/silence.ts';
import type {
  ApplianceStatus,
  GatewayStatus,
  PartStatus,
  SinkStatus,
  UnknownDeviceStatus,
} from '../../src/model/status.ts';
import type { World } from '../../src/model/world.ts';
import { settingsText } from '../../src/store/tables/device-revision.ts';
import { openAccess } from '../../src/ui/access/access-control.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { idleServices } from './idle-services.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface UiSite {
  readonly deps: Services;
  /** What status() says; change it freely. */
  readonly status: Mutable<ApplianceStatus>;
  readonly gateways: GatewayStatus[];
  readonly strangers: UnknownDeviceStatus[];
  /** By DevEUI. */
  readonly refused: Map<string, RefusedFrames>;
  /** Appends a reading and tells the listeners; the result is its seq. */
  hear(devEui: string, fields: Fields, more?: Partial<UplinkBody> & { readonly timeMs?: number }): number;
  /** Appends a record that is no reading. */
  note(event: string): number;
  /** Appends any record and tells the listeners; the result is its seq. */
  write(record: Omit<LogRecord, 'seq'>): number;
  /** Forgets the records up to `seq`, as retention does. */
  expire(seq: number): void;
  setEpoch(epoch: number): void;
  /** Listeners of the log and the devices: 0 when nobody is connected. */
  listeners(): number;
}

export const KEYS = { nwkSKey: 'ab'.repeat(16), appSKey: 'cd'.repeat(16) };

export function createUiSite(world: World): UiSite {
  let epoch = 1;
  const nowMs = (): number => world.clock.nowMs();
  const table = createDeviceTable();
  const profiles = createProfileTable();
  const log = createSiteLog((seq, { device, timeMs }) => table.noteHeard(device, seq, timeMs));
  const status = startingStatus(nowMs(), epoch);
  const gateways: GatewayStatus[] = [];
  const strangers: UnknownDeviceStatus[] = [];
  const refused = new Map<string, RefusedFrames>();
  return {
    status,
    gateways,
    strangers,
    refused,
    write: log.append,
    note: (event) =>
      log.append({ timeMs: nowMs(), kind: 'system', device: null, body: JSON.stringify({ event }) }),
    hear(devEui, fields, { timeMs = nowMs(), ...more } = {}) {
      const fCnt = log.port.lastSeq();
      const body = JSON.stringify({ ...plainUplink(fields, fCnt, timeMs), ...more });
      return log.append({ timeMs, kind: 'uplink', device: devEui, body });
    },
    expire: log.expire,
    setEpoch(next) {
      epoch = next;
    },
    listeners: () => log.listeners() + table.listeners() + profiles.listeners(),
    deps: {
      world,
      codecs: () => ['cayenne', 'raw'],
      access: openAccess(),
      asset: () => undefined,
      ...idleServices(),
      status: () => ({ ...status, nowMs: nowMs() }),
      gateways: () => gateways,
      unknownDevices: () => strangers,
      refusedOf: (devEui) => refused.get(devEui),
      metrics: async () => ({ contentType: 'text/plain', body: 'up 1\n' }),
      store: {
        epoch: () => epoch,
        storeId: () => 'store-1',
        status: () => status.store,
        synced: async () => {},
        commit: async ({ records = [] }) => {
          const seqs = records.map(({ body, ...record }) =>
            log.append({ ...record, body: JSON.stringify(body) }),
          );
          return { firstSeq: seqs[0] ?? 0 };
        },
        history: async () => ({
          source: 'readings',
          fromMs: nowMs(),
          bucketMs: 1_000,
          series: [],
          behind: 0,
        }),
        log: log.port,
        profiles: profiles.port,
        documents: createDocumentTable(),
        devices: table.port,
      },
    },
  };
}

function startingStatus(nowMs: number, epoch: number): Mutable<ApplianceStatus> {
  const part: PartStatus = { state: 'ok', detail: 'All as it should be.', sinceMs: nowMs };
  const sink: SinkStatus = { ...part, accepted: 0, delivered: 0, pending: 0, quarantined: 0, expired: 0 };
  return {
    site: 'Test site',
    version: '0.1.0',
    startedMs: nowMs,
    nowMs,
    broker: { ...part, kind: 'embedded', messages: 0 },
    influx: sink,
    centre: sink,
    store: { ...part, epoch, firstSeq: 1, lastSeq: 0, sizeBytes: 4096, takesReadings: true },
    simulator: false,
    refused: {},
  };
}

function plainUplink(fields: Fields, fCnt: number, timeMs: number): UplinkBody {
  return {
    fields,
    data: '0167ffff',
    fPort: 1,
    fCnt,
    devAddr: '01020304',
    confirmed: false,
    freq: 868_100_000,
    dr: 'SF7BW125',
    rx: [{ gw: '0016c001ff10a235', rssi: -97, snr: 7.5, t: timeMs }],
    codec: 'cayenne',
    via: 'bridge',
  };
}

type Store = Services['store'];

function subscribe<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => {
    set.delete(listener);
  };
}

/** The log as an array; `noteAppended` hears of each record before the listeners do. */
function createSiteLog(noteAppended: (seq: number, record: Omit<LogRecord, 'seq'>) => void) {
  let first = 1;
  const log: LogRecord[] = [];
  const appended = new Set<(firstSeq: number, lastSeq: number) => void>();
  /** By device, oldest first: a site of 2 000 devices is asked for the newest of each. */
  const own = new Map<string, LogRecord[]>();
  const kept = (): LogRecord[] => log.slice(first - 1);
  /** The newest first. */
  const newest = (limit: number, isWanted: (record: LogRecord) => boolean): LogRecord[] =>
    kept().filter(isWanted).toReversed().slice(0, limit);
  const port: Store['log'] = {
    readAfter(after, limit, maxBytes = Number.POSITIVE_INFINITY) {
      const records: LogRecord[] = [];
      let size = 0;
      for (const record of log.slice(Math.max(after, first - 1))) {
        size += record.body.length;
        if (records.length === limit || (records.length > 0 && size > maxBytes)) break;
        records.push(record);
      }
      return records;
    },
    eventsAfter: (after) => ({ events: [], to: after }),
    readBefore: (before, limit) => newest(limit, ({ seq }) => seq < before),
    ofDevice: (devEui, before, limit) =>
      (own.get(devEui) ?? [])
        .filter(({ seq }) => seq < before && seq >= first)
        .toReversed()
        .slice(0, limit),
    firstSeq: () => first,
    lastSeq: () => log.length,
    timeAfter: (after) => kept().find(({ seq }) => seq > after)?.timeMs,
    onAppend: (listener) => subscribe(appended, listener),
  };
  return {
    port,
    listeners: () => appended.size,
    append(record: Omit<LogRecord, 'seq'>): number {
      const seq = log.length + 1;
      const made = { seq, ...record };
      log.push(made);
      const { device } = made;
      if (device !== null) own.set(device, [...(own.get(device) ?? []), made]);
      noteAppended(seq, record);
      for (const listener of appended) listener(seq, seq);
      return seq;
    },
    expire(seq: number): void {
      first = seq + 1;
    },
  };
}

function createDeviceTable() {
  const devices = new Map<string, Device & DeviceState>();
  const changed = new Set<() => void>();
  const port: Store['devices'] = {
    list: () => [...devices.values()],
    get: (devEui) => devices.get(devEui),
    put(device) {
      const { nextFCntUp = 0, lastSeq = 0, lastSeenMs = 0 } = devices.get(device.devEui) ?? {};
      devices.set(device.devEui, { nextFCntUp, lastSeq, lastSeenMs, ...device });
      for (const listener of changed) listener();
    },
    prepare: async () => undefined,
    putAll(all, counters) {
      for (const device of all) {
        this.put(device);
        const stored = devices.get(device.devEui);
        const nextFCntUp = counters?.get(device.devEui);
        if (stored && nextFCntUp !== undefined) devices.set(device.devEui, { ...stored, nextFCntUp });
      }
    },
    remove(devEui) {
      const known = devices.delete(devEui);
      for (const listener of changed) listener();
      return known;
    },
    revisionOf: (device) =>
      createHash('sha256').update(settingsText(device)).digest('base64url').slice(0, 16),
    onChange: (listener) => subscribe(changed, listener),
  };
  return {
    port,
    listeners: () => changed.size,
    noteHeard(devEui: string | null, lastSeq: number, lastSeenMs: number): void {
      const device = devices.get(devEui ?? '');
      if (device) devices.set(device.devEui, { ...device, lastSeq, lastSeenMs });
    },
  };
}

function createDocumentTable(): Store['documents'] {
  const byKind = new Map<string, Map<string, never>>();
  const of = (kind: string): Map<string, never> => {
    const known = byKind.get(kind) ?? new Map<string, never>();
    byKind.set(kind, known);
    return known;
  };
  return {
    all: of,
    put: (kind, name, value) => void of(kind).set(name, value as never),
    remove: (kind, name) => of(kind).delete(name),
  };
}

function createProfileTable() {
  const profiles = new Map<string, DeviceProfile>();
  const changed = new Set<() => void>();
  const port: Store['profiles'] = {
    list: () => [...profiles.values()],
    get: (name) => profiles.get(name),
    put(profile) {
      profiles.set(profile.name, profile);
      for (const listener of changed) listener();
    },
    remove: (name) => profiles.delete(name),
    onChange: (listener) => subscribe(changed, listener),
  };
  return { port, listeners: () => changed.size };
}

/** What the devices measure, as the time goes on. */
const KINDS: readonly [string, (i: number) => Fields][] = [
  ['Cold store', (i) => ({ temperature_1: 4 + Math.sin(i / 3), relative_humidity_2: 71 + (i % 5) })],
  ['Tank', (i) => ({ analog_input_1: 62.4 - i / 7 })],
  ['Pump house door', (i) => ({ digital_input_1: i % 2 })],
  ['Water meter', (i) => ({ analog_input_1: 1204.25 + i / 4, analog_input_2: 0.02 * i, voltage_3: 3.61 })],
  [
    'Weather mast',
    (i) => ({ temperature_1: -2.5 + i / 8, barometer_2: 1013.2 - i / 3, illuminance_3: 420 + 9 * i }),
  ],
];

/** Fills `site` with what a small real one looks like: 3 gateways, `count` devices with some history, two strangers. */
export function furnish(site: UiSite, count: number): string[] {
  const nowMs = site.deps.world.clock.nowMs();
  const ids = furnishDevices(site, count);
  furnishReadings(site, ids, nowMs);
  furnishGateways(site, nowMs);
  site.strangers.push(
    {
      devAddr: '260b1f02',
      reason: 'unknown_device',
      frames: 41,
      lastSeenMs: nowMs - 33_000,
      gatewayId: '0016c001ff10a235',
      rssi: -118,
      snr: -9.2,
    },
    {
      devAddr: '01ab33f0',
      reason: 'unknown_device',
      frames: 2,
      lastSeenMs: nowMs - 900_000,
      gatewayId: '0016c001ff10a236',
      rssi: -104,
      snr: 3,
    },
  );
  return ids;
}

function furnishDevices(site: UiSite, count: number): string[] {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const devEui = (0x70b3d57ed0000000n + BigInt(n)).toString(16).padStart(16, '0');
    const kind = KINDS[n % KINDS.length]?.[0];
    const abp = { devAddr: '01020304', ...KEYS };
    site.deps.store.devices.put({
      devEui,
      name: `${kind} ${1 + Math.floor(n / KINDS.length)}`,
      codec: 'cayenne',
      origin: n % 2 ? 'api' : 'config',
      abp,
    });
    ids.push(devEui);
  }
  return ids;
}

function furnishReadings(site: UiSite, ids: readonly string[], nowMs: number): void {
  for (let step = 0; step < 30; step += 1) {
    for (const [n, devEui] of ids.entries()) {
      const fields = KINDS[n % KINDS.length]?.[1](step + n) ?? {};
      const quietMs = n % 17 === 3 ? 5_000_000 : 0;
      const timeMs = nowMs - (30 - step) * 60_000 + n * 1_000 - quietMs;
      const rssi = -84 - ((n * 7) % 40);
      site.hear(devEui, fields, {
        timeMs,
        fCnt: step,
        rx: [{ gw: '0016c001ff10a235', rssi, snr: 9 - (n % 20) }],
      });
    }
  }
}

function furnishGateways(site: UiSite, nowMs: number): void {
  const gateway = { uplinks: 1204, lastRssi: -97, lastSnr: 7.5, qos: 1, marshaler: 'protobuf' } as const;
  site.gateways.push(
    { ...gateway, gatewayId: '0016c001ff10a235', state: 'online', lastSeenMs: nowMs - 4_000 },
    {
      ...gateway,
      gatewayId: '0016c001ff10a236',
      state: 'online',
      lastSeenMs: nowMs - 19_000,
      uplinks: 877,
      lastRssi: -112,
      lastSnr: -6,
      qos: 0,
    },
    {
      ...gateway,
      gatewayId: '0016c001ff10a237',
      state: 'offline',
      lastSeenMs: nowMs - 7_500_000,
      uplinks: 12,
      lastRssi: -121,
      lastSnr: -14,
    },
  );
}
