/**
 * The plan of a simulated site: which gateways and devices there are and where. All of it follows from the seed, so a
 * restarted simulator plays the same devices with the same keys.
 */
import { createHmac } from 'node:crypto';
import type { AbpSession, Device } from '../model/device.ts';
import { chooseSpreadingFactor, meanPower, type Position } from './radio.ts';
import type { SensorModel } from './sensor.ts';

export interface PlannedGateway {
  /** 16 lower-case hex digits. */
  readonly gatewayId: string;
  readonly position: Position;
  readonly marshaler: 'protobuf' | 'json';
  /** Whether it has a clock worth trusting (GPS). */
  readonly hasTime: boolean;
}

export interface PlannedDevice {
  readonly device: Device & { readonly abp: AbpSession };
  readonly model: SensorModel;
  /** 0..1, sets devices of one model apart. */
  readonly phase: number;
  readonly spreadingFactor: number;
  /** dBm at each gateway, in the order of the gateways. */
  readonly meanPowers: readonly number[];
}

export interface SitePlan {
  readonly gateways: readonly PlannedGateway[];
  readonly devices: readonly PlannedDevice[];
}

const MAX_DEVICES = 5_000;
const MAX_GATEWAYS = 50;

const CATALOGUE: readonly (readonly [string, SensorModel])[] = [
  ['Boiler room temperature', { kind: 'climate', mean: 34, swing: 3, humidity: 28 }],
  ['Rain tank level', { kind: 'tank', hours: 60 }],
  ['Main door', { kind: 'door' }],
  ['Water meter', { kind: 'meter', pulsesPerHour: 240 }],
  ['Cold store temperature', { kind: 'climate', mean: -18, swing: 0.8, humidity: 71 }],
  ['Roof weather', { kind: 'weather', mean: 12, swing: 6, humidity: 62 }],
  ['Heating oil tank level', { kind: 'tank', hours: 500 }],
  ['Electricity meter', { kind: 'meter', pulsesPerHour: 3_600 }],
  ['Server cabinet climate', { kind: 'climate', mean: 25, swing: 1.5, humidity: 38 }],
  ['Yard gate', { kind: 'door' }],
  ['Pump pit level', { kind: 'tank', hours: 5 }],
  ['Workshop climate', { kind: 'climate', mean: 19, swing: 2.5, humidity: 49 }],
];

/** Plans a site of `deviceCount` (1..5000) devices and `gatewayCount` (1..50) gateways. */
export function planSite(seed: string, deviceCount: number, gatewayCount: number): SitePlan {
  const gateways: PlannedGateway[] = [];
  for (let index = 0; index < bounded(gatewayCount, MAX_GATEWAYS); index++) {
    gateways.push(planGateway(seed, index));
  }
  const devices: PlannedDevice[] = [];
  for (let index = 0; index < bounded(deviceCount, MAX_DEVICES); index++) {
    devices.push(planDevice(seed, index, gateways));
  }
  return { gateways, devices };
}

/** A DevAddr that belongs to no device of the plan: somebody else's sensor within earshot. */
export function strangerSession(seed: string): AbpSession {
  return session(derive(seed, 'stranger'), '26');
}

function planGateway(seed: string, index: number): PlannedGateway {
  const bytes = derive(seed, `gateway ${index}`);
  // The first on the roof in the middle, the others around it.
  const angle = 2.4 * index + share(bytes, 8);
  const distance = index === 0 ? 0 : 250 + 150 * share(bytes, 10);
  return {
    gatewayId: eui(bytes),
    position: { east: distance * Math.cos(angle), north: distance * Math.sin(angle) },
    marshaler: index === 1 ? 'json' : 'protobuf',
    hasTime: index % 2 === 0,
  };
}

function planDevice(seed: string, index: number, gateways: readonly PlannedGateway[]): PlannedDevice {
  const bytes = derive(seed, `device ${index}`);
  const [name, model] = CATALOGUE[index % CATALOGUE.length] ?? ['Sensor', { kind: 'door' }];
  const round = Math.floor(index / CATALOGUE.length);
  const angle = 2 * Math.PI * share(bytes, 8);
  const distance = 20 + 780 * share(bytes, 10) ** 2;
  const position = { east: distance * Math.cos(angle), north: distance * Math.sin(angle) };
  const wallLossDb = 18 * share(bytes, 12);
  const meanPowers = gateways.map((gateway) => meanPower(position, gateway.position, wallLossDb));
  return {
    device: {
      devEui: eui(bytes),
      name: round === 0 ? name : `${name} ${round + 1}`,
      codec: 'cayenne',
      origin: 'config',
      abp: session(derive(seed, `session ${index}`), '00'),
    },
    model,
    phase: share(bytes, 14),
    spreadingFactor: chooseSpreadingFactor(Math.max(...meanPowers)),
    meanPowers,
  };
}

/** 32 bytes that follow from the seed and the label alone. */
function derive(seed: string, label: string): Buffer {
  return createHmac('sha256', `webscada-edge simulator ${seed}`).update(label).digest();
}

/** A locally administered EUI, which no maker's device has. */
function eui(bytes: Buffer): string {
  return `02${bytes.toString('hex', 0, 7)}`;
}

/** `prefix` 00 is a private network's, 26 a public one's. */
function session(bytes: Buffer, prefix: string): AbpSession {
  const keys = createHmac('sha256', bytes).update('keys').digest('hex');
  return {
    devAddr: prefix + bytes.toString('hex', 0, 3),
    nwkSKey: keys.slice(0, 32),
    appSKey: keys.slice(32),
  };
}

/** Two of the bytes as a number in 0..1. */
function share(bytes: Buffer, offset: number): number {
  return bytes.readUInt16BE(offset) / 0xffff;
}

function bounded(count: number, most: number): number {
  return Math.min(most, Math.max(1, Math.trunc(count)));
}
