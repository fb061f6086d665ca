/** What is queued for a device: when it goes on the air, how often it is tried, and its fate in the log. */
import { describe, expect, test } from 'vitest';
import { isSaid } from '../../src/model/said.ts';
import { germanSaid, leftInEnglish } from '../support/german.ts';
import { createNetworkStory, KEYS, ORDER, payloadOf } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, abpDevice, joined, talk, steps } = net;

describe('downlinks', () => {
  test('one waits for the next uplink of a class A device, and its fate is in the log', async () => {
    newSite();
    const device = await joined();
    const before = net.site.sent.length;
    const queued = await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    expect(queued).toMatchObject({ state: 'waiting', tries: 0 });
    expect(net.site.sent.length).toBe(before);
    const received = await talk(device);
    expect(received).toMatchObject({ fPort: 10, confirmed: false, ack: false });
    expect(Buffer.from(received?.payload ?? []).toString('hex')).toBe('c0ffee');
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack']);
    expect(net.site.gateway().downlinks.list(KEYS.devEui)).toEqual([]);
  });

  test('a confirmed one is sent again with a new counter until the device acknowledges it', async () => {
    newSite();
    const device = await joined();
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, confirmed: true, retries: 2 });
    const [lost] = await net.site.exchange(device.uplink());
    expect(lost).toBeDefined();
    await net.site.pass(10_000);
    expect(await talk(device)).toMatchObject({ confirmed: true, fCnt: 1 });
    expect(await talk(device)).toBeUndefined();
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack', 'retry', 'sent', 'gateway_ack', 'device_ack']);
  });

  test('retries come to an end', async () => {
    newSite();
    const device = await joined();
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, confirmed: true, retries: 1 });
    for (let n = 0; n < 4; n++) {
      await net.site.exchange(device.uplink({ ack: false }));
      await net.site.pass(10_000);
    }
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack', 'retry', 'sent', 'gateway_ack', 'failed']);
  });

  test('one that the gateway refuses is tried again, one without an answer is not', async () => {
    newSite();
    const device = await joined();
    net.site.txStatus('TOO_LATE');
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, retries: 1 });
    await talk(device);
    net.site.txStatus(null);
    await talk(device);
    expect(net.site.records('downlink').map(({ parsed }) => [parsed.step, parsed.reason])).toEqual([
      ['queued', undefined],
      ['sent', undefined],
      ['retry', 'the gateway says too_late, too_late'],
      ['sent', undefined],
      ['failed', 'no answer from the gateway'],
    ]);
    const missed = net.site
      .records('downlink')
      .flatMap(({ parsed: { said } }) => (isSaid(said) ? [{ said }] : []));
    expect(missed).toHaveLength(2);
    expect(await leftInEnglish(missed)).toEqual([]);
    expect(await germanSaid(missed[0]?.said ?? [])).toBe('das Gateway sagt too_late, too_late');
  });

  test('A4: a gateway that never answered leaves the broker’s access list as a cause, one that did does not', async () => {
    newSite();
    const device = abpDevice();
    net.site.txStatus(null);
    const silent = async () => {
      await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
      await talk(device);
      return net.site.records('downlink').at(-1)?.parsed.reason;
    };
    expect(await silent()).toMatch(/^no answer from the gateway, as to every command.*access list/);
    net.site.txStatus('OK');
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await talk(device);
    net.site.txStatus(null);
    expect(await silent()).toBe('no answer from the gateway');
  });

  test('the queue keeps its order, says that more waits, expires and is cancelled', async () => {
    newSite();
    const device = await joined();
    const { downlinks } = net.site.gateway();
    const expiresMs = net.site.world.clock.nowMs() + 60_000;
    await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '01' });
    await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '02' });
    await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '03', expiresMs });
    const last = await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '04' });
    expect(await talk(device)).toMatchObject({ payload: Uint8Array.of(1), fPending: true });
    expect(await talk(device)).toMatchObject({ payload: Uint8Array.of(2), fPending: true });
    await net.site.pass(60_000);
    if ('id' in last) expect(await downlinks.cancel(KEYS.devEui, last.id)).toBe(1);
    expect(await talk(device)).toBeUndefined();
    expect(steps().slice(-2)).toEqual(['expired', 'cancelled']);
  });

  test('a payload too long for the data rate fails and says so', async () => {
    newSite();
    const device = await joined({ adr: false });
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '00'.repeat(230) });
    expect(await talk(device)).toMatchObject({ fPort: 10 });
    const slow = abpDevice({ region: 'AS923' });
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '00'.repeat(230) });
    await net.site.exchange({ ...slow.uplink(), frequency: 923_200_000, dataRate: 'SF10BW125' });
    expect(net.site.records('downlink').at(-1)?.parsed).toMatchObject({ step: 'failed' });
  });

  test('a class C device gets its downlink at once, once it has been heard', async () => {
    newSite();
    const device = await joined({ deviceClass: 'C' });
    await talk(device);
    const before = net.site.sent.length;
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, confirmed: true, retries: 1 });
    await net.site.pass(100);
    const [down] = net.site.sent.slice(before);
    expect(down?.items).toMatchObject([{ timing: { kind: 'immediately' }, frequency: 869_525_000 }]);
    expect(device.receive(payloadOf(down))).toMatchObject({ confirmed: true });
    await talk(device);
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack', 'device_ack']);
  });

  test('A19: an order for a class C device waits until the windows of its uplink are over, then goes at once', async () => {
    newSite();
    const device = await joined({ deviceClass: 'C' });
    await talk(device);
    const uplinkMs = net.site.world.clock.monotonicMs();
    expect(await net.site.exchange(device.uplink({ confirmed: true }))).toHaveLength(1);
    const answers = net.site.sent.length;
    await net.site.pass(350);
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await net.site.pass(2_000);
    expect(net.site.sent).toHaveLength(answers);
    await net.site.pass(3_000);
    const [order] = net.site.sent.slice(answers);
    expect(order?.items).toMatchObject([{ timing: { kind: 'immediately' } }]);
    expect((order?.atMs ?? 0) - uplinkMs).toBeGreaterThanOrEqual(4_000);
    expect((order?.atMs ?? 0) - uplinkMs).toBeLessThan(4_500);
    expect(steps()).toEqual(['queued', 'queued', 'sent', 'gateway_ack', 'sent', 'gateway_ack']);
  });

  test('the duty cycle holds: what does not fit any more waits', async () => {
    newSite();
    const device = await joined({ adr: false });
    // SF12 on 868.1 MHz: 1 % of an hour are some twenty frames of this length; RX2 has ten times as much.
    const sf12 = { frequency: 868_100_000, dataRate: 'SF12BW125' };
    const windows = new Set<number>();
    for (let n = 0; n < 200; n++) {
      await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '00'.repeat(40) });
      const [down] = await net.site.exchange({ ...device.uplink(), ...sf12 });
      if (!down) break;
      windows.add(down.items.length);
      device.receive(payloadOf(down));
      await net.site.pass(3_000);
    }
    expect(net.site.refused().downlink_duty_cycle).toBeGreaterThan(0);
    expect([...windows]).toEqual([2, 1]);
    expect(net.site.gateway().downlinks.list(KEYS.devEui)).toMatchObject([{ state: 'waiting', tries: 0 }]);
    await net.site.pass(3_600_000);
    expect(await net.site.exchange({ ...device.uplink(), ...sf12 })).toHaveLength(1);
  }, 60_000);

  test('where another network server answers nothing is ever sent', async () => {
    newSite({ gateway: { transmit: false } });
    const device = abpDevice();
    expect(await talk(device, { confirmed: true })).toBeUndefined();
    expect(await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER)).toMatchObject({
      refused: 'no-network-server',
    });
  });
});
