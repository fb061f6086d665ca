/** The verbs about who may use the embedded broker over the network: one user a gateway. */

import type { MqttConfig } from '../config/schema.ts';
import { isLoopback } from '../model/address.ts';
import { fail, failWith } from './fail.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import type { LoadedConfig } from './verb.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

type Users = typeof import('../store/broker-users.ts');

function verb(
  action: string,
  about: Pick<Verb, 'summary' | 'details' | 'examples'> & { readonly named: boolean },
  act: (users: Users, file: string, gatewayId: string, world: CliWorld) => number,
): Verb {
  const { named, ...texts } = about;
  return {
    name: `broker-user ${action}`,
    group: 'Access',
    synopsis: `${named ? 'GATEWAY_ID ' : ''}[--config FILE] [--set KEY=VALUE]...`,
    ...texts,
    options: SETTINGS_OPTIONS,
    ...(named ? { maxWords: 1 } : {}),
    async run(given, world, [word = '']) {
      const users = await import('../store/broker-users.ts');
      const gatewayId = word.toLowerCase();
      if (named && !users.isGatewayId(gatewayId))
        return fail(world, `broker-user ${action} wants the gateway's id, 16 hex digits`, EXIT.usage);
      const loaded: LoadedConfig | number = await loadSettings(given, world);
      if (typeof loaded === 'number') return loaded;
      const { mqtt, store } = loaded.config;
      const file = users.brokerUsersFile(store.dir);
      try {
        tellUnused(mqtt, world);
        return act(users, file, gatewayId, world);
      } catch (error) {
        return failWith(world, file, error);
      }
    },
  };
}

/** A user is made all the same: somebody may be about to change the settings. */
function tellUnused({ mode, embeddedHost }: MqttConfig, { stderr }: CliWorld): void {
  const why =
    mode === 'external'
      ? 'mqtt.mode is "external": that broker has users of its own, and these are of no use there'
      : isLoopback(embeddedHost)
        ? `the broker listens on ${embeddedHost} only, where nobody is asked for a user; mqtt.embedded_host opens it to the network`
        : undefined;
  if (why !== undefined) stderr.write(`webscada-edge: note: ${why}\n`);
}

const add = verb(
  'add',
  {
    named: true,
    summary: 'let a gateway use the embedded broker over the network; prints its password',
    details:
      'The user name is the gateway’s id. It may publish its own events and hear its own commands, nothing else. For one that has a user already the password before it is good no longer. Works beside the running box.',
    examples: ['sudo webscada-edge broker-user add 0016c001f153a14c'],
  },
  ({ addBrokerUser }, file, gatewayId, world) => {
    const password = addBrokerUser(file, gatewayId);
    if (password === undefined) return fail(world, 'there are too many users: remove one first');
    world.stdout.write(`user: ${gatewayId}\npassword: ${password}\n`);
    return EXIT.ok;
  },
);

const remove = verb(
  'remove',
  { named: true, summary: 'take a gateway’s user of the embedded broker away, from its next login on' },
  ({ removeBrokerUser }, file, gatewayId, world) =>
    removeBrokerUser(file, gatewayId) ? EXIT.ok : fail(world, `${gatewayId} has no user`),
);

const list = verb(
  'list',
  { named: false, summary: 'list the gateways that have a user of the embedded broker' },
  ({ brokerUsers }, file, _, world) => {
    for (const name of brokerUsers(file)) world.stdout.write(`${name}\n`);
    return EXIT.ok;
  },
);

export const BROKER_USER_VERBS: readonly Verb[] = [add, remove, list];
