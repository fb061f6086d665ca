/**
 * The simulator against a real Mosquitto, with a clock moved by hand: what arrives is what a Gateway Bridge would publish,
 * in both marshalers, and every frame is one its device's keys verify.
 */

import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeDownlinkFrame } from '../../src/gateway/bridge/encode.ts';
import { type BridgeEvent, decodeEvent } from '../../src/gateway/bridge/event.ts';
import { commandTopic, eventTopic, isUnused, parseTopic } from '../../src/gateway/bridge/topics.ts';
import { createSessionKeys, verifyMic } from '../../src/gateway/lorawan/crypto.ts';
import { parseFrame } from '../../src/gateway/lorawan/frame.ts';
import type { Device } from '../../src/model/device.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { DEFAULTS } from '../support/config.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { describeWith, eventually } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

type Heard = BridgeEvent & { readonly retained: boolean };

function gatewayOf(event: BridgeEvent): string {
  switch (event.kind) {
    case 'up':
      return event.uplink.gatewayId;
    case 'stats':
      return event.stats.gatewayId;
    case 'ack':
      return event.ack.gatewayId;
    case 'conn':
      return event.conn.gatewayId;
  }
}

describeWith(['mosquitto'], 'the simulator', () => {
  let broker: Mosquitto;
  let listener: MqttClient;
  let heard: Heard[];
  let world: TestWorld;
  let simulator: Simulator;

  beforeEach(async () => {
    broker = await startMosquitto();
    world = createTestWorld(Date.UTC(2026, 4, 4, 9));
    heard = [];
    listener = await connectAsync(broker.url);
    listener.on('message', (topic, payload, packet) => {
      const parsed = parseTopic(topic);
      if (parsed?.kind !== 'gateway') return;
      const kind = parsed.event;
      if (isUnused(kind)) return;
      const event = decodeEvent(kind, payload, parsed.gatewayId);
      if (!event.ok) throw new Error(`${topic}: ${event.reason}`);
      heard.push({ ...event, retained: packet.retain });
    });
    await listener.subscribeAsync('gateway/#', { qos: 1 });
    simulator = play();
  });

  afterEach(async () => {
    await simulator.stop();
    await listener.endAsync(true);
    await broker.stop();
  });

  function play(startFCnt: (devEui: string) => number = () => 0): Simulator {
    return createSimulator({
      url: broker.url,
      config: { ...DEFAULTS.simulator, devices: 12, gateways: 3, seed: 1 },
      startFCnt,
      world,
    });
  }

  function of<Kind extends BridgeEvent['kind']>(kind: Kind): Extract<Heard, { readonly kind: Kind }>[] {
    return heard.filter((event): event is Extract<Heard, { readonly kind: Kind }> => event.kind === kind);
  }

  /** Starts it and waits until every gateway has said that it is online. */
  async function startAll(): Promise<void> {
    await simulator.start();
    await eventually('three gateways online', () => of('conn').filter(({ conn }) => conn.online).length >= 3);
  }

  /** The frames heard that the keys of a device verify, each once: its device and counter. */
  function verified(): { readonly device: Device; readonly fCnt: number }[] {
    const sessions = simulator.devices().flatMap((device) => {
      const { abp } = device;
      return abp ? [{ device, abp, keys: createSessionKeys(abp.nwkSKey, abp.appSKey) }] : [];
    });
    const frames = new Map<string, { readonly device: Device; readonly fCnt: number }>();
    for (const { uplink } of of('up')) {
      const parsed = parseFrame(uplink.phyPayload);
      if (!parsed.ok || parsed.frame.kind !== 'data') continue;
      const { frame } = parsed;
      for (const { device, abp, keys } of sessions) {
        if (abp.devAddr !== frame.devAddr || !verifyMic(frame, keys, frame.fCnt16)) continue;
        frames.set(`${device.devEui} ${frame.fCnt16}`, { device, fCnt: frame.fCnt16 });
      }
    }
    return [...frames.values()];
  }

  test('hears almost every device within 5 s of its start, by protobuf and by JSON', async () => {
    await startAll();
    world.advance(5_000);
    const marshalers = () => new Set(of('up').map(({ marshaler }) => marshaler));
    await eventually(
      'the frames that were published',
      () => verified().length >= simulator.counts().published && marshalers().size === 2,
    );
    const sounding = new Set(verified().map(({ device }) => device.devEui));
    expect(sounding.size).toBe(simulator.counts().published);
    expect(sounding.size).toBeGreaterThanOrEqual(10);
    expect(marshalers()).toEqual(new Set(['protobuf', 'json']));
    expect(of('up').length).toBeGreaterThan(sounding.size);
    for (const { uplink } of of('up')) {
      expect(uplink.dataRate).toMatch(/^SF([789]|1[012])BW125$/);
      expect(uplink.context).toMatch(/^[\w+/]{6}==$/);
    }
  });

  test('goes on from the counters it is given, and further with every frame', async () => {
    simulator = play(() => 500);
    await startAll();
    world.advance(60_000);
    const sent = () => simulator.counts().published;
    await eventually('the frames that were published', () => verified().length >= sent());
    const counters = verified().map(({ fCnt }) => fCnt);
    expect(Math.min(...counters)).toBeGreaterThan(500);
    expect(Math.max(...counters)).toBeLessThan(515);
    expect(sent()).toBeGreaterThan(50);
  });

  test('reports statistics every 30 s that add up to what it published', async () => {
    await startAll();
    world.advance(31_100);
    await eventually('two reports of each gateway', () => of('stats').length >= 6);
    for (const { conn } of of('conn')) {
      const own = heard.filter((event) => gatewayOf(event) === conn.gatewayId);
      const lastReport = own.findLastIndex(({ kind }) => kind === 'stats');
      const before = own.slice(0, lastReport + 1);
      const frames = before.filter(({ kind }) => kind === 'up').length;
      const received = before.reduce(
        (sum, event) => sum + (event.kind === 'stats' ? event.stats.rxReceived : 0),
        0,
      );
      expect(frames).toBeGreaterThan(0);
      expect(received).toBe(frames);
    }
  });

  test('answers a downlink with an acknowledgement', async () => {
    await startAll();
    const [first] = of('conn');
    if (!first) throw new Error('no gateway');
    const { gatewayId } = first.conn;
    const downlink = {
      gatewayId,
      downlinkId: 4_711,
      items: [1, 2].map((seconds) => ({
        phyPayload: Buffer.from('600403020120000011223344', 'hex'),
        frequency: 868_100_000,
        power: 14,
        modulation: {
          kind: 'lora',
          spreadingFactor: 7,
          bandwidth: 125_000,
          codeRate: '4/5',
          polarizationInversion: true,
        } as const,
        board: 0,
        antenna: 0,
        timing: { kind: 'delay', delayMs: seconds * 1_000 } as const,
        context: 'AAAAAA==',
      })),
    };
    const command = encodeDownlinkFrame(downlink, first.marshaler);
    // Its subscription may come after its connect event.
    await eventually('the acknowledgement', async () => {
      await listener.publishAsync(commandTopic('', gatewayId, 'down'), Buffer.from(command), { qos: 1 });
      return of('ack').length > 0;
    });
    expect(of('ack')[0]?.ack).toEqual({ gatewayId, downlinkId: 4_711, items: ['OK', 'IGNORED'] });
  });

  test('leaves its gateways offline for whoever subscribes later', async () => {
    await startAll();
    await simulator.stop();
    heard = [];
    await listener.unsubscribeAsync('gateway/#');
    await listener.subscribeAsync(eventTopic('', '+', 'conn'), { qos: 1 });
    await eventually('the retained states', () => of('conn').length >= 3);
    expect(of('conn').map(({ conn, retained }) => [conn.online, retained])).toEqual(
      Array(3).fill([false, true]),
    );
  });

  test('plays on after the broker was gone', async () => {
    await startAll();
    world.advance(5_000);
    await broker.restart('SIGKILL');
    await eventually(
      'the gateways once more',
      () => of('conn').filter(({ conn }) => conn.online).length >= 6,
      20_000,
    );
    const before = simulator.counts().published;
    world.advance(20_000);
    expect(simulator.counts().published).toBeGreaterThan(before + 10);
  });

  test('may be stopped before it has started, while it connects, and twice', async () => {
    await simulator.stop();
    const starting = simulator.start();
    await simulator.stop();
    await starting;
    await simulator.stop();
    world.advance(10_000);
    expect(simulator.counts().sent).toBe(0);
  });
});
