/** The test of the connection to a broker says what the box itself would meet there. */
import { afterEach, describe, expect, test } from 'vitest';
import type { MqttConfig } from '../../../src/config/schema.ts';
import { brokerLoginSteps } from '../../../src/gateway/mqtt/login-steps.ts';
import { DEFAULTS } from '../../support/config.ts';
import { eventually } from '../../support/process.ts';
import { type Script, startScriptedBroker } from '../../support/scripted-broker.ts';
import { createFastWorld } from '../../support/world.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function tried(script: Script, config: Partial<MqttConfig> = {}, speed = 1) {
  const broker = await startScriptedBroker(script);
  ends.push(broker.stop);
  const steps = await brokerLoginSteps(
    { ...DEFAULTS.mqtt, mode: 'external', url: broker.url, clientId: 'box', ...config },
    ['gateway/+/event/+', 'application/#'],
    createFastWorld(speed),
  );
  const told = steps.map(({ step, isOk, found }) => `${step} ${isOk ? 'ok' : 'NO'}: ${found}`);
  const connects = broker.received.filter(({ cmd }) => cmd === 'connect');
  return {
    broker,
    told,
    versions: connects.map((packet) => 'protocolVersion' in packet && packet.protocolVersion),
  };
}

describe('the version is the one the box would speak', () => {
  test.each<[string, Partial<MqttConfig>, Script, unknown[], string[]]>([
    ['5 where it may', {}, {}, [5], ['login ok: let in as anybody (MQTT 5)', 'read ok: may subscribe']],
    [
      '3.1.1 where the settings say so',
      { protocol: '3.1.1' },
      {},
      [4],
      ['login ok: let in as anybody (MQTT 3.1.1)', 'read ok'],
    ],
    [
      '3.1.1 where 5 is not answered',
      {},
      { hangsUpOn: 5 },
      [5, 4],
      ['login ok: let in as anybody (MQTT 3.1.1)', 'read ok'],
    ],
    ['5 and no other', { protocol: '5' }, { hangsUpOn: 5 }, [5], ['login NO: the broker at mqtt://']],
    [
      'the refused one is told',
      {},
      { connack: { reasonCode: 132 } },
      [5, 4],
      ['login NO: the broker refuses this MQTT version'],
    ],
    [
      'a wrong password is not asked twice',
      {},
      { connack: { reasonCode: 134 } },
      [5],
      ['login NO: the broker refuses user or password'],
    ],
  ])('%s', async (_, config, script, versions, words) => {
    const found = await tried(script, config);
    expect(found.versions).toEqual(versions);
    expect(found.told).toEqual(words.map((each) => expect.stringContaining(each)));
  });
});

test.each<[string, Script, string]>([
  ['QoS 0 only', { granted: 0 }, 'read NO: the broker delivers at QoS 0 only'],
  [
    'a session of an hour',
    { connack: { sessionExpiryInterval: 3_600 } },
    'read NO: the broker keeps our session for 3600 s only',
  ],
  ['a refused topic', { granted: [1, 135] }, 'read NO: the broker refuses our subscription: application/#: '],
])('terms under which readings are lost are not well: %s', async (_, script, words) => {
  expect((await tried(script)).told).toEqual([
    expect.stringContaining('login ok'),
    expect.stringContaining(words),
  ]);
});

test('a broker that never answers the subscription ends the test', async () => {
  const { told } = await tried({ granted: 'unanswered' }, {}, 20);
  expect(told.at(-1)).toMatch(/^read NO: .* does not answer our subscription/);
});

test('it leaves no session behind', async () => {
  const { broker } = await tried({});
  const farewell = await eventually(
    'said',
    () => broker.received.find(({ cmd }) => cmd === 'disconnect'),
    20_000,
  );
  expect(farewell).toMatchObject({ properties: { sessionExpiryInterval: 0 } });
});
