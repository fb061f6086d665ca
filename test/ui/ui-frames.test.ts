/** The newest frames over the API: listed, filtered, taken apart, saved, and live. */
import { describe, expect, test } from 'vitest';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { readCapture } from '../../src/model/capture.ts';
import { createEventHub } from '../../src/ui/events/hub.ts';
import { makeApi } from '../support/api.ts';
import { createLorawanDevice } from '../support/lorawan-device.ts';
import { GATEWAY, OTHER_GATEWAY } from '../support/network-site.ts';
import { ABP, createNetworkStory, KEYS } from '../support/network-story.ts';
import { eventually } from '../support/process.ts';

const net = createNetworkStory();

/** A joined device with three readings, and a stranger that another gateway hears. */
async function aSite() {
  net.newSite();
  const device = await net.joined();
  for (const word of ['one', 'two', 'three']) await net.talk(device, { payload: Buffer.from(word) });
  const stranger = createLorawanDevice({ ...KEYS, region: REGIONS.EU868, abp: ABP });
  net.site.hear(stranger.uplink({ payload: Buffer.from('x') }), { gatewayId: OTHER_GATEWAY, snr: -6 });
  await net.site.pass(300);
  const { frames } = net.site.gateway();
  const { ask, site } = makeApi({ frames });
  const list = async (query = '') => (await ask(`/api/v1/frames${query}`)).json;
  return { ask, list, device, stranger, frames, site };
}

describe('frames over the API', () => {
  test('newest first, by pages, with what is to spare', async () => {
    const { list } = await aSite();
    const all = await list('?limit=500');
    expect(all.items[0]).toMatchObject({
      ...{ kind: 'uplink', ours: false, refused: 'unknown_device', devAddr: ABP.devAddr },
      receptions: [{ gatewayId: OTHER_GATEWAY, snr: -6 }],
    });
    expect(all.items[0].marginDb).toBeCloseTo(1.5, 5);
    expect(all.items.at(-1).kind).toBe('join-request');
    const first = await list('?limit=3');
    const second = await list(`?limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual(all.items.slice(0, 6));
    expect((await list('?cursor=nonsense')).type).toMatch(/invalid-query$/);
  });

  test('by device, gateway, kind and refusal', async () => {
    const { list } = await aSite();
    const kinds = async (query: string) =>
      (await list(query)).items.map((item: { kind: string; devEui?: string }) => item.kind);
    expect(await kinds('?kind=join-accept')).toEqual(['join-accept']);
    expect(await kinds(`?gateway=${OTHER_GATEWAY}`)).toEqual(['uplink']);
    expect(await kinds('?refused=any')).toEqual(['uplink']);
    expect(await kinds('?refused=unknown_device')).toEqual(['uplink']);
    expect(await kinds('?refused=wrong_mic')).toEqual([]);
    expect(await kinds(`?device=${KEYS.devEui.toUpperCase()}&kind=uplink&refused=none`)).toHaveLength(3);
    expect((await list('?kind=beacon')).type).toMatch(/invalid-query$/);
    expect(
      (await list(`?gateway=${GATEWAY}&kind=downlink`)).items.every((one: object) => 'sending' in one),
    ).toBe(true);
  });

  test('one to the bit, in clear where there is a key; none of another run', async () => {
    const { ask, list } = await aSite();
    const [newest] = (await list('?kind=uplink&refused=none')).items;
    const { json: opened } = await ask(`/api/v1/frames/${newest.id}`);
    expect(opened).toMatchObject({ ...newest, specification: 'LoRaWAN 1.0.3', encrypted: false });
    expect(opened.parts.find(({ name }: { name: string }) => name === 'FRMPayload').clear).toBe(
      Buffer.from('three').toString('hex'),
    );
    expect(JSON.stringify(opened)).not.toContain(KEYS.appKey);
    const [stranger] = (await list('?refused=any')).items;
    expect((await ask(`/api/v1/frames/${stranger.id}`)).json.encrypted).toBe(true);
    const [run, number] = newest.id.split('-');
    for (const id of [`${Number(run) + 1}-${number}`, `${run}-999`, 'none'])
      expect((await ask(`/api/v1/frames/${id}`)).status, id).toBe(404);
  });

  test('a capture has all that gateways heard, and no key', async () => {
    const { ask } = await aSite();
    const { text, headers } = await ask('/api/v1/frames/export');
    expect(headers['content-disposition']).toMatch(/^attachment; filename="frames-.*\.ndjson"$/);
    const capture = readCapture(text);
    if (typeof capture === 'string') throw new Error(capture);
    expect(capture.gatewayIds).toEqual([GATEWAY, OTHER_GATEWAY]);
    expect(capture.frames).toHaveLength(5);
    expect(text).not.toContain(KEYS.appKey);
    expect(
      (await ask(`/api/v1/frames/export?gateway=${OTHER_GATEWAY}`)).text.trim().split('\n'),
    ).toHaveLength(2);
  });
});

describe('frames, live', () => {
  const viewer = { caller: { kind: 'anybody' } as const, lasts: () => true, cut: () => {} };

  test('those that are kept come at once where asked for, then new ones and their fates; nothing else', async () => {
    const { device, frames, site } = await aSite();
    const hub = createEventHub({ ...site.deps, world: net.site.world, frames }, 8);
    const got: { event?: string; id?: string; data: string }[] = [];
    const stream = hub.subscribe('0-0', viewer, 'frames');
    void stream.serve({ writeSSE: async (message) => got.push(message as (typeof got)[number]) });
    const ids = () => got.flatMap(({ data }) => JSON.parse(data).map(({ id }: { id: string }) => id));
    const kept = frames.after(0, 1_000).length;
    await eventually('those kept', () => ids().length === kept);
    net.site.hear(device.uplink({ confirmed: true }));
    await net.site.pass(3_000);
    await eventually('its fate', () => got.some(({ data }) => data.includes('"sentIn":0') && got.length > 1));
    expect(new Set(ids()).size).toBe(kept + 2);
    expect(new Set(got.map(({ event }) => event))).toEqual(new Set(['frames']));
    const after = hub.subscribe(got.at(-1)?.id, viewer, 'frames');
    const late: unknown[] = [];
    void after.serve({ writeSSE: async (message) => late.push(message) });
    net.site.hear(device.uplink());
    await net.site.pass(1_000);
    await eventually('the next alone', () => late.length > 0);
    expect(JSON.parse((late[0] as { data: string }).data)).toHaveLength(1);
    for (const one of [stream, after]) one.end();
    hub.close();
  });

  test('whoever asks for no frames gets none', async () => {
    const { device, frames, site } = await aSite();
    const hub = createEventHub({ ...site.deps, world: net.site.world, frames }, 8);
    const events: (string | undefined)[] = [];
    const stream = hub.subscribe(undefined, viewer);
    void stream.serve({ writeSSE: async ({ event }) => events.push(event) });
    net.site.hear(device.uplink());
    await net.site.pass(2_000);
    await eventually('the state', () => events.length >= 3);
    expect(events).not.toContain('frames');
    stream.end();
    hub.close();
  });
});
