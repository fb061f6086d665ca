/** A message on a topic of the broker the gateways publish to, at QoS 1. */
import type { NotifyConfig } from '../../config/schema.ts';
import { errorText } from '../../model/error-text.ts';
import type { World } from '../../model/world.ts';
import { briefly, type ChannelSender } from './channel.ts';
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
      const cancel = clock.after(timeoutMs, () => reject(new Error(`no answer in ${timeoutMs / 1_000} s`)));
      const stop = (): void => reject(new Error('stopped'));
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        await Promise.race([publish(topic, Buffer.from(JSON.stringify(messageJson(message)))), over]);
        return { kind: 'sent', answer: `taken by the broker: ${topic}` };
      } catch (error) {
        const todo = 'notify.broker.todo';
        const answer = briefly(errorText(error));
        return { kind: 'retry', answer, isOfChannel: true, maybeArrived: true, todo };
      } finally {
        cancel();
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
