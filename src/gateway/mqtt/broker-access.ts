/**
 * What clients of the embedded broker may do. On the loopback interface everybody is let in; over the network only gateways
 * that have a user, and each speaks and hears for itself alone. Nobody but the box gives commands, and nothing is kept for
 * those who are away: a command for later is none.
 *
 * Invariant: what a client can make the broker hold is bounded in number and bytes.
 */
import { randomBytes } from 'node:crypto';
import type { AedesOptions } from 'aedes';

type PreConnect = NonNullable<AedesOptions['preConnect']>;
type Authenticate = NonNullable<AedesOptions['authenticate']>;
type AuthorizeSubscribe = NonNullable<AedesOptions['authorizeSubscribe']>;
type AuthorizePublish = NonNullable<AedesOptions['authorizePublish']>;
type BrokerClient = Parameters<Authenticate>[0];
type Publish = Parameters<AuthorizePublish>[1];

export interface BrokerAccessOptions {
  /** The network reaches the broker. */
  readonly isExposed: boolean;
  /** Whether this is a gateway's user and its password. */
  readonly isUser: (gatewayId: string, password: string) => boolean;
  readonly tell: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface BrokerAccess {
  readonly preConnect: PreConnect;
  readonly authenticate: Authenticate;
  readonly authorizeSubscribe: AuthorizeSubscribe;
  /** Why the client may not publish this; what may not be retained no longer is. */
  refusal(client: BrokerClient, packet: Publish): string | undefined;
  /** For our own parts, which may speak for all gateways. */
  readonly login: { readonly username: string; readonly password: string };
}

export const BROKER_LIMITS = {
  /** A bridge has one, or one a gateway. */
  subscriptions: 64,
  /** Topics with a retained message: a gateway has one. */
  retained: 1_000,
  retainedBytes: 4_096,
  /** Held until the client comes back for it. */
  qos2: 16,
  qos2Bytes: 16 * 1024,
} as const;

const OWN_NAME = 'webscada-edge';
const GATEWAY_TOPIC = /^(?:[^/+#]+\/){0,8}gateway\/([0-9a-f]{16})\/(event|state|command)\/([^/]+)$/i;
const COMMAND_TOPIC = /(?:^|\/)gateway\/[^/]+\/command\//;

export function createBrokerAccess({ isExposed, isUser, tell }: BrokerAccessOptions): BrokerAccess {
  /** By client: the gateway it is, or undefined for our own parts. */
  const gateways = new WeakMap<object, string | undefined>();
  const subscribed = new WeakMap<object, Set<string>>();
  const retained = new Set<string>();
  const login = { username: OWN_NAME, password: randomBytes(24).toString('base64url') };

  function mayUse(client: BrokerClient, topic: string, kinds: readonly string[]): boolean {
    if (!isExposed) return true;
    if (!gateways.has(client)) return false;
    const gateway = gateways.get(client);
    const [, id, kind = ''] = GATEWAY_TOPIC.exec(topic) ?? [];
    return (
      id !== undefined && kinds.includes(kind) && (gateway === undefined || id.toLowerCase() === gateway)
    );
  }

  /** Why this user is not let in. */
  function objection(username: string | undefined, secret: string): string | undefined {
    try {
      const isRight = username !== undefined && isUser(username.toLowerCase(), secret);
      return isRight ? undefined : 'wrong_password';
    } catch {
      return 'users_unreadable';
    }
  }

  function limitRetained(packet: Publish): void {
    if (!packet.retain) return;
    const { topic, payload } = packet;
    if (payload.length === 0) return void retained.delete(topic);
    const fits = retained.has(topic) || retained.size < BROKER_LIMITS.retained;
    if (fits && payload.length <= BROKER_LIMITS.retainedBytes) retained.add(topic);
    else packet.retain = false;
  }

  return {
    login,
    preConnect(_, packet, done) {
      packet.clean = true;
      // Nobody takes the connection of another user by its client id.
      if (isExposed) packet.clientId = `${packet.username ?? ''}/${packet.clientId}`;
      done(null, true);
    },
    authenticate(client, username, password, done) {
      if (!isExposed) return done(null, true);
      const secret = password?.toString() ?? '';
      const isOwn = username === login.username && secret === login.password;
      const reason = isOwn ? undefined : objection(username, secret);
      if (reason !== undefined) {
        tell('broker.client_refused', { reason, user: username?.slice(0, 64) });
        return done(Object.assign(new Error('bad user name or password'), { returnCode: 4 }), false);
      }
      gateways.set(client, isOwn ? undefined : username?.toLowerCase());
      done(null, true);
    },
    authorizeSubscribe(client, subscription, done) {
      const { topic } = subscription;
      const topics = subscribed.get(client) ?? new Set();
      subscribed.set(client, topics);
      const isFull = topics.size >= BROKER_LIMITS.subscriptions && !topics.has(topic);
      if (!isFull && mayUse(client, topic, ['command'])) {
        topics.add(topic);
        return done(null, subscription);
      }
      const reason = isFull ? 'too_many_subscriptions' : 'topic_not_allowed';
      tell('broker.client_refused', { reason, topic: topic.slice(0, 200) });
      done(null, null);
    },
    refusal(client, packet) {
      const { topic, qos, payload } = packet;
      if (topic.startsWith('$') || COMMAND_TOPIC.test(topic)) return 'topic_reserved';
      if (!mayUse(client, topic, ['event', 'state'])) return 'topic_not_allowed';
      if (qos === 2 && payload.length > BROKER_LIMITS.qos2Bytes) return 'too_large';
      limitRetained(packet);
      return undefined;
    },
  };
}
