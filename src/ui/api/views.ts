/** From the model to what the API shows: times become ISO 8601, keys stay behind. Pure. */
import type { Device, DeviceState } from '../../model/device.ts';
import type { BatteryStatus, DeviceNetworkStatus } from '../../model/downlink.ts';
import { type LogRecord, uplinkBody } from '../../model/record.ts';
import type {
  ApplianceStatus,
  GatewayStatus,
  PartStatus,
  SinkStatus,
  StrangerStatus,
} from '../../model/status.ts';
import { usualIntervalMs } from '../interval.ts';
import { recordId } from './position.ts';
import type {
  DeviceView,
  GatewayView,
  ReadingView,
  RecordView,
  SinkView,
  StatusView,
  StrangerView,
} from './schemas.ts';

/** Epoch milliseconds as ISO 8601; a time no calendar knows becomes 1970. */
export function iso(timeMs: number): string {
  return new Date(Math.abs(timeMs) <= 8.64e15 ? timeMs : 0).toISOString();
}

function isoOrNull(timeMs: number): string | null {
  return timeMs > 0 ? iso(timeMs) : null;
}

function partView({ state, detail, hint, sinceMs }: PartStatus) {
  return { state, detail, ...(hint === undefined ? {} : { hint }), since: iso(sinceMs) };
}

function sinkView(sink: SinkStatus): SinkView {
  const { accepted, delivered, pending, quarantined, expired, oldestPendingMs } = sink;
  return {
    ...partView(sink),
    accepted,
    delivered,
    pending,
    quarantined,
    expired,
    ...(oldestPendingMs === undefined ? {} : { oldestPending: iso(oldestPendingMs) }),
  };
}

export function statusView(status: ApplianceStatus): StatusView {
  const { broker, store } = status;
  return {
    site: status.site,
    version: status.version,
    started: iso(status.startedMs),
    now: iso(status.nowMs),
    broker: { ...partView(broker), kind: broker.kind, messages: broker.messages },
    influx: sinkView(status.influx),
    centre: sinkView(status.centre),
    store: {
      ...partView(store),
      epoch: store.epoch,
      firstSeq: store.firstSeq,
      lastSeq: store.lastSeq,
      sizeBytes: store.sizeBytes,
    },
    simulator: status.simulator,
    refused: { ...status.refused },
  };
}

export function gatewayView(gateway: GatewayStatus): GatewayView {
  const { lastSeenMs, ...rest } = gateway;
  return { ...rest, lastSeen: isoOrNull(lastSeenMs) };
}

export function strangerView(stranger: StrangerStatus): StrangerView {
  const { lastSeenMs, ...rest } = stranger;
  return { ...rest, lastSeen: iso(lastSeenMs) };
}

/** A record of kind 'uplink' as a reading. */
export function readingView(epoch: number, record: LogRecord): ReadingView {
  const { rx, freq, dr, ...body } = uplinkBody(record);
  return {
    id: recordId(epoch, record.seq),
    seq: record.seq,
    time: iso(record.timeMs),
    kind: 'uplink',
    device: record.device ?? '',
    ...body,
    frequency: freq,
    dataRate: dr,
    receptions: rx.map(({ gw, rssi, snr, t }) => ({
      gatewayId: gw,
      rssi,
      snr,
      ...(t === undefined ? {} : { time: iso(t) }),
    })),
  };
}

/** Any record of the log. */
export function recordView(epoch: number, record: LogRecord): RecordView {
  if (record.kind === 'uplink') return readingView(epoch, record);
  const { seq, timeMs, kind, device, body } = record;
  return { id: recordId(epoch, seq), seq, time: iso(timeMs), kind, device, body: JSON.parse(body) };
}

/** How much of a device's history its view takes. */
export interface DeviceHistory {
  readonly epoch: number;
  readonly nowMs: number;
  /** The device's readings, newest first. */
  readonly readings: readonly LogRecord[];
  /** What the network server knows of it. */
  readonly network?: DeviceNetworkStatus | undefined;
  /** How many of them to show as `recent`; undefined for none. */
  readonly recent?: number | undefined;
}

/** How the device is activated and what the network server knows of it. */
function sessionView({ abp, otaa, profile, link }: Device, network: DeviceNetworkStatus | undefined) {
  const devAddr = network?.devAddr ?? (otaa ? undefined : abp?.devAddr);
  return {
    ...(devAddr === undefined ? {} : { devAddr }),
    ...(otaa || abp ? { activation: otaa ? ('otaa' as const) : ('abp' as const) } : {}),
    ...(otaa ? { joinEui: otaa.joinEui } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(link === undefined ? {} : { link }),
    ...(network ? { network: networkView(network) } : {}),
  };
}

function networkView(network: DeviceNetworkStatus): NonNullable<DeviceView['network']> {
  const { region, deviceClass, joinedMs, nextFCntDown, dataRate, txPowerIndex, battery } = network;
  return {
    region,
    deviceClass,
    ...(joinedMs === undefined ? {} : { joined: iso(joinedMs) }),
    nextFCntDown,
    dataRate,
    txPowerIndex,
    ...(battery ? { battery: batteryView(battery) } : {}),
  };
}

function batteryView({ timeMs, ...charge }: BatteryStatus) {
  return { ...charge, time: iso(timeMs) };
}

export function deviceView(device: Device & DeviceState, history: DeviceHistory): DeviceView {
  const { readings, epoch, nowMs, recent } = history;
  const [newest] = readings;
  const usualMs = usualIntervalMs(readings.map((reading) => reading.timeMs));
  return {
    devEui: device.devEui,
    name: device.name,
    codec: device.codec,
    origin: device.origin,
    ...sessionView(device, history.network),
    nextFCntUp: device.nextFCntUp,
    lastSeen: isoOrNull(device.lastSeenMs),
    ageSeconds: device.lastSeenMs > 0 ? Math.max(0, nowMs - device.lastSeenMs) / 1000 : null,
    usualIntervalSeconds: usualMs === undefined ? null : usualMs / 1000,
    last: newest ? readingView(epoch, newest) : null,
    ...(recent === undefined
      ? {}
      : {
          recent: readings
            .slice(0, recent)
            .map((record) => ({ time: iso(record.timeMs), fields: uplinkBody(record).fields })),
        }),
  };
}
