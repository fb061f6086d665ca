/** Messages are taken before the library, in order, at any cut; acknowledged by hand; and wait where they have to. */
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { generate, type IPublishPacket } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import {
  createMessageIntake,
  MAX_UNACKNOWLEDGED,
  type MessageIntake,
  type Received,
} from '../../../src/gateway/mqtt/message-intake.ts';

const CONNACK = Buffer.of(0x20, 2, 0, 0);
const PINGRESP = Buffer.of(0xd0, 0);
const FAULT = { reason: 'malformed' };

function publish(packet: Partial<IPublishPacket>, version: 4 | 5): Buffer {
  const { topic = 'a', payload = 'x', qos = 1, messageId = 1, ...rest } = packet;
  const id = qos === 0 ? {} : { messageId };
  return generate(
    { cmd: 'publish', topic, payload, qos, dup: false, retain: false, ...id, ...rest },
    { protocolVersion: version },
  );
}

function openIntake(version: 4 | 5) {
  const received: Received[] = [];
  const intake = createMessageIntake((message) => received.push(message), version);
  const stream = new PassThrough();
  intake.take(CONNACK);
  intake.open(stream);
  return { intake, received, stream };
}

/** What is left for the library of `packets`. */
function others(intake: MessageIntake, packets: Buffer): Buffer {
  return Buffer.concat(intake.take(packets).others);
}

describe('message intake', () => {
  test('finds in a message what the library of the other side put there', () => {
    const message = fc.record({
      topic: fc.string({ unit: fc.constantFrom('a', '/', 'é', '€', '😀'), minLength: 1, maxLength: 40 }),
      payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      qos: fc.constantFrom<(0 | 1)[]>(0, 1),
      retain: fc.boolean(),
      dup: fc.boolean(),
      messageId: fc.integer({ min: 1, max: 0xffff }),
      contentType: fc.string({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 6 }),
        fc.constantFrom<(4 | 5)[]>(4, 5),
        (sent, version) => {
          const { intake, received } = openIntake(version);
          const packets = sent.map(({ contentType, ...packet }) =>
            publish(
              {
                ...packet,
                dup: packet.qos > 0 && packet.dup,
                ...(version === 5 ? { properties: { contentType } } : {}),
              },
              version,
            ),
          );
          expect(others(intake, Buffer.concat([...packets, PINGRESP]))).toEqual(PINGRESP);
          expect(
            received.map(({ ack: _, payload, ...rest }) => ({ ...rest, payload: Buffer.from(payload) })),
          ).toEqual(
            sent.map(({ topic, payload, qos, retain, dup }) => ({
              ...{ topic, payload, qos, retained: retain },
              dup: qos > 0 && dup,
            })),
          );
        },
      ),
    );
  });

  test('bytes of any kind are a message, a packet for the library, or a fault; never an exception', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }), (flags, body) => {
        const { intake, received } = openIntake(5);
        const packet = Buffer.concat([Buffer.of(flags, body.length), body]);
        const { others: left, fault } = intake.take(packet);
        expect([left.length, received.length, fault ? 1 : 0].toSorted()).toEqual([0, 0, 1]);
      }),
    );
  });

  test.each([
    ['a topic longer than the packet', Buffer.of(0x32, 4, 0, 9, 0, 1)],
    ['no topic', Buffer.of(0x32, 5, 0, 0, 0, 1, 0)],
    ['no packet identifier', Buffer.of(0x32, 3, 0, 1, 0x61)],
    ['the packet identifier 0', Buffer.of(0x32, 6, 0, 1, 0x61, 0, 0, 0)],
    ['properties longer than the packet', Buffer.of(0x32, 6, 0, 1, 0x61, 0, 1, 9)],
    ['no length of the topic', Buffer.of(0x30, 1, 0)],
  ])('%s is a fault', (_, packet) => {
    const { intake, received } = openIntake(5);
    expect(intake.take(packet)).toMatchObject({ fault: FAULT });
    expect(received).toEqual([]);
  });

  test('a message of QoS 2 is the library’s', () => {
    const { intake, received } = openIntake(4);
    const packet = publish({ qos: 2 }, 4);
    expect(others(intake, packet)).toEqual(packet);
    expect(received).toEqual([]);
  });

  test('what comes with the CONNACK waits until the library is connected', () => {
    const received: Received[] = [];
    const intake = createMessageIntake((message) => received.push(message), 4);
    const message = publish({}, 4);
    const { others: first, later } = intake.take(Buffer.concat([CONNACK, message]));
    expect([Buffer.concat(first), later, received]).toEqual([CONNACK, message, []]);
    expect(intake.isFull()).toBe(true);
    let room = 0;
    intake.whenRoom(() => {
      room += 1;
    });
    expect(room).toBe(0);
    intake.open(new PassThrough());
    expect([room, intake.isFull()]).toEqual([1, false]);
    intake.take(later ?? CONNACK);
    expect(received).toHaveLength(1);
  });

  test('acknowledgements of one turn are one write, each message once, none at QoS 0', async () => {
    const { intake, received, stream } = openIntake(4);
    const ids = [7, 0x1234];
    for (const messageId of ids) intake.take(publish({ messageId }, 4));
    intake.take(publish({ qos: 0 }, 4));
    for (const { ack } of received) {
      ack();
      ack();
    }
    await Promise.resolve();
    expect(stream.read()).toEqual(Buffer.of(0x40, 2, 0, 7, 0x40, 2, 0x12, 0x34));
    expect(stream.read()).toBeNull();
  });

  test('nothing is acknowledged on a connection that has ended', async () => {
    const { intake, received, stream } = openIntake(4);
    intake.take(publish({}, 4));
    stream.destroy();
    received[0]?.ack();
    await Promise.resolve();
    expect(stream.read()).toBeNull();
  });

  test('no more is taken than may wait; the rest once there is room', () => {
    const { intake, received } = openIntake(4);
    const packets = Array.from({ length: MAX_UNACKNOWLEDGED + 2 }, (_, index) =>
      publish({ messageId: index + 1 }, 4),
    );
    const { later } = intake.take(Buffer.concat(packets));
    expect([received.length, later]).toEqual([MAX_UNACKNOWLEDGED, Buffer.concat(packets.slice(-2))]);
    let room = false;
    intake.whenRoom(() => {
      room = true;
    });
    expect(room).toBe(false);
    received[0]?.ack();
    expect(room).toBe(true);
  });
});
