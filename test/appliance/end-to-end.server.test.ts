/**
 * The main job with real parts only: a packet forwarder over UDP, the Gateway Bridge, Mosquitto, the appliance with its
 * store, VictoriaMetrics as the line-protocol server, Redis as the centre.
 */
import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { createAppliance } from '../../src/appliance.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createWorld } from '../../src/ops/world.ts';
import { createFleet, fleetSettings, frameOf, GATEWAY_A, GATEWAY_B, upEvent } from '../support/fleet.ts';
import { startGatewayBridge } from '../support/gateway-bridge.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { loraPacket, startPacketForwarder } from '../support/packet-forwarder.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import { startVictoriaMetrics } from '../support/victoria-metrics.ts';
import { createTestWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Published with lora-packet: FCnt 2, FPort 1, payload "test". */
const FRAME = Buffer.from('40F17DBE4900020001954378762B11FF0D', 'hex');
const DEVICE = {
  dev_eui: '0101010101010101',
  name: 'Vector, with "quotes" = and spaces',
  codec: 'raw',
  dev_addr: '49be7df1',
  nwk_s_key: '44024241ed4ce9a68c6a8bc055233fd3',
  app_s_key: 'ec925802ae430ca77fd3dd73cb2cc588',
};

interface Reading {
  readonly device: string;
  readonly kind: string;
  readonly data: string;
  readonly fCnt: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly receptions: readonly { readonly gatewayId: string }[];
}

/** The appliance in this process, with `settings` as its file. */
async function startSite(settings: Readonly<Record<string, unknown>>) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const httpPort = await freePort();
  const text = JSON.stringify({ http: { port: httpPort }, store: { dir: folder.path }, ...settings });
  const loaded = await loadConfig({
    file: 'site.json',
    env: {},
    readFile: (path) => (path === 'site.json' ? Promise.resolve(text) : Promise.reject(missing())),
    listFolder: () => Promise.reject(missing()),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const appliance = await createAppliance(loaded.config, createWorld(createTestWorld().logger), {
    fatal: fail,
  });
  ends.push(appliance.stop);
  await appliance.start();
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`http://127.0.0.1:${httpPort}${path}`)).json()) as T;
  const readings = async (): Promise<readonly Reading[]> => {
    const page = await get<{ items: Reading[] }>('/api/v1/readings?limit=1000');
    return page.items.filter(({ kind }) => kind === 'uplink');
  };
  return { appliance, get, readings };
}

function fail(error: Error): never {
  throw error;
}

function missing(): Error {
  return Object.assign(new Error('no such file'), { code: 'ENOENT' });
}

describeWith(
  ['mosquitto', 'redis-server', 'victoria-metrics', 'chirpstack-gateway-bridge'],
  'a frame over the air',
  () => {
    test.each(['json', 'protobuf'] as const)(
      'lands decrypted in log, line-protocol server and stream, the bridge speaking %s',
      async (marshaler) => {
        const folder = temporaryFolder();
        ends.push(folder.remove);
        const broker = await startMosquitto();
        ends.push(broker.stop);
        const redis = await startRedis(folder.path);
        ends.push(redis.stop);
        const victoria = await startVictoriaMetrics();
        ends.push(victoria.stop);
        const { appliance, readings } = await startSite({
          site: { id: 'hill' },
          mqtt: { mode: 'external', url: broker.url },
          influx: { url: victoria.url, token: 'unused' },
          centre: { url: redis.url },
          devices: [DEVICE],
        });
        await eventually('connected', () => appliance.status().broker.state === 'ok');
        const bridge = await startGatewayBridge({ mqttUrl: broker.url, marshaler });
        ends.push(() => bridge.stop());
        const forwarder = await startPacketForwarder(bridge.udpPort, GATEWAY_A);
        ends.push(forwarder.stop);
        await forwarder.push([loraPacket(FRAME)]);

        const [reading] = await eventually('in the log', async () => {
          const found = await readings();
          return found.length > 0 && found;
        });
        expect(reading).toMatchObject({ device: DEVICE.dev_eui, fCnt: 2, data: '74657374' });
        expect(reading?.receptions.map((r) => r.gatewayId)).toEqual([GATEWAY_A]);

        const entry = await eventually('in the stream', async () => {
          const entries = await redis.client.xrange('webscada:{hill}:log', '-', '+');
          return entries.find(([, fields]) => fields.includes('uplink'));
        });
        expect(JSON.parse(entry[1][entry[1].indexOf('body') + 1] ?? '')).toMatchObject({
          data: '74657374',
          fCnt: 2,
        });

        const series = await eventually('in the line-protocol server', async () => {
          const found = await victoria.series('radio_f_cnt');
          return found.length > 0 && found;
        });
        expect(series).toHaveLength(1);
        expect(series[0]).toMatchObject({ metric: { site: 'hill', device: DEVICE.dev_eui }, values: [2] });
        await eventually('everything delivered', () => {
          const { influx, centre } = appliance.status();
          return influx.pending === 0 && centre.pending === 0;
        });
      },
    );
  },
);

