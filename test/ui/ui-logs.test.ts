/** The log of the program over the API. */
import { describe, expect, test } from 'vitest';
import { createLogMemory } from '../../src/ops/log-memory.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { makeApi } from '../support/api.ts';

function makeBox(lines: number) {
  const logs = createLogMemory();
  const logger = createLogger({ level: 'debug', format: 'json', write: () => {}, keep: logs.add });
  for (let i = 1; i <= lines; i += 1)
    logger[i % 2 ? 'warn' : 'info'](i % 2 ? 'influx.down' : 'mqtt.ok', { i });
  return { ...makeApi({ logs }), logger };
}

describe('GET /api/v1/logs', () => {
  test('newest first, by level and part, page after page without a line twice', async () => {
    const { ask } = makeBox(25);
    const seen: number[] = [];
    let url = '/api/v1/logs?limit=10';
    for (let pages = 0; pages < 5 && url !== ''; pages += 1) {
      const { status, json } = await ask(url);
      expect(status).toBe(200);
      seen.push(...json.items.map(({ id }: { id: number }) => id));
      url = json.nextCursor === undefined ? '' : `/api/v1/logs?limit=10&cursor=${json.nextCursor}`;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => 25 - i));
    const { json } = await ask('/api/v1/logs?level=warn&part=influx&limit=1000');
    expect(json.items).toHaveLength(13);
    expect(json.items[0]).toMatchObject({ level: 'warn', event: 'influx.down', fields: { i: 25 } });
    expect(json.items[0].time).toMatch(/Z$/);
  });

  test('only what has come since', async () => {
    const { ask, logger } = makeBox(5);
    logger.error('store.damaged');
    const { json } = await ask('/api/v1/logs?after=5');
    expect(json.items.map(({ event }: { event: string }) => event)).toEqual(['store.damaged']);
    expect((await ask('/api/v1/logs?after=6')).json).toEqual({ items: [] });
  });

  test('a page is bounded in bytes, and what is asked wrongly is told', async () => {
    const { ask, logger } = makeBox(0);
    for (let i = 0; i < 300; i += 1) logger.info('x.y', { text: 'z'.repeat(1_500) });
    const { json, text } = await ask('/api/v1/logs?limit=1000');
    expect(text.length).toBeLessThan(400_000);
    expect(json.nextCursor).toBeDefined();
    for (const search of ['cursor=nonsense', 'level=loud', 'part=A%20b', 'limit=0', 'after=-1'])
      expect((await ask(`/api/v1/logs?${search}`)).status).toBe(400);
  });

  test('all of it as a file', async () => {
    const { site } = makeBox(0);
    const logs = createLogMemory();
    logs.add('{"level":"info","time":"2026-01-01T00:00:00.000Z","event":"a.b","n":1}\n');
    const { ask } = makeApi({ ...site.deps, logs });
    const { headers, text } = await ask('/api/v1/logs/export');
    expect(headers['content-disposition']).toBe('attachment; filename="log.ndjson"');
    expect(text).toBe('{"level":"info","time":"2026-01-01T00:00:00.000Z","event":"a.b","n":1}\n');
  });
});
