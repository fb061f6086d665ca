/**
 * Bad input beside good, through a real broker into the appliance as a process of its own: megabytes of rubbish, thousands
 * of senseless messages a second, fields that change their type, values and names nobody should send. Good frames land all
 * the same and in time, memory stays bounded, and a value of another type has a field of its own.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { processUsage, writeSettings } from '../support/appliance-process.ts';
import { createFleet, fleetSettings, frameOf, GATEWAY_A, upEvent } from '../support/fleet.ts';
import { createInfluxFake, type ParsedPoint, parseLine, serveInfluxFake } from '../support/influx-fake.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith, eventually, freePort, startServer, temporaryFolder } from '../support/process.ts';

const MB = 1_048_576;
const SECONDS = 4;
const GOOD_PER_S = 100;
/** 10 000 on a machine with cores to spare; the ratios hold at any rate. */
const RUBBISH_PER_S = Number(process.env.WSE_TEST_RUBBISH_PER_S ?? 2_500);

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Sink {
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly quarantined: number;
  readonly expired: number;
}

/** Broker, InfluxDB and the appliance between them, which knows `fleet`. */
async function startSite(fleet: ReturnType<typeof createFleet>) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const broker = await startMosquitto({ config: ['max_packet_size 4000000'] });
  ends.push(broker.stop);
  const fake = createInfluxFake();
  const served = await serveInfluxFake(fake);
  ends.push(served.close);
  const port = await freePort();
  const settings = writeSettings(folder.path, {
    site: { id: 'hill' },
    http: { port },
    mqtt: { mode: 'external', url: broker.url, client_id: 'appliance' },
    store: { dir: join(folder.path, 'data') },
    log: { level: 'error' },
    influx: { url: served.url, org: 'org', bucket: 'bucket', token: 'secret-token', batch_max_age_ms: 100 },
    devices: fleetSettings(fleet),
  });
  const main = join(import.meta.dirname, '../../dist/main.js');
  // As it is run on small boxes.
  const env = { NODE_OPTIONS: '--max-semi-space-size=1' };
  const appliance = await startServer(process.execPath, [main, 'run', '--config', settings], { port }, env);
  ends.push(() => appliance.stop());
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as T;
  const status = () =>
    get<{ influx: Sink; broker: { state: string }; refused: Record<string, number> }>('/api/v1/status');
  await eventually('connected', async () => (await status()).broker.state === 'ok');
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  ends.push(() => client.endAsync());
  return { fake, get, status, client, rssBytes: () => processUsage(appliance.process.pid ?? 0).rssBytes };
}

const readings = (points: Iterable<ParsedPoint>) =>
  [...points].filter(({ measurement }) => measurement === 'reading');

/** Runs `task` with an ever larger number, `perSecond` times a second for `SECONDS`; waits for what it returns. */
async function steadily(perSecond: number, task: (index: number) => Promise<unknown>): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  const startedMs = performance.now();
  for (let done = 0; done < perSecond * SECONDS; ) {
    const due = Math.min(perSecond * SECONDS, ((performance.now() - startedMs) / 1_000) * perSecond);
    for (; done < due; done++) {
      const one = task(done);
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
    }
    await sleep(5);
  }
  await Promise.all(underWay);
}

/** Senseless in as many ways as there are remainders: not for us, not parsable, not complete, not signed, too long. */
function rubbish(index: number): { readonly topic: string; readonly payload: Buffer | string } {
  const up = `gateway/${GATEWAY_A}/event/up`;
  switch (index % 7) {
    case 0:
      return { topic: up, payload: Buffer.alloc(200, index) };
    case 1:
      return { topic: up, payload: '{"phyPayload":"AAAA","rxInfo":{"rssi":"loud"}' };
    case 2:
      return {
        topic: up,
        payload: JSON.stringify({ phyPayload: 'QAAAAAAAAAAAAAAAAAAA', rxInfo: [], txInfo: null }),
      };
    case 3:
      return { topic: `gateway/${'ff'.repeat(8)}/event/nonsense`, payload: '' };
    case 4:
      return { topic: 'gateway//event/up', payload: 'x' };
    case 5:
      return { topic: 'application/1/device/zz/event/up', payload: '{"object":' };
    default:
      // A frame of a device nobody knows.
      return upEvent(frameOf({ ...stranger, devAddr: (index >>> 0).toString(16).padStart(8, '0') }, index));
  }
}
const [stranger = createFleet(1)[0] as never] = createFleet(1, 'stranger');

