/** A fleet of ABP devices for tests: each frame is signed, encrypted and wrapped as a Gateway Bridge would publish it. */
import { createHash } from 'node:crypto';
import { type EventMarshaler, encodeUplinkFrame } from '../../src/gateway/bridge/encode.ts';
import { createSessionKeys, type SessionKeys } from '../../src/gateway/lorawan/crypto.ts';
import { encodeDataFrame } from '../../src/gateway/lorawan/encode.ts';
import type { AbpSession } from '../../src/model/device.ts';

export interface FleetDevice extends AbpSession {
  readonly devEui: string;
  readonly name: string;
  readonly keys: SessionKeys;
}

export interface Hearing {
  /** Counter of the concentrator, base64. */
  readonly context?: string;
  readonly gatewayId?: string;
  readonly marshaler?: EventMarshaler;
  readonly rssi?: number;
  readonly snr?: number;
  /** The gateway's clock, epoch milliseconds. */
  readonly timeMs?: number;
  /** Milliseconds since the GPS epoch. */
  readonly gpsTimeMs?: number;
}

export const GATEWAY_A = '0016c001f153a14c';
export const GATEWAY_B = '0016c001f153a14d';

/** The same devices for the same `label`. */
export function createFleet(size: number, label = 'fleet'): FleetDevice[] {
  return Array.from({ length: size }, (_, index) => {
    const hash = createHash('sha256').update(`${label} ${index}`).digest('hex');
    const nwkSKey = hash.slice(0, 32);
    const appSKey = hash.slice(32, 64);
    return {
      devEui: hash.slice(8, 24),
      name: `Device ${index + 1}`,
      devAddr: hash.slice(24, 32),
      nwkSKey,
      appSKey,
      keys: createSessionKeys(nwkSKey, appSKey),
    };
  });
}

/** A PHYPayload: Cayenne LPP with a temperature, a humidity and a digital input unless `payload` is given. */
export function frameOf(device: FleetDevice, fCnt: number, payload?: Uint8Array): Uint8Array {
  const { devAddr, keys } = device;
  const measured = payload ?? Buffer.from([1, 0x67, 0, fCnt & 0x7f, 2, 0x68, 90, 3, 0, fCnt & 1]);
  return encodeDataFrame({ direction: 'up', devAddr, fCnt, fPort: 2, payload: measured }, keys);
}

/** The topic and payload of an up event. */
export function upEvent(phyPayload: Uint8Array, hearing: Hearing = {}): { topic: string; payload: Buffer } {
  const {
    gatewayId = GATEWAY_A,
    marshaler = 'protobuf',
    rssi = -80,
    snr = 7,
    timeMs,
    gpsTimeMs,
    context = 'xwx0GQ==',
  } = hearing;
  const uplink = {
    phyPayload,
    gatewayId,
    uplinkId: 1,
    frequency: 868_100_000,
    dataRate: 'SF7BW125',
    modulation: {
      kind: 'lora' as const,
      spreadingFactor: 7,
      bandwidth: 125_000,
      codeRate: '4/5' as const,
      polarizationInversion: false,
    },
    rssi,
    snr,
    channel: 2,
    rfChain: 0,
    board: 0,
    antenna: 0,
    context,
    crc: 'ok' as const,
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(gpsTimeMs === undefined ? {} : { gpsTimeMs }),
  };
  const payload = Buffer.from(encodeUplinkFrame(uplink, marshaler));
  return { topic: `gateway/${gatewayId}/event/up`, payload };
}

/** The fleet as a `[[devices]]` list of a settings file in JSON. */
export function fleetSettings(fleet: readonly FleetDevice[]): unknown[] {
  return fleet.map(({ devEui, name, devAddr, nwkSKey, appSKey }) => ({
    dev_eui: devEui,
    name,
    codec: 'cayenne',
    dev_addr: devAddr,
    nwk_s_key: nwkSKey,
    app_s_key: appSKey,
  }));
}
