/** From the model to what the API shows: times become ISO 8601, keys stay behind. Pure. */
import { type Device, type DeviceState, remarksOf } from '../../model/device.ts';
import type { BatteryStatus, DeviceNetworkStatus } from '../../model/downlink.ts';
import { usualIntervalMs } from '../../model/interval.ts';
import { codecOf, type DeviceProfile } from '../../model/profile.ts';
import { type LogRecord, uplinkBody } from '../../model/record.ts';
import type { RehearsalStatus } from '../../model/rehearsal.ts';
import type { GatewayNote } from '../../model/site-document.ts';
import type {
  ApplianceStatus,
  BackupStatus,
  CommandsStatus,
  GatewayStatus,
  StoreStatus,
  TracingStatus,
  UnknownDeviceStatus,
} from '../../model/status.ts';
import { AS_WRITTEN, type Dating } from '../../model/time.ts';
import type { DeviceView } from './devices.ts';
import { influxView } from './influx-views.ts';
import { iso, isoOrNull, partView, sinkView } from './part-views.ts';
import { recordId } from './position.ts';
import type { ReadingView, RecordView } from './records.ts';
import { noteRevision } from './revision.ts';

export { iso } from './part-views.ts';

import type { GatewayView, StatusView, UnknownDeviceView } from './status.ts';

/** When a record happened, as far as is known now. */
export type TimeOf = Dating['timeOf'];

export function statusView(status: ApplianceStatus): StatusView {
  const { broker, store } = status;
  return {
    site: status.site,
    version: status.version,
    started: iso(status.startedMs),
    now: iso(status.nowMs),
    ...(status.timeZone === undefined ? {} : { timeZone: status.timeZone }),
    broker: brokerView(broker),
    influx: influxView(status.influx),
    centre: sinkView(status.centre),
    store: storeView(store),
    ...(status.commands ? { commands: commandsView(status.commands) } : {}),
    ...(status.time ? { time: partView(status.time) } : {}),
    ...(status.notify ? { notify: partView(status.notify) } : {}),
    ...(status.tracing ? { tracing: tracingView(status.tracing) } : {}),
    ...(status.backup ? { backup: backupView(status.backup) } : {}),
    ...(status.rehearsal ? { rehearsal: rehearsalStateView(status.rehearsal) } : {}),
    ...(status.openAlarms === undefined ? {} : { openAlarms: status.openAlarms }),
    simulator: status.simulator,
    refused: { ...status.refused },
  };
}

function tracingView({ sent, dropped, waiting, ...part }: TracingStatus): StatusView['tracing'] {
  return { ...partView(part), sent, dropped, waiting };
}

function rehearsalStateView({ state, lines }: RehearsalStatus): NonNullable<StatusView['rehearsal']> {
  return { state, lines: lines.map(({ line, untilMs }) => ({ line, until: iso(untilMs) })) };
}

function brokerView({ kind, messages, reach, ...part }: ApplianceStatus['broker']): StatusView['broker'] {
  return {
    ...partView(part),
    kind,
    messages,
    ...(reach ? { reach: { ...reach, addresses: [...reach.addresses] } } : {}),
  };
}

function commandsView({ done, refused, last, ...part }: CommandsStatus): StatusView['commands'] {
  if (!last) return { ...partView(part), done, refused };
  const { atMs, ...told } = last;
  return { ...partView(part), done, refused, last: { ...told, at: iso(atMs) } };
}

function backupView({
  lastSuccessMs,
  lastBytes,
  kept,
  rehearsal,
  ...part
}: BackupStatus): StatusView['backup'] {
  return {
    ...partView(part),
    ...(lastSuccessMs === undefined ? {} : { lastSuccess: iso(lastSuccessMs) }),
    ...(lastBytes === undefined ? {} : { lastBytes }),
    ...(kept === undefined ? {} : { kept }),
    ...(rehearsal ? { rehearsal: { ended: iso(rehearsal.endedMs), isProved: rehearsal.isProved } } : {}),
  };
}

function storeView({
  state,
  detail,
  hint,
  said,
  sinceMs,
  oldestMs,
  ...figures
}: StoreStatus): StatusView['store'] {
  return {
    ...partView({
      ...{ state, detail, sinceMs },
      ...(hint === undefined ? {} : { hint }),
      ...(said === undefined ? {} : { said }),
    }),
    ...figures,
    ...(oldestMs === undefined ? {} : { oldest: iso(oldestMs) }),
  };
}

/** `gateway` lacks what only its messages say where it was not heard. */
export function gatewayView(gateway: HeardGateway, note?: GatewayNote): GatewayView {
  const { lastSeenMs, location, duty, ...rest } = gateway;
  const { position = location, ...words } = note ?? {};
  return {
    ...rest,
    ...words,
    revision: noteRevision(note),
    lastSeen: isoOrNull(lastSeenMs),
    ...(position ? { position: { ...position } } : {}),
    ...(location ? { location: { ...location } } : {}),
    ...(duty ? { duty: duty.map((use) => ({ ...use, used: Math.round(use.used * 1e4) / 1e4 })) } : {}),
  };
}