/** Appliance and broker get a QoS 1 publish; `fCnt` counts per device. */
function publishGood(client: MqttClient, fleet: ReturnType<typeof createFleet>, index: number) {
  const device = fleet[index % fleet.length];
  if (!device) return Promise.resolve();
  const { topic, payload } = upEvent(frameOf(device, Math.floor(index / fleet.length)), {
    timeMs: Date.now(),
  });
  return client.publishAsync(topic, payload, { qos: 1 });
}

/** Time from reading to arrival of every reading, milliseconds. */
function watchLateness(fake: ReturnType<typeof createInfluxFake>): number[] {
  const late: number[] = [];
  const { receive } = fake;
  fake.receive = (body) => {
    for (const line of body.split('\n')) {
      if (line.startsWith('reading,')) late.push(Date.now() - Number(parseLine(line).time / 1_000_000n));
    }
    return receive(body);
  };
  return late;
}

describeWith(['mosquitto'], 'beside good frames', () => {
  test('thousands of senseless messages a second cost no frame, little time and no memory', async () => {
    const fleet = createFleet(20, 'good');
    const { client, fake, status, rssBytes } = await startSite(fleet);
    await publishGood(client, fleet, 0);
    await eventually('warm', () => readings(fake.points.values()).length === 1);
    const late = watchLateness(fake);
    const beforeBytes = rssBytes();
    let peakBytes = beforeBytes;
    await Promise.all([
      steadily(RUBBISH_PER_S, (index) => {
        const { topic, payload } = rubbish(index);
        return client.publishAsync(topic, payload, { qos: index % 2 === 0 ? 0 : 1 });
      }),
      steadily(GOOD_PER_S, (index) => publishGood(client, fleet, index + 1)),
      steadily(4, async () => {
        peakBytes = Math.max(peakBytes, rssBytes());
      }),
    ]);
    const total = SECONDS * GOOD_PER_S + 1;
    await eventually('all good ones landed', () => readings(fake.points.values()).length >= total, 20_000);
    const { influx, refused } = await status();
    expect(influx).toMatchObject({ pending: 0, quarantined: 0, expired: 0 });
    expect(readings(fake.points.values()).length).toBe(total);
    const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
    expect(refusals).toBeGreaterThan(RUBBISH_PER_S * SECONDS * 0.3);
    expect(late.length).toBe(total - 1);
    expect(Math.max(...late)).toBeLessThan(5_000);
    expect((Math.max(peakBytes, rssBytes()) - beforeBytes) / MB).toBeLessThan(100);
  }, 60_000);

  test('payloads of a megabyte are refused one by one and not held', async () => {
    const fleet = createFleet(5, 'good');
    const { client, fake, status, rssBytes } = await startSite(fleet);
    const megabyte = Buffer.alloc(MB, 'A');
    const json = Buffer.from(`{"phyPayload":"${'A'.repeat(MB)}"}`);
    await publishGood(client, fleet, 0);
    await eventually('warm', () => readings(fake.points.values()).length === 1);
    const beforeBytes = rssBytes();
    let peakBytes = beforeBytes;
    const count = 300;
    for (let index = 0; index < count; index++) {
      const topic =
        index % 3 === 0 ? `application/1/device/${'01'.repeat(8)}/event/up` : `gateway/${GATEWAY_A}/event/up`;
      await client.publishAsync(topic, index % 2 === 0 ? megabyte : json, { qos: 1 });
      await publishGood(client, fleet, index + 1);
      if (index % 5 === 0) peakBytes = Math.max(peakBytes, rssBytes());
    }
    await eventually('all landed', () => readings(fake.points.values()).length === count + 1, 20_000);
    expect((await status()).influx).toMatchObject({ pending: 0, quarantined: 0 });
    // Half of what went through: what is refused is waste until the collector comes by, no more.
    expect((peakBytes - beforeBytes) / MB).toBeLessThan(count / 2);
  }, 60_000);
});

