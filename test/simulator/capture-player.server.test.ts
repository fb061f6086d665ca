/**
 * The way round: what one site heard, saved as a capture, played by the simulator through a real Mosquitto, is heard by a
 * second site as the first one heard it, and read where it has the keys.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { parseTopic } from '../../src/gateway/bridge/topics.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import type { FrameSummary } from '../../src/model/frame.ts';
import { createCapturePlayer } from '../../src/simulator/capture-player.ts';
import { makeApi } from '../support/api.ts';
import { createLorawanDevice } from '../support/lorawan-device.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { createNetworkSite, GATEWAY, type NetworkSite, OTHER_GATEWAY } from '../support/network-site.ts';
import { ABP, KEYS } from '../support/network-story.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function aSite(): NetworkSite {
  const site = createNetworkSite({ gateway: { transmit: false } });
  ends.push(site.close);
  const { devEui, joinEui } = KEYS;
  const otaa = { joinEui, appKey: KEYS.appKey };
  site.store().devices.put({ devEui, name: 'Tank', codec: 'raw', origin: 'api', abp: ABP });
  site.store().devices.put({ devEui: 'aa'.repeat(8), name: 'Other', codec: 'raw', origin: 'api', otaa });
  return site;
}

const heardBy = (site: NetworkSite) =>
  site
    .gateway()
    .frames.after(0, 1_000)
    .map(({ phyPayload, frequency, dataRate, refused, fCnt, receptions }: FrameSummary) => ({
      ...{
        phyPayload: Buffer.from(phyPayload).toString('hex'),
        frequency,
        dataRate,
        refused,
        fCnt,
        receptions,
      },
    }));

const dataOf = (site: NetworkSite) => site.records('uplink').map(({ parsed }) => parsed.data);

/** Three readings, the second heard by two gateways, a stranger between them. */
async function hearSome(site: NetworkSite): Promise<void> {
  const device = createLorawanDevice({ ...KEYS, region: REGIONS.EU868, abp: ABP });
  const stranger = createLorawanDevice({
    ...KEYS,
    region: REGIONS.EU868,
    abp: { ...ABP, devAddr: 'aabbccdd' },
  });
  site.hear(device.uplink({ payload: Buffer.from('one') }));
  await site.pass(60_000);
  site.hear(stranger.uplink(), { gatewayId: OTHER_GATEWAY, snr: -9.5, rssi: -121 });
  await site.pass(60_000);
  const both = device.uplink({ payload: Buffer.from('two') });
  site.hear(both, { snr: 2 });
  site.hear(both, { gatewayId: OTHER_GATEWAY, snr: 6 });
  await site.pass(60_000);
  site.hear(device.uplink({ payload: Buffer.from('three') }));
  await site.pass(1_000);
}

/** Of those four, by how many were played. */
const RECEPTIONS_UP_TO = [0, 1, 2, 4, 5];

/** The capture as the API gives it, in a file. */
async function save(site: NetworkSite): Promise<string> {
  const { ask } = makeApi({ frames: site.gateway().frames });
  const { text } = await ask('/api/v1/frames/export');
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const file = join(folder.path, 'frames.ndjson');
  writeFileSync(file, text);
  return file;
}

describeWith(['mosquitto'], 'a capture played again', () => {
  test('is heard as it was, with the same distances in time, and read by who has the keys', async () => {
    const first = aSite();
    await hearSome(first);
    const capture = await save(first);
    const broker = await startMosquitto();
    ends.push(broker.stop);
    const second = aSite();
    const listener = await connectAsync(broker.url);
    ends.push(() => listener.endAsync(true));
    let online = 0;
    let ups = 0;
    listener.on('message', (topic, payload) => {
      const parsed = parseTopic(topic);
      if (parsed?.kind === 'gateway' && parsed.event === 'conn') online++;
      if (parsed?.kind === 'gateway' && parsed.event === 'up') ups++;
      second.inbound(topic, payload);
    });
    await listener.subscribeAsync('gateway/#', { qos: 1 });
    const player = createCapturePlayer({ url: () => broker.url, capture, speed: 60, world: second.world });
    ends.push(player.stop);
    await player.start();
    await eventually('the gateways are there', () => online === 2);
    const startMs = second.world.clock.monotonicMs();
    const playedAt: number[] = [];
    await eventually('all is played', async () => {
      const { played } = player.counts();
      // Time goes on when what was played has arrived, or the two copies of one would come apart.
      if (ups < (RECEPTIONS_UP_TO[played] ?? 0)) return false;
      await second.pass(100);
      if (player.counts().played > played) playedAt.push(second.world.clock.monotonicMs() - startMs);
      return played === 4 && heardBy(second).length === 4;
    });
    expect(player.counts()).toEqual({ played: 4, left: 0 });
    expect(heardBy(second)).toEqual(heardBy(first));
    expect(heardBy(second).map(({ refused }) => refused)).toEqual([
      undefined,
      'unknown_device',
      undefined,
      undefined,
    ]);
    expect(dataOf(second)).toEqual(dataOf(first));
    expect(dataOf(second)).toHaveLength(3);
    // A minute apart, played sixty times as fast.
    const apart = playedAt.map((atMs, index) => atMs - (playedAt[index - 1] ?? atMs)).slice(1);
    for (const ms of apart) expect(Math.abs(ms - 1_000)).toBeLessThan(250);
    expect(
      second
        .gateway()
        .gateways()
        .map(({ gatewayId }) => gatewayId)
        .sort(),
    ).toEqual([GATEWAY, OTHER_GATEWAY]);
  });

  test('what is no capture is told, and nothing is played', async () => {
    const site = aSite();
    const folder = temporaryFolder();
    ends.push(folder.remove);
    const said: unknown[] = [];
    const logger = { ...site.world.logger, error: (event: string, of: unknown) => void said.push(event, of) };
    const world = { ...site.world, logger };
    writeFileSync(join(folder.path, 'wrong'), '{"capture":"webscada-edge","version":1}\n{}');
    for (const name of ['wrong', 'missing']) {
      const capture = join(folder.path, name);
      const player = createCapturePlayer({ url: () => 'mqtt://127.0.0.1:1', capture, speed: 1, world });
      await player.start();
      expect(player.counts()).toEqual({ played: 0, left: undefined });
      await player.stop();
    }
    expect(said).toMatchObject([
      'simulator.no_capture',
      { problem: 'line 2: time is none' },
      'simulator.no_capture',
      { problem: expect.stringContaining('ENOENT') },
    ]);
  });
});
