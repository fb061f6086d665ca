/**
 * What is not as it should be, over the whole site: parts, gateways, devices, joins. "All normal" is said only where this
 * finds nothing. An alarm wants somebody to do something; a notice is a state that ends by itself or is to be expected.
 * Pure.
 */
import type { DeviceView } from '../shapes/devices.ts';
import type { GatewayView, StatusView, UnknownDeviceView } from '../shapes/status.ts';
import { FLAGS, type Flag, flagsOf } from './device-flags.ts';
import { isJoin, refusalOf } from './device-state.ts';
import { countBeyond } from './fields.ts';
import { type PartName, type PartView, partsOf } from './parts.ts';

/** So long after its start the box may not have heard what is there: gateways tell of themselves every 30 s or so. */
const GATEWAYS_AFTER_MS = 180_000;
const DEVICES_AFTER_MS = 3_600_000;
/** A foreign device that asked to join is worth a word for so long. */
const JOIN_MS = 3_600_000;

export type ConcernKind =
  | 'gatewayOffline'
  | 'gatewayQos0'
  | 'noGateway'
  | 'stale'
  | 'silent'
  | 'refused'
  | 'undecoded'
  | 'beyond'
  | 'lowBattery'
  | 'quarantined'
  | 'alarm'
  | 'exposed'
  | 'away'
  | 'waitGateway'
  | 'waitDevices'
  | 'unknownJoin';

export type Concern =
  | { readonly kind: 'part'; readonly part: PartName; readonly state: PartView['state']; readonly count: 1 }
  | {
      readonly kind: ConcernKind;
      readonly count: number;
      /** The reader of the log whose records they are. */
      readonly sink?: 'influx' | 'centre';
      /** DevEUIs or gateway ids of the ones concerned, where it is about such. */
      readonly of?: readonly string[];
    };

export interface Concerns {
  readonly alarms: readonly Concern[];
  readonly notices: readonly Concern[];
}

/** A device with what is not as it should be with it. */
export interface Flagged {
  readonly device: DeviceView;
  readonly flags: readonly Flag[];
}

export interface SiteNow {
  readonly status: StatusView;
  readonly gateways: readonly GatewayView[];
  readonly devices: readonly DeviceView[];
  readonly unknownDevices: readonly UnknownDeviceView[];
  /** Of `devices`, where that was looked up already: of thousands it takes its time. */
  readonly flagged?: readonly Flagged[];
  readonly nowMs: number;
  /** Alarms of the site's rules that are active, or that nobody has acknowledged. */
  readonly ruleAlarms?: number;
  /** Whether everybody may change the box. */
  readonly isExposed: boolean;
}

export function concernsOf(site: SiteNow): Concerns {
  const rules: Concerns = { alarms: [{ kind: 'alarm', count: site.ruleAlarms ?? 0 }], notices: [] };
  const found = [rules, partConcerns(site), gatewayConcerns(site), deviceConcerns(site), joinConcerns(site)];
  const present = (list: readonly Concern[]): Concern[] => list.filter(({ count }) => count > 0);
  return {
    alarms: present(found.flatMap(({ alarms }) => alarms)),
    notices: present(found.flatMap(({ notices }) => notices)),
  };
}

/** Whether the centre is away and nobody here has to do anything: readings are kept and follow. */
export function isAway(name: PartName, status: StatusView): boolean {
  const { state, needsAction, expired } = status.centre;
  return name === 'centre' && state === 'down' && needsAction !== true && expired === 0;
}

