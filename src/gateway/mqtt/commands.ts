/**
 * Commands to an external broker over one connection: at the QoS and in the number at once that it takes (CONNACK of
 * MQTT 5, §3.2.2.3), and what became of each, for people.
 */
import type { MqttClient, Packet } from 'mqtt';
import { ToldError, tell } from '../../model/said.ts';
import { COMMANDS_REFUSED, commandRefused, refusesCommands } from './refusals.ts';

/** What the broker takes; undefined where it has not said. */
export interface CommandTerms {
  readonly receiveMaximum?: number | undefined;
  readonly maximumQoS?: number | undefined;
}

export interface Commands {
  /**
   * Resolves when the broker has taken it. Its errors say what became of it; one that may have reached the broker before
   * the connection ended gives none, since it must not be sent again.
   */
  send(topic: string, payload: Uint8Array): Promise<void>;
  /** The connection is over; what still waits was never sent. `areRefused`: it was ended over a command. */
  ended(areRefused: boolean): void;
}

/** Of a broker that names no limit (§3.2.2.3.3); of 3.1.1 as well, whose packet identifiers end there. */
const NO_LIMIT = 65_535;
/** PUBACK (§3.4.2.1): taken, and no subscription matches. A bridge that is away but keeps its session counts as one. */
const NO_SUBSCRIBERS = 16;

interface CommandsContext {
  readonly client: MqttClient;
  /** Hears of each answer whether our commands are refused. */
  readonly standing: { commandsRefused(areRefused: boolean): void };
  readonly qos: 0 | 1;
  /** How many more the broker takes now. */
  free: number;
  /** Those it has not answered. */
  readonly underWay: Set<(why: Error) => void>;
  /** By packet identifier, those it has acknowledged as being for nobody: the library says so only here. */
  readonly unheard: Set<number | undefined>;
  /** Those it would not take yet, in order. */
  readonly waiting: PromiseWithResolvers<void>[];
}

export function createCommands(
  client: MqttClient,
  standing: CommandsContext['standing'],
  { receiveMaximum = NO_LIMIT, maximumQoS = 1 }: CommandTerms = {},
): Commands {
  const context: CommandsContext = {
    client,
    standing,
    qos: maximumQoS === 0 ? 0 : 1,
    free: receiveMaximum,
    underWay: new Set(),
    unheard: new Set(),
    waiting: [],
  };
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'puback' && packet.reasonCode === NO_SUBSCRIBERS)
      context.unheard.add(packet.messageId);
  });
  return {
    send: (topic, payload) => send(context, topic, payload),
    ended(areRefused) {
      const neverSent = new ToldError(tell('downlink.noConnection'));
      for (const { reject } of context.waiting.splice(0)) reject(neverSent);
      if (areRefused) for (const refuse of context.underWay) refuse(new ToldError(COMMANDS_REFUSED));
      context.underWay.clear();
    },
  };
}

async function send(context: CommandsContext, topic: string, payload: Uint8Array): Promise<void> {
  if (context.free > 0) context.free -= 1;
  else await waitForTurn(context);
  const answer = await publish(context, topic, payload);
  if (context.unheard.delete(answer?.messageId)) throw new ToldError(tell('downlink.nobodyListens'));
}

async function publish(
  context: CommandsContext,
  topic: string,
  payload: Uint8Array,
): Promise<Packet | undefined> {
  const { client, qos, standing, underWay } = context;
  const { promise: refused, reject } = Promise.withResolvers<never>();
  underWay.add(reject);
  try {
    // The library would keep it for another connection.
    if (!client.connected || client.disconnecting) throw new ToldError(tell('downlink.noConnection'));
    const answer = await Promise.race([client.publishAsync(topic, Buffer.from(payload), { qos }), refused]);
    standing.commandsRefused(false);
    return answer;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'number') throw error;
    if (refusesCommands(code)) standing.commandsRefused(true);
    throw new ToldError(commandRefused(code));
  } finally {
    underWay.delete(reject);
    endTurn(context);
  }
}

/** A broker ends the connection over one more than it takes at once (§3.3.4). */
async function waitForTurn(context: CommandsContext): Promise<void> {
  const turn = Promise.withResolvers<void>();
  context.waiting.push(turn);
  await turn.promise;
}

function endTurn(context: CommandsContext): void {
  const next = context.waiting.shift();
  if (next) next.resolve();
  else context.free += 1;
}
