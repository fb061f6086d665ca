/**
 * What the simulated devices put on the air, and who hears it: signed and encrypted frames with the oddities of real
 * sites (lost ones, repeated ones, a stranger's, a spoiled one). Knows no time but what it is told, and no network.
 */
import { airtimeMs } from '../gateway/lorawan/airtime.ts';
import { createSessionKeys, type SessionKeys } from '../gateway/lorawan/crypto.ts';
import { encodeDataFrame } from '../gateway/lorawan/encode.ts';
import { encodeCayenne } from '../ingest/codec/cayenne.ts';
import type { AbpSession } from '../model/device.ts';
import { type PlannedDevice, type SitePlan, strangerSession } from './plan.ts';
import { BANDWIDTH, CHANNELS, meanPower, receive, type Signal } from './radio.ts';
import { createSensor, type Measurement, type Sensor } from './sensor.ts';

/** One frame on the air. */
export interface Transmission {
  /** 'spoiled': a device's frame whose MIC no longer fits. */
  readonly kind: 'uplink' | 'repeat' | 'spoiled' | 'stranger';
  readonly phyPayload: Uint8Array;
  /** Index into `CHANNELS`. */
  readonly channel: number;
  readonly spreadingFactor: number;
  readonly airtimeMs: number;
  /** By the gateway's index in the plan; empty for a frame that nobody heard. */
  readonly heard: readonly { readonly gateway: number; readonly signal: Signal }[];
}

export interface Air {
  /** The device's next frame: measured, counted, sent. `index` is the device's in the plan. */
  uplink(index: number, nowMs: number): Transmission;
  /** The same frame of the same device once more, on another channel. */
  repeat(index: number, sent: Transmission): Transmission;
  /** A frame of a device that is not of this site. */
  stranger(): Transmission;
}

export interface AirOptions {
  readonly plan: SitePlan;
  readonly seed: string;
  /** Uniform in 0..1. */
  readonly random: () => number;
  /** The first frame counter of a device. */
  readonly startFCnt: (devEui: string) => number;
}

const APPLICATION_PORT = 2;
const SPOILED_SHARE = 0.004;
/** Frames that collide with another one, so that nobody hears them. */
const COLLIDED_SHARE = 0.015;
const STRANGER_SPREADING_FACTOR = 10;
const STRANGER_POSITION = { east: 450, north: -500 };
const FULL_PERIOD = 2 ** 32;

/** A device as it lives: its memory between two frames. */
interface LiveDevice {
  readonly planned: PlannedDevice;
  readonly sensor: Sensor;
  readonly keys: SessionKeys;
  fCnt: number;
}

export function createAir({ plan, seed, random, startFCnt }: AirOptions): Air {
  const devices = plan.devices.map((planned) => liveDevice(planned, random, startFCnt));
  const stranger = liveStranger(strangerSession(seed), plan);

  function send(
    kind: Transmission['kind'],
    phyPayload: Uint8Array,
    spreadingFactor: number,
    powers: readonly number[],
  ): Transmission {
    const heard: { gateway: number; signal: Signal }[] = [];
    const collided = random() < COLLIDED_SHARE;
    for (const [gateway, power] of powers.entries()) {
      const signal = receive(power, spreadingFactor, random);
      if (signal && !collided) heard.push({ gateway, signal });
    }
    return {
      kind,
      phyPayload,
      channel: Math.floor(random() * CHANNELS.length),
      spreadingFactor,
      airtimeMs: airtimeMs({ spreadingFactor, bandwidth: BANDWIDTH, length: phyPayload.length }),
      heard,
    };
  }

  function deviceAt(index: number): LiveDevice {
    const device = devices[index];
    if (!device) throw new RangeError(`the simulated site has no device ${index}`);
    return device;
  }

  return {
    uplink(index, nowMs) {
      const device = deviceAt(index);
      const { spreadingFactor, meanPowers } = device.planned;
      const frame = nextFrame(device, nowMs);
      if (random() >= SPOILED_SHARE) return send('uplink', frame, spreadingFactor, meanPowers);
      return send('spoiled', withWrongMic(frame), spreadingFactor, meanPowers);
    },
    repeat(index, sent) {
      const { spreadingFactor, meanPowers } = deviceAt(index).planned;
      return send('repeat', sent.phyPayload, spreadingFactor, meanPowers);
    },
    stranger() {
      return send('stranger', stranger.frame(), STRANGER_SPREADING_FACTOR, stranger.meanPowers);
    },
  };
}

function liveDevice(
  planned: PlannedDevice,
  random: () => number,
  startFCnt: (devEui: string) => number,
): LiveDevice {
  const { devEui, abp } = planned.device;
  return {
    planned,
    sensor: createSensor(planned.model, planned.phase, random),
    keys: createSessionKeys(abp.nwkSKey, abp.appSKey),
    fCnt: startFCnt(devEui),
  };
}

function nextFrame(device: LiveDevice, nowMs: number): Uint8Array {
  const fCnt = device.fCnt;
  device.fCnt = (fCnt + 1) % FULL_PERIOD;
  return encodeDataFrame(
    {
      direction: 'up',
      devAddr: device.planned.device.abp.devAddr,
      fCnt,
      fCtrl: { adr: true },
      fPort: APPLICATION_PORT,
      payload: cayennePayload(device.sensor.measure(nowMs)),
    },
    device.keys,
  );
}

/** The measurements on channels 1, 2, … */
export function cayennePayload(measured: readonly Measurement[]): Uint8Array {
  return encodeCayenne(
    measured.map(({ name, value }, index) => ({ channel: index + 1, name, values: [value] })),
  );
}

function liveStranger(
  session: AbpSession,
  plan: SitePlan,
): { readonly frame: () => Uint8Array; readonly meanPowers: readonly number[] } {
  const keys = createSessionKeys(session.nwkSKey, session.appSKey);
  let fCnt = 1_000;
  return {
    frame() {
      fCnt = (fCnt + 1) % FULL_PERIOD;
      const payload = new Uint8Array(11);
      return encodeDataFrame(
        { direction: 'up', devAddr: session.devAddr, fCnt, fPort: APPLICATION_PORT, payload },
        keys,
      );
    },
    meanPowers: plan.gateways.map(({ position }) => meanPower(STRANGER_POSITION, position, 0)),
  };
}

function withWrongMic(frame: Uint8Array): Uint8Array {
  const spoiled = Uint8Array.from(frame);
  const last = spoiled.length - 1;
  spoiled[last] = (spoiled[last] ?? 0) ^ 0xff;
  return spoiled;
}
