/** Commands to a broker that takes few at once, or none above QoS 0, or has nobody to give them to. */
import mqttPacket, { type IPublishPacket } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { createMqttClient } from '../../../src/gateway/mqtt/client.ts';
import { DEFAULTS } from '../../support/config.ts';
import { eventually } from '../../support/process.ts';
import { type Script, startScriptedBroker } from '../../support/scripted-broker.ts';
import { createFastWorld } from '../../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openDoor(script: Script) {
  const broker = await startScriptedBroker(script);
  ends.push(broker.stop);
  const door = createMqttClient({
    config: { ...DEFAULTS.mqtt, mode: 'external', url: broker.url, clientId: 'box' },
    site: 'hut',
    subscriptions: ['gateway/+/event/+'],
    handle: ({ ack }) => ack(),
    world: createFastWorld(1),
  });
  ends.push(door.stop);
  await door.start();
  await eventually('connected', () => door.status().state !== 'connecting', 20_000);
  const commands = (): IPublishPacket[] => broker.received.filter((packet) => packet.cmd === 'publish');
  return {
    broker,
    commands,
    send: (name: string) => door.publish(`gateway/${name}/command/down`, Buffer.of(1)),
  };
}

test('a broker that takes two at once gets two; the others follow in order, none is lost', async () => {
  const { broker, commands, send } = await openDoor({ connack: { receiveMaximum: 2 } });
  const names = Array.from({ length: 12 }, (_, at) => `g${at}`);
  const sent = names.map(send);
  for (const [at] of names.entries()) {
    const command = await eventually('the next', () => commands()[at], 20_000);
    expect(commands().length).toBeLessThanOrEqual(at + 2);
    const ack = { cmd: 'puback', messageId: command.messageId ?? 0, reasonCode: 0 } as const;
    await broker.send(mqttPacket.generate(ack, { protocolVersion: 5 }));
  }
  await Promise.all(sent);
  expect(commands().map(({ topic }) => topic)).toEqual(names.map((name) => `gateway/${name}/command/down`));
});

test('what waits when the connection ends was never sent, and says so', async () => {
  const { broker, commands, send } = await openDoor({ connack: { receiveMaximum: 1 } });
  const first = send('g0');
  first.catch(() => {});
  const second = expect(send('g1')).rejects.toThrow('no connection to the broker');
  await eventually('the first', () => commands().length === 1, 20_000);
  await broker.stop();
  await second;
});

test('a broker that takes QoS 0 only gets commands at QoS 0, which it would refuse otherwise', async () => {
  const { commands, send } = await openDoor({ connack: { maximumQoS: 0 }, granted: 0 });
  await send('g0');
  const [command] = await eventually('sent', () => commands().length > 0 && commands(), 20_000);
  expect(command?.qos).toBe(0);
});

test.each([
  [16, /nobody who takes commands for this gateway/],
  [151, /does not take the command: quota exceeded/],
  [135, /refuses our commands: its access list/],
  [128, /does not take the command: unspecified error/],
])('a command acknowledged with %i is told for what it is', async (puback, words) => {
  const { send } = await openDoor({ puback });
  await expect(send('g0')).rejects.toThrow(words);
});
