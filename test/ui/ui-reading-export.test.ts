/** Readings of a device as a file: which come, in which form, and that a reader who takes nothing holds nobody up. */
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/ui/routes/app.ts';
import { tableHead, tableLine } from '../../src/ui/shapes/reading-table.ts';
import { makeApi, PEER } from '../support/api.ts';
import { createUiSite, KEYS } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

const EUI = '70b3d57ed0000001';
const START_MS = Date.UTC(2026, 0, 1);
const DEVICE = {
  ...{ devEui: EUI, name: 'Tank', codec: 'raw', origin: 'api' as const },
  abp: { devAddr: '01020304', ...KEYS },
};

function siteOf(count: number) {
  const world = createTestWorld(START_MS);
  const site = createUiSite(world);
  site.deps.store.devices.put(DEVICE);
  for (let n = 0; n < count; n += 1)
    site.hear(
      EUI,
      { level: n, ...(n % 2 ? { door: 'open' } : {}) },
      { timeMs: START_MS + n * 60_000, fCnt: n },
    );
  const { app } = createApp({ ...site.deps, names: [] });
  const ask = async (query: string, peer: object = {}) =>
    app.request(
      `/api/v1/devices/${EUI}/readings/export${query}`,
      { headers: { host: 'localhost' } },
      { peer: { ...PEER, onEnd: () => {}, ...peer } },
    );
  return { world, site, ask };
}

describe('readings as a file', () => {
  test('CSV has a column for each field, the newest first; none is left out, however many there are', async () => {
    const { ask } = siteOf(1_001);
    const answer = await ask('');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${EUI}.csv"`);
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines[0]).toBe('time,time_quality,f_cnt,level,door,other_fields');
    expect(lines[1]).toBe('2026-01-01T16:40:00.000Z,measured,1000,1000,,');
    expect(lines.slice(1).map((line) => Number(line.split(',')[2]))).toEqual(
      Array.from({ length: 1_001 }, (_, n) => 1_000 - n),
    );
  });

  test('of a device that took the place of others theirs follow, in its columns and range', async () => {
    const { site, ask } = siteOf(2);
    const former = '70b3d57ed0000009';
    site.hear(former, { level: 7, old: 1 }, { timeMs: START_MS - 60_000, fCnt: 5 });
    site.hear(former, { level: 6 }, { timeMs: START_MS - 120_000, fCnt: 4 });
    site.deps.store.devices.put({ ...DEVICE, formerly: [former] });
    const lines = (await (await ask('')).text()).trimEnd().split('\n');
    expect(lines[0]).toBe('time,time_quality,f_cnt,level,door,old,other_fields');
    expect(lines.slice(1).map((line) => line.split(',')[3])).toEqual(['1', '0', '6', '7']);
    const from = new Date(START_MS - 60_000).toISOString();
    const later = (await (await ask(`?from=${from}&format=ndjson`)).text()).trimEnd().split('\n');
    expect(later.map((line) => JSON.parse(line).fields.level)).toEqual([1, 0, 7]);
  });

  test('a range is with its first and without its last moment; columns may be chosen, the rest is in the last one', async () => {
    const { ask } = siteOf(10);
    const range = '?from=2026-01-01T00:02:00Z&to=2026-01-01T00:04:00Z';
    expect((await (await ask(`${range}&fields=level`)).text()).split('\n')).toEqual([
      'time,time_quality,f_cnt,level,other_fields',
      '2026-01-01T00:03:00.000Z,measured,3,3,"{""door"":""open""}"',
      '2026-01-01T00:02:00.000Z,measured,2,2,',
      '',
    ]);
    const lines = (await (await ask(`${range}&format=ndjson`)).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { time: '2026-01-01T00:03:00.000Z', fCnt: 3, fields: { level: 3, door: 'open' } },
      { time: '2026-01-01T00:02:00.000Z', fCnt: 2, fields: { level: 2 } },
    ]);
    expect((await ask('?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).status).toBe(400);
  });

  test('two at once; one that nobody takes is ended after a while, and makes room', async () => {
    const { world, ask } = siteOf(2_000);
    const stalled = await ask('');
    const reader = stalled.body?.getReader();
    await reader?.read();
    await ask('');
    expect((await ask('')).status).toBe(503);
    // Read until one piece lies there, then nothing.
    await reader?.read();
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    world.advance(60_000);
    await expect(
      (async () => {
        for (;;) if ((await reader?.read())?.done) return 'whole';
      })(),
    ).rejects.toThrow('nobody takes it');
    expect((await ask('')).status).toBe(200);
  });

  test('a connection that goes makes room', async () => {
    const { ask } = siteOf(10);
    const ends: (() => void)[] = [];
    const onEnd = (listener: () => void) => ends.push(listener);
    await ask('', { onEnd });
    await ask('', { onEnd });
    expect((await ask('')).status).toBe(503);
    for (const end of ends) end();
    expect((await ask('')).status).toBe(200);
  });

  test('an unknown device is not known', async () => {
    const { ask } = makeApi();
    expect((await ask(`/api/v1/devices/${EUI}/readings/export`)).status).toBe(404);
  });
});

test('no cell is a formula or breaks its line', () => {
  const body = JSON.stringify({ fields: { a: '=1+1', b: '-2.5', c: '-cmd', d: 'x,"y"\nz', e: -4 }, fCnt: 1 });
  const record = { seq: 1, kind: 'uplink', timeMs: 0, device: EUI, body } as const;
  const columns = ['a', 'b', 'c', 'd', 'e', 'toString'];
  expect(tableHead('csv', columns)).toContain('a,b,c,d,e,toString');
  expect(tableLine('csv', columns, record, { timeMs: 0, quality: 'estimated' })).toBe(
    `1970-01-01T00:00:00.000Z,estimated,1,'=1+1,-2.5,'-cmd,"x,""y""\nz",-4,,\n`,
  );
});