describeWith(['mosquitto'], 'many gateways and bad company', () => {
  async function startFleetSite() {
    const broker = await startMosquitto();
    ends.push(broker.stop);
    const fleet = createFleet(3);
    const site = await startSite({
      mqtt: { mode: 'external', url: broker.url },
      devices: fleetSettings(fleet),
    });
    await eventually('connected', () => site.appliance.status().broker.state === 'ok');
    const client = await connectAsync(broker.url);
    ends.push(() => client.endAsync(true));
    const publish = ({ topic, payload }: { topic: string; payload: Buffer }) =>
      client.publishAsync(topic, payload, { qos: 1 });
    return { ...site, fleet, publish, client };
  }

  test('one frame heard by two gateways, in two marshalers, is one reading with both receptions', async () => {
    const { fleet, publish, readings } = await startFleetSite();
    const [device] = fleet;
    if (!device) throw new Error('no device');
    const frame = frameOf(device, 0);
    await publish(upEvent(frame, { gatewayId: GATEWAY_A, snr: 2, marshaler: 'protobuf' }));
    await publish(upEvent(frame, { gatewayId: GATEWAY_B, snr: 9, marshaler: 'json' }));
    const found = await eventually('a reading', async () => {
      const list = await readings();
      return list.length > 0 && list;
    });
    expect(found).toHaveLength(1);
    expect(found[0]?.receptions.map((r) => r.gatewayId)).toEqual([GATEWAY_B, GATEWAY_A]);
    expect(found[0]?.fields).toMatchObject({ temperature_1: 0, relative_humidity_2: 45, digital_input_3: 0 });
  });

  test('rubbish, strangers, replays and broken frames are counted by reason and stop nothing', async () => {
    const { fleet, publish, readings, appliance, get } = await startFleetSite();
    const [first, second] = fleet;
    const [stranger] = createFleet(1, 'stranger');
    if (!first || !second || !stranger) throw new Error('no device');
    const good = (n: number) => publish(upEvent(frameOf(first, n)));
    const topic = `gateway/${GATEWAY_A}/event/up`;
    await good(0);
    await publish({ topic, payload: Buffer.from('{"phyPayload":') });
    await publish({ topic, payload: Buffer.alloc(0) });
    await publish({ topic, payload: Buffer.alloc(1_000_000, 0xff) });
    await publish({ topic: 'gateway/zz/event/up', payload: Buffer.from('x') });
    await publish({ topic: `gateway/${GATEWAY_A}/event/stats`, payload: Buffer.from([0xff, 0xff]) });
    await good(1);
    const broken = Buffer.from(frameOf(first, 2));
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    await publish(upEvent(broken));
    await publish(upEvent(Buffer.from([0x40, 1, 2])));
    await publish(upEvent(frameOf(stranger, 7)));
    await publish(upEvent(frameOf(second, 5, Buffer.from([1, 0x67, 0]))));
    await good(2);

    const found = await eventually('every good frame', async () => {
      const list = await readings();
      return list.length === 4 && list;
    });
    expect(found.filter((r) => r.device === first.devEui).map((r) => r.fCnt)).toEqual([2, 1, 0]);
    expect(found).toHaveLength(4);
    // A payload that no codec understands is kept as bytes.
    expect(found.find((r) => r.device === second.devEui)).toMatchObject({ fCnt: 5, data: '016700' });
    await publish(upEvent(frameOf(first, 0)));
    await publish(upEvent(frameOf(first, 2)));
    const refused = await eventually('the replays are refused', () => {
      const counts = appliance.status().refused;
      return (counts.replay ?? 0) + (counts.retransmission ?? 0) === 2 && counts;
    });
    for (const reason of [
      'bad_json',
      'wrong_mic',
      'replay',
      'frame_too_short',
      'unknown_device',
      'too_large',
    ]) {
      expect(refused[reason] ?? 0, `${reason} in ${JSON.stringify(refused)}`).toBeGreaterThan(0);
    }
    const strangers = await get<{ items: { devAddr: string; frames: number }[] }>('/api/v1/unknown-devices');
    expect(strangers.items).toMatchObject([
      { devAddr: stranger.devAddr, frames: 1, reason: 'unknown_device' },
      { devAddr: first.devAddr, frames: 1, reason: 'wrong_mic' },
    ]);
  });

  test("a ChirpStack's application events come in by the same door, once each", async () => {
    const { publish, readings } = await startFleetSite();
    const event = {
      deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
      time: '2022-07-18T09:34:15.775023242+00:00',
      deviceInfo: { deviceName: 'Well, north', devEui: '0102030405060708' },
      devAddr: '00189440',
      fPort: 1,
      data: 'qg==',
      object: { level: 1.5, pump: { on: true } },
      rxInfo: [{ gatewayId: GATEWAY_A, uplinkId: 1, rssi: -36, snr: 10.5 }],
      txInfo: {
        frequency: 867_100_000,
        modulation: { lora: { bandwidth: 125_000, spreadingFactor: 11, codeRate: 'CR_4_5' } },
      },
    };
    const message = {
      topic: 'application/17c82e96/device/0102030405060708/event/up',
      payload: Buffer.from(JSON.stringify(event)),
    };
    await publish(message);
    await publish(message);
    await eventually('a reading', async () => (await readings()).length > 0);
    await publish(message);
    await publish({
      ...message,
      payload: Buffer.from(JSON.stringify({ ...event, deduplicationId: 'other' })),
    });
    const found = await eventually('the second', async () => {
      const list = await readings();
      return list.length > 1 && list;
    });
    expect(found).toHaveLength(2);
    expect(found[1]).toMatchObject({
      device: '0102030405060708',
      fields: { level: 1.5, pump_on: true },
      data: 'aa',
    });
  });
});
