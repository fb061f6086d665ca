/** Ways out whose other end does what it should not, and what is cut to fit. */
import { describe, expect, test } from 'vitest';
import { briefly, type Outgoing } from '../../src/notify/channels/channel.ts';
import { createMqttSender } from '../../src/notify/channels/mqtt.ts';
import { webhookBody } from '../../src/notify/channels/webhook-bodies.ts';
import { createTestWorld } from '../support/world.ts';

const news = {
  ...{ raised: 1, cleared: 0, over: 0, byPriority: {}, items: [] },
  ...{ firstMs: 0, lastMs: 0, firstSeq: 1, lastSeq: 1 },
};

function message(more: Partial<Outgoing> = {}): Outgoing {
  return {
    ...{
      messageId: 'm',
      madeMs: 0,
      subject: 'Hot',
      text: 'Hot',
      personName: 'Ada',
      site: 's',
      page: undefined,
    },
    ...{ content: { kind: 'news', news, active: 1 }, address: { channel: 'mqtt', topic: 'ada' }, ...more },
  };
}

describe('a broker', () => {
  function broker(answer: () => Promise<void>) {
    const world = createTestWorld();
    const topics: string[] = [];
    const publish = (topic: string): Promise<void> => {
      topics.push(topic);
      return answer();
    };
    const sender = createMqttSender({ mqttTopic: 'edge/alarms/', timeoutMs: 15_000 }, publish, world);
    return { world, sender, topics };
  }
  const never = (): Promise<void> => new Promise(() => {});

  test('that never acknowledges is given up, and the message goes again', async () => {
    const { world, sender, topics } = broker(never);
    const sent = sender.send(message(), new AbortController().signal);
    world.advance(15_000);
    expect(await sent).toMatchObject({ kind: 'retry', maybeArrived: true, answer: 'no answer in 15 s' });
    expect(topics).toEqual(['edge/alarms/ada']);
  });

  test('that never acknowledges holds up no stop', async () => {
    const { sender } = broker(never);
    const stop = new AbortController();
    const sent = sender.send(message(), stop.signal);
    stop.abort();
    expect(await sent).toMatchObject({ kind: 'retry' });
    expect(await sender.send(message(), stop.signal)).toMatchObject({ kind: 'retry' });
  });

  test('that acknowledges has it', async () => {
    const { sender } = broker(async () => {});
    expect(await sender.send(message(), new AbortController().signal)).toMatchObject({ kind: 'sent' });
  });
});

test.each(['slack', 'mattermost', 'telegram', 'teams'] as const)(
  'what is cut for %s never ends in half a character, which receivers refuse',
  (template) => {
    for (const before of ['', 'x']) {
      const text = `${before}${'🔥'.repeat(4_000)}`;
      const body: unknown = JSON.parse(webhookBody(template, message({ subject: text, text }), undefined));
      expect(texts(body).filter((one) => !one.isWellFormed())).toEqual([]);
      // The subject of a card is bounded where it is made.
      if (template !== 'teams') expect(texts(body).every(({ length }) => length <= 3_001)).toBe(true);
    }
  },
);

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

test("a server's words come as one line without anything a terminal obeys", () => {
  expect(briefly('550 \u001b[2Jno\u202e\r\nbody\u0007')).toBe('550 [2Jno body');
  expect(briefly('🔥'.repeat(400)).isWellFormed()).toBe(true);
});
