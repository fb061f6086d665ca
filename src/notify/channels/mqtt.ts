/** A message on a topic of the broker the gateways publish to, at QoS 1. */
import type { NotifyConfig } from '../../config/schema.ts';
import { ToldError, tell, toldOf } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import { answered, type ChannelSender } from './channel.ts';
import { messageJson } from './webhook-bodies.ts';

export type PublishMqtt = (topic: string, payload: Uint8Array) => Promise<void>;

export function createMqttSender(
  { mqttTopic: prefix, timeoutMs }: Pick<NotifyConfig, 'mqttTopic' | 'timeoutMs'>,
  publish: PublishMqtt,
  { clock }: Pick<World, 'clock'>,
): ChannelSender {
  return {
    async send(message, signal) {
      const { address } = message;
      if (address.channel !== 'mqtt') return { kind: 'refused', answer: 'not a topic' };
      const topic = `${prefix.replace(/\/+$/, '')}/${address.topic}`;
      // A broker that never acknowledges must not hold up the next message, nor a stop.
      const { promise: over, reject } = Promise.withResolvers<never>();
      const late = tell('notify.noAnswer', { seconds: timeoutMs / 1_000 });
      const cancel = clock.after(timeoutMs, () => reject(new ToldError(late)));
      const stop = (): void => reject(new ToldError(tell('notify.stopped')));
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        await Promise.race([publish(topic, Buffer.from(JSON.stringify(messageJson(message)))), over]);
        return { kind: 'sent', ...answered(tell('notify.taken', { topic })) };
      } catch (error) {
        const todo = 'notify.broker.todo';
        return { kind: 'retry', ...answered(toldOf(error)), isOfChannel: true, maybeArrived: true, todo };
      } finally {
        cancel();
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
