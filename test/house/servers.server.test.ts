/** The servers the other tests lean on do what is believed of them: the real Gateway Bridge publishes to a real Mosquitto. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { startGatewayBridge } from '../support/gateway-bridge.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { loraPacket, startPacketForwarder } from '../support/packet-forwarder.ts';
import { describeWith, eventually } from '../support/process.ts';

const GATEWAY = '0016c001f153a14c';
/** The published vector whose payload is "test". */
const FRAME = Buffer.from('40F17DBE4900020001954378762B11FF0D', 'hex');

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(options: Parameters<typeof startMosquitto>[0] = {}): Promise<Mosquitto> {
  const broker = await startMosquitto(options);
  ends.push(broker.stop);
  return broker;
}

interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
}

interface Connected {
  readonly client: MqttClient;
  /** Everything received, from the first message of the session on. */
  readonly messages: readonly Message[];
}

async function connected(url: string, options: IClientOptions = {}): Promise<Connected> {
  const client = connect(url, { reconnectPeriod: 0, ...options });
  ends.push(() => client.endAsync(true));
  const messages: Message[] = [];
  // Before the connection is up: a resumed session brings its first messages together with the CONNACK.
  client.on('message', (topic, payload, { qos }) => messages.push({ topic, payload, qos }));
  await new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
  });
  return { client, messages };
}

describeWith(['mosquitto', 'chirpstack-gateway-bridge'], 'the real Gateway Bridge', () => {
  test.each(['json', 'protobuf'] as const)(
    'publishes what a gateway hears as %s at QoS 1',
    async (marshaler) => {
      const broker = await startBroker();
      const { client, messages } = await connected(broker.url);
      await client.subscribeAsync('gateway/+/#', { qos: 1 });
      const bridge = await startGatewayBridge({ mqttUrl: broker.url, marshaler });
      ends.push(() => bridge.stop());
      const forwarder = await startPacketForwarder(bridge.udpPort, GATEWAY);
      ends.push(forwarder.stop);

      await forwarder.push([loraPacket(FRAME)]);
      const up = await eventually('an up event', () =>
        messages.find((m) => m.topic === `gateway/${GATEWAY}/event/up`),
      );
      expect(up.qos).toBe(1);
      if (marshaler === 'json') {
        const event = JSON.parse(up.payload.toString()) as {
          phyPayload: string;
          rxInfo: { gatewayId: string };
        };
        expect(Buffer.from(event.phyPayload, 'base64')).toEqual(FRAME);
        expect(event.rxInfo.gatewayId).toBe(GATEWAY);
      } else {
        // Field 1, length-delimited: the frame itself.
        expect(up.payload.subarray(0, 2 + FRAME.length)).toEqual(
          Buffer.concat([Buffer.from([0x0a, FRAME.length]), FRAME]),
        );
      }
      await eventually('the gateway is announced', () =>
        messages.some((m) => m.topic === `gateway/${GATEWAY}/state/conn`),
      );
    },
  );

  test('hands a downlink to the gateway and publishes its acknowledgement', async () => {
    const broker = await startBroker();
    const { client, messages } = await connected(broker.url);
    await client.subscribeAsync('gateway/+/event/ack', { qos: 1 });
    const bridge = await startGatewayBridge({ mqttUrl: broker.url, marshaler: 'json' });
    ends.push(() => bridge.stop());
    const forwarder = await startPacketForwarder(bridge.udpPort, GATEWAY);
    ends.push(forwarder.stop);
    const down = {
      downlinkId: 894_104_280,
      gatewayId: GATEWAY,
      items: [
        {
          phyPayload: 'YKb+agGgAwCSzNbb',
          txInfo: {
            frequency: 867_300_000,
            power: 14,
            modulation: {
              lora: {
                bandwidth: 125_000,
                spreadingFactor: 7,
                codeRate: 'CR_4_5',
                polarizationInversion: true,
              },
            },
            timing: { delay: { delay: '1s' } },
            context: 'xwx0GQ==',
          },
        },
      ],
    };
    // The bridge subscribes to a gateway's commands only once it has heard from it: ask until it listens.
    await eventually('the gateway is told to send', async () => {
      await client.publishAsync(`gateway/${GATEWAY}/command/down`, JSON.stringify(down), { qos: 1 });
      return forwarder.downlinks.length > 0;
    });
    expect(forwarder.downlinks[0]?.txpk).toMatchObject({ freq: 867.3, data: 'YKb+agGgAwCSzNbb' });
    const ack = await eventually('an ack event', () => messages[0]);
    expect(JSON.parse(ack.payload.toString())).toMatchObject({
      downlinkId: 894_104_280,
      items: [{ status: 'OK' }],
    });
  });
});

describeWith(['mosquitto'], 'a real Mosquitto', () => {
  test('keeps the queue of a persistent session over a clean restart', async () => {
    const broker = await startBroker();
    const session = { clientId: 'wse', clean: false };
    const { client: first } = await connected(broker.url, session);
    await first.subscribeAsync('a', { qos: 1 });
    await first.endAsync();
    const { client: publisher } = await connected(broker.url);
    await publisher.publishAsync('a', 'kept', { qos: 1 });
    await publisher.endAsync();
    await broker.restart();

    const { messages } = await connected(broker.url, session);
    await eventually('the queued message', () => messages.some((m) => m.payload.toString() === 'kept'));
  });

  test('lets only known users in', async () => {
    const broker = await startBroker({ users: { edge: 'correct horse' } });
    await expect(connected(broker.url)).rejects.toThrow();
    const { client } = await connected(broker.url, { username: 'edge', password: 'correct horse' });
    expect(client.connected).toBe(true);
  });
});
