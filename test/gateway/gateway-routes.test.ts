/** Where commands to a gateway go: not where anybody who may publish says that it is (S10). */
import { describe, expect, test } from 'vitest';
import { encodeConnState, encodeDownlinkTxAck, encodeGatewayStats } from '../../src/gateway/bridge/encode.ts';
import { createGatewayRegistry, type MessageMeta } from '../../src/gateway/registry.ts';
import { GATEWAY } from '../support/network-site.ts';
import { createNetworkStory, KEYS, ORDER } from '../support/network-story.ts';
import { createTestWorld } from '../support/world.ts';

const net = createNetworkStory();
const { newSite, joined, talk, steps } = net;

const OWN = `gateway/${GATEWAY}/command/down`;
const OWN_TIME = { nowMs: 0, trusted: true };
const STATS = {
  ...{ gatewayId: GATEWAY, configVersion: '', rxReceived: 1, rxOk: 1, txReceived: 0, txEmitted: 0 },
};

/** What anybody can publish about a gateway under any prefix. */
function claim(prefix: string): void {
  net.site.inbound(`${prefix}/gateway/${GATEWAY}/event/stats`, encodeGatewayStats(STATS, 'json'));
  const conn = { gatewayId: GATEWAY, online: true };
  net.site.inbound(`${prefix}/gateway/${GATEWAY}/state/conn`, encodeConnState(conn, 'json'));
}

describe('the way to a gateway', () => {
  test('S10: reports and bad frames by another prefix do not move it', async () => {
    newSite();
    const device = await joined();
    const old = device.uplink();
    await net.site.exchange(old);
    await net.site.pass(10_000);
    claim('evil');
    await net.site.exchange({ ...old, phyPayload: Uint8Array.of(0x40, 1, 2, 3) }, { prefix: 'evil' });
    await net.site.exchange(old, { prefix: 'evil' });
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    expect(await talk(device)).toMatchObject({ fPort: 10 });
    expect(new Set(net.site.sentTopics)).toEqual(new Set([OWN]));
  });

  test('S10: a copy of a good frame made under another prefix does not move it, the gateway itself does', async () => {
    newSite();
    const device = await joined();
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    const frame = device.uplink();
    net.site.hear(frame, { prefix: 'evil' });
    net.site.hear(frame);
    await net.site.pass(10_000);
    expect(net.site.sentTopics.at(-1)).toBe(OWN);
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await net.site.exchange(device.uplink(), { prefix: 'eu868' });
    expect(net.site.sentTopics.at(-1)).toBe(`eu868/${OWN}`);
  });

  test('S10: an answer by another way than the command went does not count', async () => {
    newSite();
    const device = await joined();
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    net.site.txStatus(null);
    const [down] = await net.site.exchange(device.uplink());
    const ack = { gatewayId: GATEWAY, downlinkId: down?.downlinkId ?? 0, items: ['OK' as const] };
    const answer = async (topic: string) => {
      net.site.inbound(topic, encodeDownlinkTxAck(ack, 'protobuf'));
      await net.site.pass(100);
    };
    await answer(`evil/gateway/${GATEWAY}/event/ack`);
    expect(steps()).toEqual(['queued', 'sent']);
    await answer(`gateway/${GATEWAY}/event/ack`);
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack']);
  });

  test('S10: with mqtt.topic_prefixes nothing else is taken', async () => {
    newSite({ topicPrefixes: ['eu868'] });
    claim('evil');
    expect(net.site.gateway().gateways()).toEqual([]);
    expect(net.site.refused()).toMatchObject({ foreign_prefix: 2 });
    claim('eu868');
    expect(net.site.gateway().gateways()).toHaveLength(1);
    await joined();
    expect(net.site.sentTopics).toEqual([OWN]);
  });

  test('S10: before the first good frame there is one only while nobody disputes it', () => {
    const registry = createGatewayRegistry(createTestWorld().clock, () => {});
    const by = (prefix: string): MessageMeta => ({ qos: 1, marshaler: 'json', prefix });
    registry.stats(STATS, by('eu868'), OWN_TIME);
    registry.stats(STATS, { ...by('eu868'), marshaler: 'protobuf' }, OWN_TIME);
    expect(registry.route(GATEWAY)).toEqual({ prefix: 'eu868', marshaler: 'protobuf' });
    registry.stats(STATS, by('evil'), OWN_TIME);
    registry.stats(STATS, by('evil'), OWN_TIME);
    expect(registry.route(GATEWAY)).toBeUndefined();
    // Whoever makes a copy has to hear the frame first.
    const copy = { prefix: 'evil', marshaler: 'protobuf' } as const;
    registry.proven(GATEWAY, [{ prefix: 'eu868', marshaler: 'protobuf' }, copy]);
    registry.stats(STATS, by('evil'), OWN_TIME);
    expect(registry.route(GATEWAY)).toEqual({ prefix: 'eu868', marshaler: 'protobuf' });
  });
});
