/** A gateway with two concentrators hears a frame twice, each at its own strength and by its own counter. */
import { describe, expect, test } from 'vitest';
import { OTHER_GATEWAY } from '../support/network-site.ts';
import { createNetworkStory } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, abpDevice } = net;
const NEAR = { board: 0, snr: 9, rssi: -60 };
const FAR = { board: 1, snr: -12, rssi: -120 };

function receptions(): unknown {
  return net.site.records('uplink').map(({ parsed }) => parsed.rx);
}

describe('a frame that two boards of one gateway hear', () => {
  test.each([
    ['the better one first', [NEAR, FAR]],
    ['the better one last', [FAR, NEAR]],
  ])('A11: %s: is one reception, the better', async (_, hearings) => {
    newSite();
    const frame = abpDevice().uplink();
    for (const hearing of hearings) net.site.hear(frame, hearing);
    await net.site.pass(1_000);
    expect(receptions()).toEqual([[expect.objectContaining({ rssi: -60, snr: 9 })]]);
  });

  test('is answered through the better one, and another gateway counts beside', async () => {
    newSite();
    const frame = abpDevice().uplink({ confirmed: true });
    for (const hearing of [NEAR, FAR]) net.site.hear(frame, hearing);
    net.site.hear(frame, { gatewayId: OTHER_GATEWAY, snr: -3 });
    await net.site.pass(1_000);
    expect(receptions()).toEqual([
      [expect.objectContaining({ snr: 9 }), expect.objectContaining({ gw: OTHER_GATEWAY, snr: -3 })],
    ]);
    expect(net.site.sent.flatMap(({ items }) => items.map(({ board }) => board))).toEqual([0, 0]);
  });

  test('sent again meanwhile, its windows count from the last sending, whoever heard it better', async () => {
    newSite({ gateway: { dedupWindowMs: 3_000 } });
    const device = abpDevice();
    await net.site.exchange(device.uplink(), NEAR);
    await net.site.pass(5_000);
    await net.site.exchange(device.uplink(), FAR);
    await net.site.pass(5_000);
    const frame = device.uplink({ confirmed: true });
    net.site.hear(frame, NEAR);
    await net.site.pass(2_500);
    net.site.hear(frame, FAR);
    await net.site.pass(3_000);
    expect(net.site.sent.flatMap(({ items }) => items.map(({ board }) => board))).toContain(1);
  });
});
