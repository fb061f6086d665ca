/**
 * Whether a broker lets us in and gives us what the gateways publish, on terms under which nothing is lost; in the MQTT
 * version the box speaks, as somebody else than the box, whose session it leaves alone.
 */
import type { IClientOptions, MqttClient } from 'mqtt';
import type { MqttConfig } from '../../config/schema.ts';
import type { ConnectionStep } from '../../model/connection-test.ts';
import { stepTaken } from '../../model/connection-test.ts';
import { type Told, tell } from '../../model/said.ts';
import type { Clock, World } from '../../model/world.ts';
import { readFiles } from './certificate-files.ts';
import {
  failedToConnect,
  hungUp,
  notSubscribed,
  refusedTopics,
  refusesVersion,
  SHORTEST_SESSION_S,
  shortfallOf,
  subscriptionRefused,
} from './refusals.ts';

const STEP_MS = 5_000;
const GOODBYE_MS = 1_000;
/** Where the broker does not speak the first, or does not answer it. */
const VERSIONS = { auto: [5, 4], '5': [5], '3.1.1': [4] } as const;

interface LetIn {
  readonly version: 4 | 5;
  readonly client: MqttClient;
  readonly sessionExpiryS: number | undefined;
}
/** Why not; `isTriedOn`: another version might do. */
interface TurnedAway {
  readonly why: Told;
  readonly isTriedOn: boolean;
}
type Connect = (changes: IClientOptions, onOpen: () => void) => MqttClient;

export async function brokerLoginSteps(
  config: MqttConfig,
  topics: readonly string[],
  world: World,
): Promise<readonly ConnectionStep[]> {
  const { connectTo } = await import('./library.ts');
  const files = await readFiles(config, world);
  if ('unreadable' in files) return [stepTaken('login', false, files.unreadable)];
  const { username, password, url = '' } = config;
  const options: IClientOptions = {
    ...files,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    clientId: `wse-test-${world.random().toString(36).slice(2, 10)}`,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: STEP_MS,
  };
  const connect: Connect = (changes, onOpen) => connectTo(url, { ...options, ...changes }, { onOpen });
  const entered = await enter(url, VERSIONS[config.protocol], connect, world.clock);
  if ('why' in entered) return [stepTaken('login', false, entered.why)];
  const values = { user: username ?? '', version: entered.version === 5 ? '5' : '3.1.1' };
  const letInAs = tell(username === undefined ? 'step.letInNobody' : 'step.brokerLetIn', values);
  return [stepTaken('login', true, letInAs), await readStep(entered, url, topics, world)];
}

async function enter(
  url: string,
  versions: readonly (4 | 5)[],
  connect: Connect,
  clock: Clock,
): Promise<LetIn | TurnedAway> {
  let last: TurnedAway = { why: hungUp(url, false), isTriedOn: true };
  for (const version of versions) {
    const entered = await knock(url, version, connect, clock);
    if ('client' in entered || !entered.isTriedOn) return entered;
    last = entered;
  }
  return last;
}

/** Asks for a session as the box does, but for one that is not worth keeping: whether the broker keeps any is in its answer. */
function knock(url: string, version: 4 | 5, connect: Connect, clock: Clock): Promise<LetIn | TurnedAway> {
  const session = version === 5 ? { properties: { sessionExpiryInterval: SHORTEST_SESSION_S } } : {};
  let isOpen = false;
  const client = connect({ protocolVersion: version, ...session }, () => {
    isOpen = true;
  });
  return new Promise((resolve) => {
    const turnedAway = (why: Told, isTriedOn: boolean): void => {
      leave(client, clock);
      resolve({ why, isTriedOn });
    };
    client.once('connect', ({ properties }) =>
      resolve({ version, client, sessionExpiryS: properties?.sessionExpiryInterval }),
    );
    client.once('error', (error: Error & { code?: unknown }) => {
      const isAnswered = typeof error.code === 'number';
      turnedAway(failedToConnect(url, error, isOpen), isAnswered ? refusesVersion(error.code) : isOpen);
    });
    client.once('close', () => turnedAway(hungUp(url, false), true));
  });
}

async function readStep(
  { client, sessionExpiryS }: LetIn,
  url: string,
  topics: readonly string[],
  { clock }: World,
): Promise<ConnectionStep> {
  const silence = Promise.withResolvers<Told>();
  const cancel = clock.after(STEP_MS, () => silence.resolve(notSubscribed(url)));
  const answer = client.subscribeAsync([...topics], { qos: 1 }).then(
    (granted) => shortfallOf({ sessionExpiryS, granted: granted.map(({ qos }) => qos) }),
    (error) => subscriptionRefused(refusedTopics(topics, error)),
  );
  const wrong = await Promise.race([answer, silence.promise]);
  cancel();
  leave(client, clock);
  return wrong ? stepTaken('read', false, wrong) : stepTaken('read', true, tell('step.maySubscribe'));
}

/** Takes the session along; a broker that hangs does not keep us. */
function leave(client: MqttClient, clock: Clock): void {
  client.removeAllListeners('error').on('error', () => {});
  if (!client.connected) return void client.end(true);
  const cancel = clock.after(GOODBYE_MS, () => client.stream.destroy());
  const { protocolVersion } = client.options;
  client.end(false, protocolVersion === 5 ? { properties: { sessionExpiryInterval: 0 } } : {}, cancel);
}