describeWith(['mosquitto'], 'a device that sends what it should not', () => {
  const DEVICE = '0101010101010101';

  /** An application event of a ChirpStack with `object` as raw JSON, so that anything can be in it. */
  function applicationEvent(
    fCnt: number,
    object: string,
    deviceName = 'Tank',
    devEui = DEVICE,
  ): [string, string] {
    const event = {
      deduplicationId: `3ac7e3c4-4401-4b8d-9386-${String(fCnt).padStart(12, '0')}`,
      time: new Date().toISOString(),
      deviceInfo: { deviceName, devEui },
      devAddr: '00189440',
      dr: 1,
      fPort: 1,
      fCnt,
      data: 'qg==',
      rxInfo: [{ gatewayId: GATEWAY_A, rssi: -36, snr: 10.5 }],
      txInfo: {
        frequency: 867_100_000,
        modulation: { lora: { bandwidth: 125_000, spreadingFactor: 11, codeRate: 'CR_4_5' } },
      },
    };
    const text = JSON.stringify(event);
    return [`application/1/device/${devEui}/event/up`, `${text.slice(0, -1)},"object":${object}}`];
  }

  test('I3: number today, string tomorrow: the strings land in a field of their own', async () => {
    const { client, fake, status } = await startSite([]);
    const publish = (fCnt: number, object: string) =>
      client.publishAsync(...applicationEvent(fCnt, object), { qos: 1 });
    await publish(1, '{"level": 1}');
    await eventually('the first landed', () => readings(fake.points.values()).length === 1);
    for (let fCnt = 2; fCnt <= 100; fCnt++) {
      await publish(fCnt, fCnt % 10 === 0 ? `{"level": "${fCnt}"}` : `{"level": ${fCnt}}`);
    }
    const { influx } = await eventually('all done', async () => {
      const now = await status();
      return now.influx.accepted >= 100 && now.influx.pending === 0 && now;
    });
    expect(influx.quarantined).toBe(0);
    expect(influx.accepted).toBe(influx.delivered + influx.pending + influx.quarantined + influx.expired);
    const fields = readings(fake.points.values()).map((point) => point.fields);
    expect(fields).toEqual(
      Array.from({ length: 100 }, (_, index) =>
        (index + 1) % 10 === 0 ? { level_text: `${index + 1}` } : { level: index + 1 },
      ),
    );
  });

  test('no number, too large a number, and no value at all leave the other fields', async () => {
    const { client, fake } = await startSite([]);
    await client.publishAsync(...applicationEvent(1, '{"a": 1e999, "b": 2, "c": null, "d": {"e": -1e999}}'), {
      qos: 1,
    });
    // Not JSON at all: a decoder that wrote NaN.
    await client.publishAsync(...applicationEvent(2, '{"a": NaN, "b": 3}'), { qos: 1 });
    await client.publishAsync(...applicationEvent(3, '{"b": 4}'), { qos: 1 });
    await eventually('both landed', () => readings(fake.points.values()).length === 2);
    expect(readings(fake.points.values()).map(({ fields }) => fields)).toEqual([{ b: 2 }, { b: 4 }]);
  });

  test('names with comma, space, quote, equals sign and line break arrive as a name', async () => {
    const { client, fake, get } = await startSite([]);
    const name = 'Tank, "north" = deep\nand \\wide\\';
    const object = JSON.stringify({ 'le,vel = "1"\nx': 7, time: 8 });
    await client.publishAsync(...applicationEvent(1, object, name), { qos: 1 });
    const [point] = await eventually('landed', () => {
      const found = readings(fake.points.values());
      return found.length > 0 && found;
    });
    expect(point?.tags.device).toBe(DEVICE);
    expect(point?.tags.name).toBe('Tank, "north" = deep and \\wide/');
    expect(Object.values(point?.fields ?? {}).sort()).toEqual([7, 8]);
    const { name: shown } = await get<{ name: string }>(`/api/v1/devices/${DEVICE}`);
    expect(shown.replace(/\s/g, ' ')).toContain('Tank, "north" = deep');
  });
});
