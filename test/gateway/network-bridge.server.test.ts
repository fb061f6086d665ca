/**
 * The network server end to end: a simulated device, a packet forwarder over Semtech UDP, the real Gateway Bridge, a real
 * broker, the appliance. What the gateway is told to send is checked as a concentrator would take it: counter, frequency,
 * data rate, power, polarity, and that it comes in time.
 */

import { afterEach, expect, test } from 'vitest';
import { createAppliance } from '../../src/appliance.ts';
import { loadConfig } from '../../src/config/load.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import type { RegionName } from '../../src/model/lorawan.ts';
import { createWorld } from '../../src/ops/world.ts';
import { startGatewayBridge } from '../support/gateway-bridge.ts';
import { createLorawanDevice, type OnAir } from '../support/lorawan-device.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import {
  type Downlink,
  loraPacket,
  type PacketForwarder,
  startPacketForwarder,
  tmstNow,
} from '../support/packet-forwarder.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const IDENTITY = {
  devEui: '70b3d57ed0000001',
  joinEui: '70b3d57ed0000abc',
  appKey: '98929b92c49edba9676d646d3b612456',
};
/** Before its time a forwarder wants a frame by so much. */
const TX_LEAD_MS = 43;

interface Expected {
  readonly region: RegionName;
  readonly subBand?: number;
  /** Where RX1 answers: MHz and data rate by the uplink's. */
  readonly rx1: (freq: number, datr: string) => { freq: number; datr: string };
  readonly rx2: { readonly freq: number; readonly datr: string };
  readonly power: number;
  readonly rx2Power?: number;
}

const same = (freq: number, datr: string) => ({ freq, datr });
/** Eight downlink channels for 64 narrow and 8 wide uplink channels. */
const wide = (firstNarrow: number, firstWide: number, wideRate: string) => (freq: number, datr: string) => {
  const isWide = datr === 'SF8BW500';
  const channel = isWide ? (freq - firstWide) / 1.6 : (freq - firstNarrow) / 0.2;
  return {
    freq: 923.3 + 0.6 * (Math.round(channel) % 8),
    datr: isWide ? wideRate : datr.replace('BW125', 'BW500'),
  };
};

const SITES: readonly Expected[] = [
  { region: 'EU868', rx1: same, rx2: { freq: 869.525, datr: 'SF12BW125' }, power: 16, rx2Power: 29 },
  {
    region: 'US915',
    subBand: 2,
    rx1: wide(902.3, 903, 'SF7BW500'),
    rx2: { freq: 923.3, datr: 'SF12BW500' },
    power: 21,
  },
  {
    region: 'AU915',
    subBand: 2,
    rx1: wide(915.2, 915.9, 'SF7BW500'),
    rx2: { freq: 923.3, datr: 'SF12BW500' },
    power: 30,
  },
  { region: 'AS923', rx1: same, rx2: { freq: 923.2, datr: 'SF10BW125' }, power: 16 },
  { region: 'IN865', rx1: same, rx2: { freq: 866.55, datr: 'SF10BW125' }, power: 30 },
  { region: 'KR920', rx1: same, rx2: { freq: 921.9, datr: 'SF12BW125' }, power: 23 },
  { region: 'RU864', rx1: same, rx2: { freq: 869.1, datr: 'SF12BW125' }, power: 16 },
  { region: 'EU433', rx1: same, rx2: { freq: 434.665, datr: 'SF12BW125' }, power: 12 },
];

async function startSite(mqttUrl: string, { region, subBand }: Expected) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const port = await freePort();
  const { devEui, joinEui, appKey } = IDENTITY;
  const settings = {
    http: { port },
    store: { dir: folder.path },
    mqtt: { mode: 'external', url: mqttUrl },
    gateway: { region, device_status_hours: 0, ...(subBand === undefined ? {} : { sub_band: subBand }) },
    devices: [{ dev_eui: devEui, join_eui: joinEui, app_key: appKey, name: 'Valve', adr: false }],
  };
  const missing = () => Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }));
  const loaded = await loadConfig({
    file: 'site.json',
    env: {},
    readFile: (path) => (path === 'site.json' ? Promise.resolve(JSON.stringify(settings)) : missing()),
    listFolder: missing,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const appliance = await createAppliance(loaded.config, createWorld(createTestWorld().logger), {
    fatal(error) {
      throw error;
    },
  });
  ends.push(appliance.stop);
  await appliance.start();
  const url = `http://127.0.0.1:${port}/api/v1`;
  return {
    appliance,
    async get<T>(path: string): Promise<T> {
      return (await (await fetch(url + path)).json()) as T;
    },
    async post(path: string, body: unknown): Promise<number> {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).status;
    },
  };
}

