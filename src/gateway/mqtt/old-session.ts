/**
 * Empties the sessions that a broker keeps under earlier client ids of ours, and ends them: the default id holds the site's,
 * and a session nobody comes back to gathers messages for ever.
 *
 * Invariants: called once the new session is subscribed, so that nothing falls between the two; what both bring is told
 * apart further on, by frame counters; the old session is ended only when all it held is stored and acknowledged, and never
 * when another box comes back for it: then it is that box's.
 */
import type { IClientOptions, MqttClient } from 'mqtt';
import { errorText } from '../../model/error-text.ts';
import type { World } from '../../model/world.ts';
import type { Receive } from './message-intake.ts';
import type { InboundHandler } from './transport.ts';

export interface OldSessionsOptions {
  /** Oldest first. */
  readonly clientIds: readonly string[];
  /** Connects with these on top of the usual options. */
  readonly connect: (changes: IClientOptions, receive: Receive) => MqttClient;
  readonly version: 4 | 5;
  readonly subscriptions: readonly string[];
  readonly handle: InboundHandler;
  /** The session is no more. May throw what the disk says. */
  readonly forget: (clientId: string) => void;
  /** Ends it all. */
  readonly signal: AbortSignal;
  readonly world: World;
}

type OldSessionEnd =
  | { readonly kind: 'emptied'; readonly messages: number }
  | { readonly kind: 'none' }
  /** As it was, or as much as was left of it. */
  | { readonly kind: 'kept'; readonly reason: string };

/** A box that still uses the id is back within a second. */
const RIVAL_MS = 3_000;
/** So long without a message, and everything acknowledged: there is no more. */
const QUIET_MS = 2_000;
const LOOK_MS = 250;

/** See the head of the file. Says in the log what became of each. Never rejects. */
export async function emptyOldSessions(options: OldSessionsOptions): Promise<void> {
  const { clientIds, forget, signal, world } = options;
  for (const clientId of clientIds) {
    const end = await emptyOldSession(clientId, options);
    if (signal.aborted) return;
    if (end.kind === 'kept') {
      world.logger.warn('mqtt.old_session_kept', {
        client_id: clientId,
        reason: end.reason,
        hint: 'unless another box has it, the broker goes on gathering messages under this client id: end that session there; it is tried again at the next start',
      });
      continue;
    }
    if (end.kind === 'emptied') {
      world.logger.info('mqtt.old_session_emptied', { client_id: clientId, messages: end.messages });
    }
    try {
      forget(clientId);
    } catch (error) {
      world.logger.warn('mqtt.session_not_noted', { error: errorText(error) });
    }
  }
}

async function emptyOldSession(clientId: string, options: OldSessionsOptions): Promise<OldSessionEnd> {
  const { version, subscriptions, connect, signal, world } = options;
  const connections: MqttClient[] = [];
  const taken = takeMessages(options);
  const open = (changes: IClientOptions): MqttClient => {
    const client = connect({ clientId, clean: false, ...changes }, taken.receive);
    connections.push(client);
    return client;
  };
  const close = (): void => {
    for (const client of connections) {
      client.removeAllListeners('error');
      client.on('error', () => {});
      client.end(true);
      client.stream.destroy();
    }
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    const client = open({});
    const { sessionPresent } = await letIn(client, signal);
    if (!sessionPresent) {
      await endSession(client, version);
      return { kind: 'none' };
    }
    const until = waiter(client, signal, world);
    await until((passedMs) => passedMs >= RIVAL_MS);
    await client.unsubscribeAsync([...subscriptions]);
    await until((passedMs) => Math.min(passedMs, taken.quietMs()) >= QUIET_MS && taken.open() === 0);
    await endSession(client, version);
    if (version === 4) {
      const last = open({ clean: true });
      await letIn(last, signal);
      await last.endAsync();
    }
    return { kind: 'emptied', messages: taken.count() };
  } catch (error) {
    return { kind: 'kept', reason: errorText(error) };
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** MQTT 5 ends the session with the connection; MQTT 3.1.1 needs a clean one for that. */
async function endSession(client: MqttClient, version: 4 | 5): Promise<void> {
  await client.endAsync(false, version === 5 ? { properties: { sessionExpiryInterval: 0 } } : {});
}

function takeMessages({ handle, world: { clock } }: OldSessionsOptions) {
  let count = 0;
  let open = 0;
  let lastMs = clock.monotonicMs();
  const receive: Receive = ({ dup: _dup, ack, ...message }) => {
    count += 1;
    open += 1;
    lastMs = clock.monotonicMs();
    let isOpen = true;
    handle({
      ...message,
      maybeStale: true,
      ack() {
        ack();
        if (isOpen) open -= 1;
        isOpen = false;
      },
    });
  };
  return { receive, count: () => count, open: () => open, quietMs: () => clock.monotonicMs() - lastMs };
}

function letIn(client: MqttClient, signal: AbortSignal): Promise<{ readonly sessionPresent: boolean }> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
    client.once('close', () => reject(new Error('the broker closed the connection')));
    signal.addEventListener('abort', () => reject(new Error('we are stopping')), { once: true });
    if (signal.aborted) reject(new Error('we are stopping'));
  });
}

/** Waits until `isOver` of the time passed; rejects when the connection ends first. */
function waiter(client: MqttClient, signal: AbortSignal, { clock }: World) {
  return (isOver: (passedMs: number) => boolean): Promise<void> => {
    const sinceMs = clock.monotonicMs();
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (signal.aborted) reject(new Error('we are stopping'));
        else if (!client.connected) reject(new Error('another box uses it, or the broker went away'));
        else if (isOver(clock.monotonicMs() - sinceMs)) resolve();
        else clock.after(LOOK_MS, look);
      };
      look();
    });
  };
}
