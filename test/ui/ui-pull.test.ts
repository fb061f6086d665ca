/** The log pulled over HTTP: lines, cursors, gaps, waiting, what happens to a cursor the log does not go on from. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/ui/routes/app.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { PEER } from '../support/api.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

const EUI = '70b3d57ed0000000';

function makePull(more: Partial<Services> = {}) {
  const world = createTestWorld();
  const site = createUiSite(world);
  const { app, close } = createApp({ ...site.deps, ...more });
  const ask = async (query: string, headers: Record<string, string> = {}, peer = PEER) =>
    app.request(`/api/v1/records${query}`, { headers: { host: 'localhost', ...headers } }, { peer });
  const lines = async (query: string) => {
    const text = await (await ask(query)).text();
    const all = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { items: all.slice(0, -1), end: all.at(-1) };
  };
  return { world, site, close, ask, lines };
}

/** A connection that stays open until it is told to go. */
function openPeer() {
  const listeners: (() => void)[] = [];
  const peer = { ...PEER, onEnd: (listener: () => void) => void listeners.push(listener) };
  return {
    peer,
    go() {
      for (const listener of listeners) listener();
    },
  };
}

describe('lines', () => {
  test('every record comes once, over any number of answers, its body byte for byte', async () => {
    const { site, lines } = makePull();
    for (let i = 0; i < 25; i++) site.hear(EUI, { t: i });
    const body = '{"event":"odd", "n":1.0}';
    site.write({ timeMs: 5, kind: 'system', device: null, body });
    const seen: string[] = [];
    let query = '?limit=7';
    for (;;) {
      const { items, end } = await lines(query);
      seen.push(...items.map(({ id }) => id));
      expect(end.store).toBe('store-1');
      query = `?limit=7&after=${end.next}`;
      if (!end.more) break;
    }
    expect(seen).toEqual(Array.from({ length: 26 }, (_, i) => `1-${i + 1}`));
  });

  test('a body comes byte for byte', async () => {
    const { site, ask } = makePull();
    site.write({ timeMs: 5, kind: 'system', device: null, body: '{"event":"odd", "n":1.0}' });
    const text = await (await ask('')).text();
    expect(text.split('\n')[0]).toBe('{"id":"1-1","time":5,"kind":"system","body":{"event":"odd", "n":1.0}}');
  });

  test('at the end there is the same cursor again', async () => {
    const { site, lines } = makePull();
    site.note('x');
    expect((await lines('?after=1-1')).end).toEqual({ next: '1-1', more: false, store: 'store-1' });
  });

  test('an answer is bounded in bytes and says that there is more', async () => {
    const { site, ask } = makePull();
    const big = JSON.stringify({ event: 'big', text: 'x'.repeat(100_000) });
    for (let i = 0; i < 20; i++) site.write({ timeMs: 5, kind: 'system', device: null, body: big });
    const text = await (await ask('?limit=5000')).text();
    expect(text.length).toBeLessThan(700_000);
    expect(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ more: true });
  });
});

describe('encodings and ETag', () => {
  test('zstd and gzip hold the same lines; each form has a strong tag of its own', async () => {
    const { site, ask } = makePull();
    for (let i = 0; i < 50; i++) site.hear(EUI, { t: i });
    const plain = await ask('');
    const text = await plain.text();
    const zstd = await ask('', { 'accept-encoding': 'gzip, zstd' });
    const gzip = await ask('', { 'accept-encoding': 'gzip, zstd;q=0.5' });
    expect([zstd, gzip].map(({ headers }) => headers.get('content-encoding'))).toEqual(['zstd', 'gzip']);
    expect(zstdDecompressSync(Buffer.from(await zstd.arrayBuffer())).toString()).toBe(text);
    expect(gunzipSync(Buffer.from(await gzip.arrayBuffer())).toString()).toBe(text);
    const tags = [plain, zstd, gzip].map(({ headers }) => headers.get('etag') ?? '');
    expect(new Set(tags).size).toBe(3);
    expect(tags.every((tag) => /^"[\w-]+"$/.test(tag))).toBe(true);
    expect((await ask('', { 'if-none-match': tags[0] ?? '' })).status).toBe(304);
    site.note('one more');
    expect((await ask('', { 'if-none-match': tags[0] ?? '' })).status).toBe(200);
  });
});