interface Exchanged {
  readonly tmst: number;
  readonly sentMs: number;
  readonly freq: number;
  readonly datr: string;
  readonly down: Downlink;
}

/** The device sends; what the gateway is told next, `nth` of what it is told in all for this frame. */
async function exchange(forwarder: PacketForwarder, frame: OnAir, nth = 1): Promise<Exchanged> {
  const before = forwarder.downlinks.length;
  const up = { tmst: tmstNow(), sentMs: performance.now(), freq: frame.frequency / 1e6 };
  const packet = loraPacket(frame.phyPayload, { tmst: up.tmst, freq: up.freq, datr: frame.dataRate });
  await forwarder.push([packet]);
  const down = await eventually('a downlink', () => forwarder.downlinks[before + nth - 1]);
  return { ...up, datr: frame.dataRate, down };
}

function check(
  { tmst, sentMs, down }: Exchanged,
  delayS: number,
  at: { freq: number; datr: string },
  power: number,
): Uint8Array {
  const { txpk } = down;
  expect(txpk).toMatchObject({ modu: 'LORA', codr: '4/5', ipol: true, powe: power, datr: at.datr });
  expect(txpk.freq).toBeCloseTo(at.freq, 6);
  expect(txpk.tmst).toBe((tmst + delayS * 1_000_000) % 2 ** 32);
  expect(txpk.imme ?? false).toBe(false);
  expect(down.atMs - sentMs).toBeLessThan(delayS * 1_000 - TX_LEAD_MS);
  return Buffer.from(txpk.data, 'base64');
}

const combinations = SITES.flatMap((site) =>
  (['json', 'protobuf'] as const).map((marshaler) => ({ ...site, marshaler })),
);

describeWith(['mosquitto', 'chirpstack-gateway-bridge'], 'the network server over the air', () => {
  test.each(combinations)(
    '$region, $marshaler: joins, acknowledges and sends, each in its window',
    async ({ marshaler, ...expected }) => {
      const broker = await startMosquitto();
      ends.push(broker.stop);
      const site = await startSite(broker.url, expected);
      await eventually('the broker is reached', () => site.appliance.status().broker.state === 'ok');
      const bridge = await startGatewayBridge({ mqttUrl: broker.url, marshaler });
      ends.push(() => bridge.stop());
      const forwarder = await startPacketForwarder(bridge.udpPort);
      ends.push(forwarder.stop);
      const device = createLorawanDevice({ ...IDENTITY, region: REGIONS[expected.region] });

      const join = await exchange(forwarder, device.joinRequest());
      const accept = check(join, 5, expected.rx1(join.freq, join.datr), expected.power);
      expect(device.acceptJoin(accept)).toBe(true);
      const { enabled } = device.link();
      if (expected.subBand !== undefined) expect(enabled).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 65]);

      const confirmed = await exchange(
        forwarder,
        device.uplink({ confirmed: true, payload: Buffer.from('hello') }),
      );
      const ack = check(confirmed, 1, expected.rx1(confirmed.freq, confirmed.datr), expected.power);
      expect(device.receive(ack)).toMatchObject({ ack: true, fCnt: 0 });

      const order = { fPort: 10, data: 'c0ffee', confirmed: true };
      expect(await site.post(`/devices/${IDENTITY.devEui}/downlinks`, order)).toBe(201);
      forwarder.txResultOnce('TOO_LATE');
      const sent = await exchange(forwarder, device.uplink(), 2);
      const frame = check(sent, 2, expected.rx2, expected.rx2Power ?? expected.power);
      expect(device.receive(frame)).toMatchObject({ fPort: 10, payload: Uint8Array.of(0xc0, 0xff, 0xee) });

      const packet = device.uplink();
      await forwarder.push([
        loraPacket(packet.phyPayload, {
          tmst: tmstNow(),
          freq: packet.frequency / 1e6,
          datr: packet.dataRate,
        }),
      ]);
      await eventually('the device’s acknowledgement is taken', async () => {
        const { items } = await site.get<{ items: unknown[] }>(`/devices/${IDENTITY.devEui}/downlinks`);
        return items.length === 0;
      });
      const shown = await site.get<Record<string, unknown>>(`/devices/${IDENTITY.devEui}`);
      expect(shown).toMatchObject({
        activation: 'otaa',
        devAddr: device.devAddr(),
        network: { region: expected.region },
      });
      expect(JSON.stringify(shown)).not.toContain(IDENTITY.appKey);
      const readings = await eventually('all three are stored', async () => {
        const { items } = await site.get<{ items: { data: string }[] }>('/readings?limit=10');
        return items.length >= 3 && items;
      });
      expect(readings.map(({ data }) => data)).toEqual(['01', '01', Buffer.from('hello').toString('hex')]);
    },
    60_000,
  );
});