type HeardGateway = Omit<GatewayStatus, 'state' | 'qos' | 'marshaler'> &
  Partial<Pick<GatewayStatus, 'qos' | 'marshaler'>> & { readonly state: GatewayView['state'] };

export function unknownDeviceView(stranger: UnknownDeviceStatus): UnknownDeviceView {
  const { lastSeenMs, ...rest } = stranger;
  return { ...rest, lastSeen: iso(lastSeenMs) };
}

/** A record's time as it is shown, and where it comes from unless the clock of the box was right. */
function timeView(record: LogRecord, timeOf: TimeOf): Pick<ReadingView, 'time' | 'timeQuality'> {
  const { timeMs, quality } = timeOf(record);
  return { time: iso(timeMs), ...(quality === 'measured' ? {} : { timeQuality: quality }) };
}

/** A record of kind 'uplink' as a reading. */
export function readingView(
  epoch: number,
  record: LogRecord,
  timeOf: TimeOf = AS_WRITTEN.timeOf,
): ReadingView {
  const { rx, freq, dr, clock: _, ...body } = uplinkBody(record);
  return {
    id: recordId(epoch, record.seq),
    seq: record.seq,
    ...timeView(record, timeOf),
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
export function recordView(epoch: number, record: LogRecord, timeOf: TimeOf = AS_WRITTEN.timeOf): RecordView {
  if (record.kind === 'uplink') return readingView(epoch, record, timeOf);
  const { seq, kind, device, body } = record;
  const head = { id: recordId(epoch, seq), seq, ...timeView(record, timeOf) };
  return { ...head, kind, device, body: JSON.parse(body) };
}

/** How much of a device's history its view takes. */
export interface DeviceHistory {
  /** A tag of what is set of it. */
  readonly revision: string;
  readonly epoch: number;
  readonly nowMs: number;
  readonly timeOf?: TimeOf | undefined;
  /** The device's readings, newest first. */
  readonly readings: readonly LogRecord[];
  /** The device's, if it has one. */
  readonly profile?: DeviceProfile | undefined;
  /** What the network server knows of it. */
  readonly network?: DeviceNetworkStatus | undefined;
  /** How many of them to show as `recent`; undefined for none. */
  readonly recent?: number | undefined;
}

/** How the device is activated and what the network server knows of it. */
function sessionView(
  { abp, otaa, keyless, profile, link }: Device,
  network: DeviceNetworkStatus | undefined,
) {
  const devAddr = network?.devAddr ?? (otaa ? undefined : abp?.devAddr);
  return {
    ...(devAddr === undefined ? {} : { devAddr }),
    ...(otaa || abp ? { activation: otaa ? ('otaa' as const) : ('abp' as const) } : {}),
    ...(otaa ? { joinEui: otaa.joinEui } : {}),
    ...(keyless ? { joinEui: keyless.joinEui, keyMissing: true } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(link === undefined ? {} : { link }),
    ...(network ? { network: networkView(network) } : {}),
  };
}

function remarksView(device: Device): Pick<DeviceView, 'area' | 'notes' | 'formerly'> {
  const { formerly, ...told } = remarksOf(device);
  return { ...told, ...(formerly ? { formerly: [...formerly] } : {}) };
}

/** How the profile wants fields to be shown, and how often the device is to be heard. */
function profileView(
  profile: DeviceProfile | undefined,
): Pick<DeviceView, 'fields' | 'presets' | 'expectedIntervalSeconds'> {
  const { fields, presets, expectedIntervalMs } = profile ?? {};
  return {
    ...(fields ? { fields: { ...fields } as NonNullable<DeviceView['fields']> } : {}),
    ...(presets ? { presets: [...presets] as NonNullable<DeviceView['presets']> } : {}),
    ...(expectedIntervalMs === undefined ? {} : { expectedIntervalSeconds: expectedIntervalMs / 1000 }),
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
  const { readings, epoch, nowMs, recent, timeOf = AS_WRITTEN.timeOf } = history;
  const [newest] = readings;
  const usualMs = usualIntervalMs(readings.map((reading) => timeOf(reading).timeMs));
  // What the device did last is its newest reading, unless that has gone or a join came since.
  const seenMs = newest && newest.timeMs === device.lastSeenMs ? timeOf(newest).timeMs : device.lastSeenMs;
  return {
    devEui: device.devEui,
    name: device.name,
    codec: device.codec,
    decoder: codecOf(device, history.profile),
    origin: device.origin,
    ...remarksView(device),
    revision: history.revision,
    ...sessionView(device, history.network),
    ...profileView(history.profile),
    nextFCntUp: device.nextFCntUp,
    lastSeen: isoOrNull(seenMs),
    ageSeconds: seenMs > 0 ? Math.max(0, nowMs - seenMs) / 1000 : null,
    usualIntervalSeconds: usualMs === undefined ? null : usualMs / 1000,
    last: newest ? readingView(epoch, newest, timeOf) : null,
    ...(recent === undefined
      ? {}
      : {
          recent: readings
            .slice(0, recent)
            .map((record) => ({ ...timeView(record, timeOf), fields: uplinkBody(record).fields })),
        }),
  };
}
