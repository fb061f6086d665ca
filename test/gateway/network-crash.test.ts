/** The network server through crashes: counters and nonces are never used twice, nothing is recorded twice. */
import { describe, expect, test } from 'vitest';
import { createNetworkStory, KEYS, ORDER, payloadOf } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, otaaDevice, joined, talk } = net;

describe('crashes', () => {
  test('at any step of a join and a confirmed downlink, no counter is used twice and nothing is recorded twice', async () => {
    for (let crashAt = 0; crashAt < 12; crashAt++) {
      newSite();
      const device = otaaDevice();
      let step = 0;
      const maybe = () => step++ === crashAt;
      const counters: number[] = [];
      const nonces = new Set<number>();
      // A crash in front of a commit loses the change, one behind it loses the frame.
      net.site.beforeCommit(() => {
        if (maybe()) throw new Error('power cut');
      });
      net.site.beforePublish(() => !maybe());
      const reboot = async () => {
        if (step > crashAt) await net.site.crash();
      };
      for (let tries = 0; tries < 3; tries++) {
        const [accept] = await net.site.exchange(device.joinRequest());
        await reboot();
        await net.site.pass(8_000);
        if (accept && device.acceptJoin(payloadOf(accept))) break;
      }
      await net.site
        .gateway()
        .downlinks.enqueue(KEYS.devEui, { ...ORDER, confirmed: true, retries: 5 })
        .catch(() => {});
      for (let n = 0; n < 5; n++) {
        const frame = device.uplink();
        for (let again = 0; again < 2; again++) {
          for (const down of await net.site.exchange(frame)) {
            const received = device.receive(payloadOf(down));
            expect(received, `crash at ${crashAt}: an old counter`).toBeDefined();
            if (received) counters.push(received.fCnt);
          }
          if (again === 0) await reboot();
        }
        await net.site.pass(10_000);
      }
      expect(new Set(counters).size).toBe(counters.length);
      for (const { parsed } of net.site.records('join')) {
        expect(nonces.has(Number(parsed.joinNonce))).toBe(false);
        nonces.add(Number(parsed.joinNonce));
      }
      const uplinks = net.site.records('uplink').map(({ parsed }) => `${parsed.devAddr} ${parsed.fCnt}`);
      expect(new Set(uplinks).size).toBe(uplinks.length);
      expect(net.site.gateway().downlinks.list(KEYS.devEui)).toEqual([]);
      if (crashAt < 11) await net.site.close();
    }
  }, 120_000);

  test('a store that was repaired leaps over counters it may have forgotten', async () => {
    newSite();
    const device = await joined();
    await talk(device, { confirmed: true });
    net.site.store().setEpoch(2);
    await net.site.crash();
    const received = await talk(device, { confirmed: true });
    expect(received?.fCnt).toBeGreaterThan(4_000);
    expect(received?.fCnt).toBeLessThan(16_384);
  });
});
