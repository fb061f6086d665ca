/** A message on a topic of the broker the gateways publish to, at QoS 1. */
import { errorText } from '../../model/error-text.ts';
import { briefly, type ChannelSender } from './channel.ts';
import { messageJson } from './webhook-bodies.ts';

export type PublishMqtt = (topic: string, payload: Uint8Array) => Promise<void>;

export function createMqttSender(prefix: string, publish: PublishMqtt): ChannelSender {
  return {
    async send(message) {
      const { address } = message;
      if (address.channel !== 'mqtt') return { kind: 'refused', answer: 'not a topic' };
      const topic = `${prefix.replace(/\/+$/, '')}/${address.topic}`;
      try {
        await publish(topic, Buffer.from(JSON.stringify(messageJson(message))));
        return { kind: 'sent', answer: `taken by the broker: ${topic}` };
      } catch (error) {
        const todo = 'notify.broker.todo';
        const answer = briefly(errorText(error));
        return { kind: 'retry', answer, isOfChannel: true, maybeArrived: true, todo };
      }
    },
  };
}