describe('waiting', () => {
  test('the first new record ends the wait', async () => {
    const { site, ask } = makePull();
    const { peer } = openPeer();
    const answer = ask('?wait=60', {}, peer);
    await expect.poll(site.listeners).toBe(1);
    site.note('came');
    expect(await (await answer).text()).toContain('"id":"1-1"');
    expect(site.listeners()).toBe(0);
  });

  test('nothing new: the same cursor when the time is up', async () => {
    const { site, world, ask } = makePull();
    const answer = ask('?wait=30', {}, openPeer().peer);
    await expect.poll(site.listeners).toBe(1);
    world.advance(30_000);
    expect(JSON.parse(await (await answer).text())).toMatchObject({ next: '1-0', more: false });
  });

  test('whoever has gone is let go, and so is everybody at a stop', async () => {
    const { site, close, ask } = makePull();
    const { peer, go } = openPeer();
    const first = ask('?wait=60', {}, peer);
    await expect.poll(site.listeners).toBe(1);
    go();
    await first;
    expect(site.listeners()).toBe(0);
    const second = ask('?wait=60', {}, openPeer().peer);
    await expect.poll(site.listeners).toBe(1);
    close();
    expect((await second).status).toBe(200);
    expect(site.listeners()).toBe(0);
  });

  test('at most 32 wait; the next is told to come later', async () => {
    const { ask, close } = makePull();
    const peers = Array.from({ length: 33 }, openPeer);
    const answers = peers.map(({ peer }) => ask('?wait=60', {}, peer));
    const refused = await Promise.race(answers);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    close();
    expect((await Promise.all(answers)).filter(({ status }) => status === 200)).toHaveLength(32);
  });

  test('what was revoked while it waited gets no record', async () => {
    let lasts = true;
    const site = createUiSite(createTestWorld());
    const { ask, site: heard } = makePull({ access: { ...site.deps.access, lasts: () => lasts } });
    const answer = ask('?wait=60', {}, openPeer().peer);
    await expect.poll(heard.listeners).toBe(1);
    lasts = false;
    heard.note('secret');
    expect(await (await answer).text()).not.toContain('secret');
  });
});

describe('a cursor the log does not go on from', () => {
  test('trimmed: 410 with the oldest, what is missing, and what the log says of it', async () => {
    const { site, ask, lines } = makePull();
    for (let i = 0; i < 10; i++) site.hear(EUI, { t: i });
    site.expire(6);
    const body = JSON.stringify({ event: 'expired', from: 1, to: 6, count: 6, reason: 'max_bytes' });
    site.write({ timeMs: 0, kind: 'system', device: null, body });
    const answer = await ask('?after=1-2');
    expect(answer.status).toBe(410);
    const problem = await answer.json();
    expect(problem).toMatchObject({
      type: 'urn:webscada-edge:problem:cursor-gone',
      ...{ reason: 'trimmed', oldest: '1-6', newest: '1-11' },
      missing: { from: '1-3', to: '1-6', count: 4 },
      explained: [{ id: '1-11', event: 'expired', from: 1, to: 6 }],
    });
    expect((await lines(`?after=${problem.oldest}`)).items[0].id).toBe('1-7');
    expect((await lines('?after=1-6')).items[0].id).toBe('1-7');
    expect((await lines('')).items[0].id).toBe('1-7');
  });

  test('a repaired store: where the numbering was kept it goes on behind the same record', async () => {
    const { site, ask, lines } = makePull();
    for (let i = 0; i < 10; i++) site.hear(EUI, { t: i });
    site.setEpoch(2);
    const body = JSON.stringify({ event: 'salvaged', epoch: 2, kept: 10, lost: 0 });
    site.write({ timeMs: 0, kind: 'system', device: null, body });
    site.note('after');
    const problem = await (await ask('?after=1-8')).json();
    expect(problem).toMatchObject({ reason: 'other_store', oldest: '2-0', continues: '2-8' });
    expect((await lines(`?after=${problem.continues}`)).items.map(({ id }) => id)).toEqual([
      '2-9',
      '2-10',
      '2-11',
      '2-12',
    ]);
    // Read before the repair lost it: what came instead is read under the new epoch.
    expect(await (await ask('?after=1-15')).json()).toMatchObject({ continues: '2-10' });
  });

  test('another store, or a cursor ahead of the log: from the oldest, and it says why', async () => {
    const { site, ask } = makePull();
    site.note('x');
    site.setEpoch(5);
    const other = await (await ask('?after=1-1')).json();
    expect(other).toMatchObject({ reason: 'other_store', oldest: '5-0' });
    expect(other).not.toHaveProperty('continues');
    expect(await (await ask('?after=5-9')).json()).toMatchObject({ reason: 'ahead', oldest: '5-0' });
  });

  test('what is no cursor is a mistake in the query', async () => {
    const { ask } = makePull();
    for (const query of ['?after=x', '?after=1', '?after=1-', '?limit=0', '?wait=61', '?after=%00'])
      expect((await ask(query)).status, query).toBe(400);
  });

  test('a hole in the log is a line of its own', async () => {
    const { site, lines } = makePull();
    for (let i = 0; i < 5; i++) site.note(`n${i}`);
    const { readAfter } = site.deps.store.log;
    const holed = {
      ...site.deps.store.log,
      readAfter: (...args: Parameters<typeof readAfter>) =>
        readAfter(...args).filter(({ seq }) => seq !== 3 && seq !== 4),
    };
    const { items } = await makePullOf(holed).lines('');
    expect(items.map(({ id, gap }) => id ?? gap)).toEqual([
      '1-1',
      '1-2',
      { from: '1-3', to: '1-4', count: 2 },
      '1-5',
    ]);
    expect((await lines('')).items).toHaveLength(5);
  });
});

function makePullOf(log: Services['store']['log']) {
  const { store } = createUiSite(createTestWorld()).deps;
  return makePull({ store: { ...store, log } });
}