function partConcerns({ status, isExposed }: SiteNow): Concerns {
  const parts = partsOf(status);
  const asPart = ([part, { state }]: (typeof parts)[number]): Concern => ({
    kind: 'part',
    part,
    state,
    count: 1,
  });
  const amiss = parts.filter(([, { state }]) => state === 'down' || state === 'degraded');
  return {
    alarms: [
      ...amiss.filter(([name]) => !isAway(name, status)).map(asPart),
      {
        kind: 'quarantined',
        count: status.influx.quarantined + status.centre.quarantined,
        sink: status.influx.quarantined > 0 ? 'influx' : 'centre',
      },
      { kind: 'exposed', count: Number(isExposed) },
    ],
    notices: [
      { kind: 'away', count: Number(isAway('centre', status)) },
      ...parts.filter(([, { state }]) => state === 'connecting').map(asPart),
    ],
  };
}

function gatewayConcerns({ status, gateways, nowMs }: SiteNow): Concerns {
  const isNew = nowMs - Date.parse(status.started) < GATEWAYS_AFTER_MS;
  const none = Number(gateways.length === 0);
  // The broker names those it remembers at once; whether they are there, their next report tells.
  const isAwaited = ({ lastSeen }: GatewayView): boolean => isNew && lastSeen === null;
  const awaited = gateways.filter(isAwaited).length;
  const those = (kind: ConcernKind, isSo: (gateway: GatewayView) => boolean): Concern =>
    about(
      kind,
      gateways.filter(isSo).map(({ gatewayId }) => gatewayId),
    );
  return {
    alarms: [
      { kind: 'noGateway', count: isNew ? 0 : none },
      those('gatewayOffline', (gateway) => gateway.state === 'offline' && !isAwaited(gateway)),
      those('gatewayQos0', ({ qos }) => qos === 0),
    ],
    notices: [{ kind: 'waitGateway', count: isNew ? none + awaited : 0 }],
  };
}

function about(kind: ConcernKind, of: readonly string[]): Concern {
  return { kind, count: of.length, of };
}

/** The devices with what is not as it should be with each; refusals are looked up once for all of them. */
export function flagged(
  devices: readonly DeviceView[],
  unknownDevices: readonly UnknownDeviceView[],
  nowMs: number,
): readonly Flagged[] {
  // Few of many devices are among the unknown ones.
  const names = new Set(unknownDevices.flatMap(({ devEui, devAddr }) => [devEui, devAddr]));
  return devices.map((device) => {
    const mayBe = names.has(device.devEui) || names.has(device.devAddr);
    const isRefused = mayBe && refusalOf(device, unknownDevices) !== undefined;
    return { device, flags: flagsOf(device, nowMs, isRefused) };
  });
}

function deviceConcerns({ status, devices, unknownDevices, nowMs, flagged: known }: SiteNow): Concerns {
  const isNew = nowMs - Date.parse(status.started) < DEVICES_AFTER_MS;
  const of = new Map<Flag, string[]>(FLAGS.map((flag) => [flag, []]));
  for (const { device, flags } of known ?? flagged(devices, unknownDevices, nowMs))
    for (const flag of flags) of.get(flag)?.push(device.devEui);
  const those = (kind: ConcernKind & Flag): Concern => about(kind, of.get(kind) ?? []);
  const values = devices.reduce((sum, { last, fields }) => sum + countBeyond(last?.fields ?? {}, fields), 0);
  const silent = of.get('silent') ?? [];
  return {
    alarms: [
      those('stale'),
      those('refused'),
      about('silent', isNew ? [] : silent),
      those('undecoded'),
      { kind: 'beyond', count: values, of: of.get('beyond') ?? [] },
      those('lowBattery'),
    ],
    notices: [about('waitDevices', isNew ? silent : [])],
  };
}

/** Devices nobody declared: a neighbour's, or one of ours with a slip in its DevEUI. */
function joinConcerns({ devices, unknownDevices, nowMs }: SiteNow): Concerns {
  const declared = new Set(devices.map(({ devEui }) => devEui));
  const foreign = unknownDevices.filter(
    (one) => isJoin(one) && !declared.has(one.devEui ?? '') && nowMs - Date.parse(one.lastSeen) < JOIN_MS,
  );
  return { alarms: [], notices: [{ kind: 'unknownJoin', count: foreign.length }] };
}
