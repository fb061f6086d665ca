/** Frames that a real Mosquitto holds ready for a session, so that the publisher takes no part in what is measured. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import type { EventMarshaler } from '../../src/gateway/bridge/encode.ts';
import {
  type ApplianceProcess,
  startAppliance,
  writeSettings,
} from '../../test/support/appliance-process.ts';
import { type FleetDevice, fleetSettings, frameOf, upEvent } from '../../test/support/fleet.ts';
import { type Mosquitto, startMosquitto } from '../../test/support/mosquitto.ts';
import { freePort, temporaryFolder } from '../../test/support/process.ts';
import { SMALL_BOX } from './demo-site.ts';
import type { MqttAlone } from './mqtt-alone.ts';

/** Messages the publisher has under way. */
const UNDER_WAY = 500;
const MAX_ALONE_MS = 300_000;

export interface Queue {
  readonly fleet: readonly FleetDevice[];
  readonly frames: number;
}

/** Makes the broker hold the frames for the session `clientId`. */
export async function fillQueue(
  broker: Mosquitto,
  clientId: string,
  { fleet, frames }: Queue,
  marshaler: EventMarshaler = 'protobuf',
): Promise<void> {
  const properties = { sessionExpiryInterval: 3_600, receiveMaximum: 2_000 };
  const session = await connectAsync(broker.url, { clientId, clean: false, protocolVersion: 5, properties });
  await session.subscribeAsync('gateway/+/event/+', { qos: 1 });
  await session.endAsync();
  const publisher = await connectAsync(broker.url, { protocolVersion: 5 });
  const underWay = new Set<Promise<unknown>>();
  for (let index = 0; index < frames; index++) {
    const device = fleet[index % fleet.length];
    if (!device) break;
    const frame = frameOf(device, Math.floor(index / fleet.length));
    const { topic, payload } = upEvent(frame, { marshaler });
    const confirmed = publisher.publishAsync(topic, payload, { qos: 1 });
    underWay.add(confirmed);
    void confirmed.then(() => underWay.delete(confirmed));
    if (underWay.size >= UNDER_WAY) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  await publisher.endAsync();
}

/** A fresh broker for each: what one run left behind must not count for the next. */
export async function withBroker<T>(
  measure: (broker: Mosquitto) => Promise<T>,
  config: readonly string[] = [],
): Promise<T> {
  const broker = await startMosquitto({ config });
  try {
    return await measure(broker);
  } finally {
    await broker.stop();
  }
}

/** MQTT.js alone in the session `clientId`, until it has `count` messages. */
export async function mqttAlone(broker: Mosquitto, clientId: string, count: number): Promise<MqttAlone> {
  const script = join(import.meta.dirname, 'mqtt-alone.ts');
  const args = ['--no-warnings', script, broker.url, clientId, String(count)];
  const env = { ...process.env, ...SMALL_BOX };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: MAX_ALONE_MS });
  return JSON.parse(stdout) as MqttAlone;
}

/** An appliance as it is shipped, with the limits of its unit, as client `appliance` of `broker`. */
export async function withAppliance<T>(
  broker: Mosquitto,
  fleet: readonly FleetDevice[],
  more: Readonly<Record<string, unknown>>,
  measure: (appliance: ApplianceProcess, folder: string) => Promise<T>,
): Promise<T> {
  const folder = temporaryFolder();
  const httpPort = await freePort();
  const settings = writeSettings(folder.path, {
    site: { id: 'bench' },
    http: { port: httpPort },
    mqtt: { mode: 'external', url: broker.url, client_id: 'appliance' },
    store: { dir: `${folder.path}/data` },
    log: { level: 'error' },
    devices: fleetSettings(fleet),
    ...more,
  });
  try {
    const appliance = await startAppliance(settings, httpPort, SMALL_BOX);
    try {
      return await measure(appliance, `${folder.path}/data`);
    } finally {
      await appliance.stop();
    }
  } finally {
    folder.remove();
  }
}
