/**
 * What is not as it should be, over the whole site: parts, gateways, devices, joins. "All normal" is said only where this
 * finds nothing. An alarm wants somebody to do something; a notice is a state that ends by itself or is to be expected.
 * Pure.
 */
import type { DeviceView } from '../shapes/devices.ts';
import type { GatewayView, StatusView, UnknownDeviceView } from '../shapes/status.ts';
import { heardMs, isJoin, isStale, refusalOf } from './device-state.ts';
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
  | 'quarantined'
  | 'exposed'
  | 'away'
  | 'waitGateway'
  | 'waitDevices'
  | 'unknownJoin';

export type Concern =
  | { readonly kind: 'part'; readonly part: PartName; readonly state: PartView['state']; readonly count: 1 }
  | { readonly kind: ConcernKind; readonly count: number };

export interface Concerns {
  readonly alarms: readonly Concern[];
  readonly notices: readonly Concern[];
}

export interface SiteNow {
  readonly status: StatusView;
  readonly gateways: readonly GatewayView[];
  readonly devices: readonly DeviceView[];
  readonly unknownDevices: readonly UnknownDeviceView[];
  readonly nowMs: number;
  /** Whether everybody may change the box. */
  readonly isExposed: boolean;
}

export function concernsOf(site: SiteNow): Concerns {
  const found = [partConcerns(site), gatewayConcerns(site), deviceConcerns(site), joinConcerns(site)];
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
      { kind: 'quarantined', count: status.influx.quarantined + status.centre.quarantined },
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
  return {
    alarms: [
      { kind: 'noGateway', count: isNew ? 0 : none },
      { kind: 'gatewayOffline', count: gateways.filter(({ state }) => state === 'offline').length },
      { kind: 'gatewayQos0', count: gateways.filter(({ qos }) => qos === 0).length },
    ],
    notices: [{ kind: 'waitGateway', count: isNew ? none : 0 }],
  };
}

function deviceConcerns({ status, devices, unknownDevices, nowMs }: SiteNow): Concerns {
  const isNew = nowMs - Date.parse(status.started) < DEVICES_AFTER_MS;
  // Each second and each reading asks: few of many devices are among the unknown ones.
  const names = new Set(unknownDevices.flatMap(({ devEui, devAddr }) => [devEui, devAddr]));
  const refused = new Set(
    devices
      .filter(({ devEui, devAddr }) => names.has(devEui) || names.has(devAddr))
      .filter((device) => refusalOf(device, unknownDevices)),
  );
  const silent = devices.filter((device) => heardMs(device) === undefined && !refused.has(device)).length;
  const beyond = devices.map(({ last, fields }) => countBeyond(last?.fields ?? {}, fields));
  return {
    alarms: [
      { kind: 'stale', count: devices.filter((device) => isStale(device, nowMs)).length },
      { kind: 'refused', count: refused.size },
      { kind: 'silent', count: isNew ? 0 : silent },
      { kind: 'undecoded', count: devices.filter(({ last }) => last?.problem !== undefined).length },
      { kind: 'beyond', count: beyond.reduce((sum, count) => sum + count, 0) },
    ],
    notices: [{ kind: 'waitDevices', count: isNew ? silent : 0 }],
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
