/** Ways out whose other end does what it should not, and what is cut to fit. */
import { describe, expect, test } from 'vitest';
import type { DownlinkRefusal, QueuedDownlink } from '../../src/model/downlink.ts';
import { ToldError, tell } from '../../src/model/said.ts';
import { briefly, type Outgoing } from '../../src/notify/channels/channel.ts';
import { createDownlinkSender } from '../../src/notify/channels/downlink.ts';
import { createMqttSender } from '../../src/notify/channels/mqtt.ts';
import { webhookBody } from '../../src/notify/channels/webhook-bodies.ts';
import { germanSaid, leftInEnglish } from '../support/german.ts';
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
    const outcome = await sent;
    expect(outcome).toMatchObject({ kind: 'retry', maybeArrived: true, answer: 'no answer in 15 s' });
    expect(await germanSaid(outcome.said ?? [])).toBe('keine Antwort in 15 s');
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
    const outcome = await sender.send(message(), new AbortController().signal);
    expect(outcome).toMatchObject({ kind: 'sent', answer: 'taken by the broker: edge/alarms/ada' });
    expect(await germanSaid(outcome.said ?? [])).toBe('vom Broker angenommen: edge/alarms/ada');
  });

  test('that refuses us in words of ours is told in every language, in its own as they came', async () => {
    const wrong = async (error: Error) => {
      const { sender } = broker(() => Promise.reject(error));
      return sender.send(message(), new AbortController().signal);
    };
    const ours = await wrong(new ToldError(tell('downlink.noConnection')));
    expect(ours).toMatchObject({ kind: 'retry', answer: 'no connection to the broker' });
    expect(await germanSaid(ours.said ?? [])).toBe('keine Verbindung zum Broker');
    expect(await wrong(new Error('Not authorized'))).not.toHaveProperty('said');
  });
});

test('what became of a relay is told in every language: queued, waiting, refused, or without bytes', async () => {
  const relay = (signal: object) => ({
    ...message(),
    address: { channel: 'downlink', device: 'd', fPort: 1, on: signal } as const,
  });
  const { signal } = new AbortController();
  const queued: QueuedDownlink = {
    ...{ id: 'ab', devEui: 'd', fPort: 1, data: '01', confirmed: true, retries: 3 },
    ...{ queuedMs: 0, tries: 0, state: 'waiting' },
  };
  const say = (answer: QueuedDownlink | DownlinkRefusal, waiting: readonly QueuedDownlink[] = []) =>
    createDownlinkSender(
      {
        downlinks: { enqueue: async () => answer, list: () => waiting },
        encode: async () => tell('codec.noBytes'),
      },
      () => 0,
    );
  const full: DownlinkRefusal = { refused: 'queue-full', ...tell('downlink.queueFull') };
  const outcomes = await Promise.all([
    say(queued).send(relay({ data: '01' }), signal),
    say(queued, [queued]).send(relay({ data: '01' }), signal),
    say(full).send(relay({ data: '01' }), signal),
    say(queued).send(relay({ object: {} }), signal),
    say(queued).send({ ...relay({}), content: { kind: 'off', news, active: 0 } }, signal),
  ]);
  expect(outcomes.map(({ kind, answer }) => `${kind}: ${answer}`)).toEqual([
    'sent: queued for the device: ab',
    'sent: waits for the device already: ab',
    'retry: The queue of this device is full: wait, or cancel what waits.',
    'refused: the codec returned no list of bytes',
    'sent: nothing is sent for the end',
  ]);
  expect(await leftInEnglish(outcomes)).toEqual([]);
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
