/** A3, S3: brokers that let us in on terms under which readings are lost, leave us waiting, or turn us away: told, each in its own words. */
import { afterEach, describe, expect, test } from 'vitest';
import { createMqttClient } from '../../src/gateway/mqtt/client.ts';
import { DEFAULTS } from '../support/config.ts';
import { eventually } from '../support/process.ts';
import { type Script, startScriptedBroker } from '../support/scripted-broker.ts';
import { createFastWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openDoor(script: Script, speed = 1, subscriptions = ['gateway/+/event/+']) {
  const broker = await startScriptedBroker(script);
  ends.push(broker.stop);
  const world = createFastWorld(speed);
  const door = createMqttClient({
    config: { ...DEFAULTS.mqtt, mode: 'external', url: broker.url, clientId: 'box' },
    site: 'hut',
    subscriptions,
    handle: ({ ack }) => ack(),
    world,
  });
  ends.push(door.stop);
  await door.start();
  const settled = () =>
    eventually('settled', () => door.status().state !== 'connecting' && door.status(), 20_000);
  return { broker, settled, status: door.status };
}

describe('terms of a broker', () => {
  test.each<[string, Script, string]>([
    ['QoS 0 only', { granted: 0 }, 'delivers at QoS 0 only'],
    ['no session', { connack: { sessionExpiryInterval: 0 } }, 'keeps our session for 0 s only'],
    ['a session of two hours', { connack: { sessionExpiryInterval: 7_200 } }, 'for 7200 s only'],
  ])('S3: %s is told, as readings are lost under it', async (_, script, words) => {
    const { settled } = await openDoor(script);
    expect(await settled()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining(words),
      hint: expect.stringMatching(/\w/),
    });
  });

  test.each<[string, Script]>([
    ['what was asked for', {}],
    ['a week', { connack: { sessionExpiryInterval: 7 * 86_400 } }],
  ])('S3: %s is well', async (_, script) => {
    const { settled } = await openDoor(script);
    expect((await settled()).state).toBe('ok');
  });
});

test.each([
  [138, 'banned'],
  [151, 'quota'],
  [136, 'serves nobody for now'],
  [156, 'another server'],
  [128, 'refuses the connection'],
  [140, 'refuses the connection'],
  [155, 'refuses the connection'],
])(
  'A3: a broker that answers CONNECT with %i runs, and it is not asked whether it does',
  async (reasonCode, words) => {
    const { settled } = await openDoor({ connack: { reasonCode } });
    const { state, detail, hint } = await settled();
    expect([state, detail]).toEqual(['down', expect.stringContaining(words)]);
    expect(hint).not.toContain('is the broker running');
  },
);

test('A3: a broker that lets us in and never answers the subscription is told, and asked anew', async () => {
  const { broker, settled } = await openDoor({ granted: 'unanswered' }, 20);
  expect(await settled()).toMatchObject({
    state: 'down',
    detail: expect.stringContaining('does not answer our subscription'),
  });
  await eventually('asked anew', () => broker.connections() > 1, 20_000);
});

test.each([
  [{ reasonCode: 139 }, /ended the connection: server shutting down$/],
  [
    { reasonCode: 152, properties: { reasonString: 'see ticket 7' } },
    /ended the connection: administrative action, see ticket 7$/,
  ],
  [{ reasonCode: 157, properties: { serverReference: 'b.example' } }, /server moved, b\.example$/],
])('a broker that says why it ends the connection is quoted, once and again: %j', async (goodbye, words) => {
  const { broker, status } = await openDoor({ goodbye }, 20);
  await eventually('told', () => words.test(status().detail), 20_000);
  await eventually('asked anew', () => broker.connections() > 5, 20_000);
  await eventually('told still', () => words.test(status().detail), 20_000);
  expect(status().hint).not.toContain('client id');
});

test('a refused subscription is told with its topic, and the others are taken', async () => {
  const topics = ['gateway/+/event/+', 'eu868/gateway/+/event/+', 'application/#'];
  const { settled } = await openDoor({ granted: [1, 135, 1] }, 1, topics);
  expect(await settled()).toMatchObject({
    state: 'degraded',
    detail: 'the broker refuses our subscription: eu868/gateway/+/event/+: Subscribe error: Not authorized',
  });
});
