/**
 * The network server killed with SIGKILL around the moment it answers, with everything real: no downlink counter and no
 * JoinNonce is ever on the air twice, nothing is recorded twice, and the device is served after each restart.
 */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseFrame } from '../../src/gateway/lorawan/frame.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { writeSettings } from '../support/appliance-process.ts';
import { readJoinAccept } from '../support/device-join.ts';
import { startGatewayBridge } from '../support/gateway-bridge.ts';
import { createLorawanDevice, type OnAir } from '../support/lorawan-device.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import {
  loraPacket,
  type PacketForwarder,
  startPacketForwarder,
  tmstNow,
} from '../support/packet-forwarder.ts';
import {
  describeWith,
  eventually,
  freePort,
  type RunningServer,
  startServer,
  temporaryFolder,
} from '../support/process.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const IDENTITY = {
  devEui: '70b3d57ed0000001',
  joinEui: '70b3d57ed0000abc',
  appKey: '98929b92c49edba9676d646d3b612456',
};
/** Milliseconds after the uplink: while copies are gathered, around the commit, around the publishing, after it. */
const KILL_AFTER_MS = [150, 203, 212, 225, 300];
/** After the end of a data frame, of a join request. */
const WINDOWS_MS = [1_000, 2_000, 5_000, 6_000];
const PROGRAM = join(import.meta.dirname, '../../dist/main.js');

/** The appliance as a process that can be killed. */
async function startKillable(mqttUrl: string) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const port = await freePort();
  const { devEui, joinEui, appKey } = IDENTITY;
  const settings = writeSettings(folder.path, {
    http: { port },
    store: { dir: `${folder.path}/data` },
    mqtt: { mode: 'external', url: mqttUrl },
    gateway: { device_status_hours: 0 },
    devices: [{ dev_eui: devEui, join_eui: joinEui, app_key: appKey, adr: false }],
    log: { level: 'error' },
  });
  const url = `http://127.0.0.1:${port}/api/v1`;
  const get = async <T>(path: string): Promise<T> => (await (await fetch(url + path)).json()) as T;
  let appliance: RunningServer | undefined;
  ends.push(() => appliance?.stop());
  async function start(): Promise<void> {
    appliance = await startServer(process.execPath, [PROGRAM, 'run', '--config', settings], { port });
    await eventually('the broker is reached', async () => {
      const { broker: state } = await get<{ broker: { state: string } }>('/status');
      return state.state === 'ok';
    });
  }
  await start();
  return {
    get,
    /** Queues a confirmed downlink. */
    async order(): Promise<void> {
      const body = JSON.stringify({ fPort: 10, data: '01', confirmed: true });
      const headers = { 'content-type': 'application/json' };
      await fetch(`${url}/devices/${devEui}/downlinks`, { method: 'POST', headers, body });
    },
    /** Killed after `afterMs` and started again. */
    async killed(afterMs: number): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await appliance?.stop('SIGKILL');
      await start();
    },
  };
}

/** The air between one device and one gateway. */
function createAir(forwarder: PacketForwarder) {
  /** Sends a frame; gives the moment the windows of the device count from. */
  async function push({ phyPayload, frequency, dataRate }: OnAir): Promise<number> {
    const tmst = tmstNow();
    await forwarder.push([loraPacket(phyPayload, { tmst, freq: frequency / 1e6, datr: dataRate })]);
    return tmst;
  }
  /**
   * What a device that sent at `tmst` hears. An answer to an earlier frame goes out when nobody listens any more: taken for
   * this one's, a join accept gives keys that fit no session.
   */
  const heardAfter = (tmst: number) =>
    forwarder.downlinks
      .filter(({ txpk }) => WINDOWS_MS.some((ms) => (tmst + ms * 1_000) % 2 ** 32 === txpk.tmst))
      .map(({ txpk }) => Buffer.from(txpk.data, 'base64'));
  /**
   * Tries until the device is answered: after a restart a gateway has to show that its frames are no backlog. It listens
   * longer each time, up to its last window, since a busy machine needs its time.
   */
  async function served(send: () => OnAir, take: (frame: Uint8Array) => boolean): Promise<void> {
    for (let tries = 1; tries <= 20; tries++) {
      const tmst = await push(send());
      const taken = await eventually(
        'an answer',
        () => heardAfter(tmst).some(take),
        1_200 * Math.min(tries, 5),
      ).catch(() => false);
      if (taken) return;
    }
    throw new Error('the device is not served any more');
  }
  return { push, served };
}

/** The JoinNonces and the counters, each with its address, of all that was on the air. */
function numbersOf(downlinks: PacketForwarder['downlinks']) {
  const frames = downlinks.map(({ txpk }) => Buffer.from(txpk.data, 'base64'));
  const nonces = frames.flatMap((frame) => {
    const read = readJoinAccept(frame, IDENTITY.appKey);
    return read.ok ? [read.fields.joinNonce] : [];
  });
  const counters = frames.flatMap((frame) => {
    const parsed = parseFrame(frame);
    return parsed.ok && parsed.frame.kind === 'data'
      ? [`${parsed.frame.devAddr} ${parsed.frame.fCnt16}`]
      : [];
  });
  return { nonces, counters };
}

describeWith(['mosquitto', 'chirpstack-gateway-bridge'], 'the network server, killed', () => {
  test('around each answer: counters and nonces stay unique', async () => {
    const broker = await startMosquitto();
    ends.push(broker.stop);
    const appliance = await startKillable(broker.url);
    const bridge = await startGatewayBridge({ mqttUrl: broker.url, marshaler: 'protobuf' });
    ends.push(() => bridge.stop());
    const forwarder = await startPacketForwarder(bridge.udpPort);
    ends.push(forwarder.stop);
    const device = createLorawanDevice({ ...IDENTITY, region: REGIONS.EU868 });
    const { push, served } = createAir(forwarder);

    await served(device.joinRequest, device.acceptJoin);
    for (const afterMs of KILL_AFTER_MS) {
      await push(device.joinRequest());
      await appliance.killed(afterMs);
      await served(device.joinRequest, device.acceptJoin);
    }
    const acked = (frame: Uint8Array) => device.receive(frame)?.ack === true;
    for (const afterMs of KILL_AFTER_MS) {
      await served(() => device.uplink({ confirmed: true }), acked);
      await appliance.order();
      await push(device.uplink({ confirmed: true }));
      await appliance.killed(afterMs);
      await push(device.repeat());
      await served(() => device.uplink({ confirmed: true }), acked);
    }

    const { nonces, counters } = numbersOf(forwarder.downlinks);
    expect(nonces.length).toBeGreaterThan(KILL_AFTER_MS.length);
    expect(new Set(nonces).size).toBe(nonces.length);
    expect(counters.length).toBeGreaterThan(KILL_AFTER_MS.length);
    expect(new Set(counters).size).toBe(counters.length);
    const { items } = await appliance.get<{ items: { devAddr: string; fCnt: number }[] }>(
      '/readings?limit=1000',
    );
    const readings = items.map(({ devAddr, fCnt }) => `${devAddr} ${fCnt}`);
    expect(readings.length).toBeGreaterThan(2 * KILL_AFTER_MS.length);
    expect(new Set(readings).size).toBe(readings.length);
  }, 300_000);
});
