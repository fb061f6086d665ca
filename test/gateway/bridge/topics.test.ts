/** Topics of both kinds, with and without a prefix, and whatever else a broker may carry. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commandTopic,
  eventTopic,
  type GatewayEventName,
  isUnused,
  parseTopic,
  subscriptionsFor,
} from '../../../src/gateway/bridge/topics.ts';

const GATEWAY = '0016c001f153a14c';
const EVENTS: readonly GatewayEventName[] = [
  'up',
  'stats',
  'ack',
  'exec',
  'raw',
  'mesh',
  'mesh-heartbeat',
  'conn',
];

/** MQTT's `+` matches one segment. */
function matches(filter: string, topic: string): boolean {
  const [wanted, given] = [filter.split('/'), topic.split('/')];
  return wanted.length === given.length && wanted.every((part, i) => part === '+' || part === given[i]);
}

describe('parseTopic', () => {
  test.each([
    ['gateway/0016c001f153a14c/event/up', '', 'up'],
    ['gateway/0016C001F153A14C/event/stats', '', 'stats'],
    ['eu868/gateway/0016c001f153a14c/event/ack', 'eu868', 'ack'],
    ['us915_1/gateway/0016c001f153a14c/state/conn', 'us915_1', 'conn'],
    ['acme/site 7/eu868/gateway/0016c001f153a14c/event/up', 'acme/site 7/eu868', 'up'],
    ['1/2/3/4/5/6/7/8/gateway/0016c001f153a14c/event/up', '1/2/3/4/5/6/7/8', 'up'],
  ])('reads %s', (topic, prefix, event) => {
    expect(parseTopic(topic)).toEqual({ kind: 'gateway', prefix, gatewayId: GATEWAY, event });
  });

  test.each(['mesh', 'mesh-heartbeat'])('A31: knows event/%s, and that nobody here needs it', (event) => {
    const topic = parseTopic(`gateway/${GATEWAY}/event/${event}`);
    expect(topic?.kind === 'gateway' && isUnused(topic.event)).toBe(true);
  });

  test('reads an application event of any type', () => {
    expect(parseTopic('application/17c82e96-be03/device/0101010101010ABC/event/status')).toEqual({
      kind: 'application',
      applicationId: '17c82e96-be03',
      devEui: '0101010101010abc',
      event: 'status',
    });
  });

  test.each([
    '',
    'gateway',
    'gateway/0016c001f153a14c/event',
    'gateway/0016c001f153a14c/event/up/more',
    'gateway/0016c001f153a14c/event/conn',
    'gateway/0016c001f153a14c/state/up',
    'gateway/0016c001f153a14c/command/down',
    'gateway/0016c001f153a14/event/up',
    'gateway/0016c001f153a14g/event/up',
    '1/2/3/4/5/6/7/8/9/gateway/0016c001f153a14c/event/up',
    'application/1/device/0101/event/up',
    'application/1/device/0101010101010101/command/down',
    '$SYS/broker/uptime',
  ])('knows nothing of "%s"', (topic) => {
    expect(parseTopic(topic)).toBeUndefined();
  });

  test('reads back every topic it builds, and each is subscribed to once', () => {
    const prefixes = ['', 'eu868', 'in865', 'gateway', 'acme/eu868', 'gateway/gateway', 'a/b/c'];
    const prefix = fc.constantFrom(...prefixes);
    const subscriptions = subscriptionsFor(prefixes.slice(1));
    fc.assert(
      fc.property(prefix, fc.constantFrom(...EVENTS), (before, event) => {
        const topic = eventTopic(before, GATEWAY, event);
        expect(parseTopic(topic)).toEqual({ kind: 'gateway', prefix: before, gatewayId: GATEWAY, event });
        expect(subscriptions.filter((filter) => matches(filter, topic))).toHaveLength(1);
      }),
    );
  });

  test('takes any text whatever', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 700 }), (topic) => {
        expect(parseTopic(topic)).toBeUndefined();
      }),
    );
  });
});

test('a prefix of one segment needs no filter of its own, which would bring its messages twice', () => {
  expect(subscriptionsFor(['eu868', 'us915'])).toEqual(subscriptionsFor([]));
});

describe('commandTopic', () => {
  test('keeps the prefix of the gateway', () => {
    expect(commandTopic('', GATEWAY, 'down')).toBe('gateway/0016c001f153a14c/command/down');
    expect(commandTopic('eu868', GATEWAY, 'down')).toBe('eu868/gateway/0016c001f153a14c/command/down');
  });
});
